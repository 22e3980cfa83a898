/*
 * A file either opens with pages that are within the limits, or has a reason why not. The pictures
 * that are kept of its pages are within theirs.
 */

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <allheaders.h>

#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/pdfdoc_text.h"
#include "services/ocr/worker/pictures/picture_set.h"

enum { PAGES_TRIED = 2, ARENA_MAX_BYTES = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void read_text(struct pdfdoc *pdf, uint32_t index, const struct image *image)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct status st;
    _cleanup_(pdfdoc_text_deinit) struct pdfdoc_text text = {0};
    bool has_text;

    if (pdfdoc_has_text(pdf, index, &has_text, &st) != STATUS_OK || !has_text ||
        pdfdoc_read_text(pdf, index, image, arena, &text, &st) != STATUS_OK)
        return;
    for (size_t l = 0; l < text.line_count; l++)
        for (size_t i = 0; i < text.lines[l].glyph_count; i++) {
            struct bbox ink = text.lines[l].glyphs[i].ink;
            must(ink.x0 >= 0 && ink.y0 >= 0 && ink.x1 <= (int32_t)image->width &&
                 ink.y1 <= (int32_t)image->height);
        }
}

/* With the whole page as a figure. */
static void make_pictures(struct decoder *decoder, uint32_t index, const struct image *image)
{
    struct block figure = {.kind = BLOCK_FIGURE,
                           .bbox = {0, 0, (int32_t)image->width, (int32_t)image->height}};
    const struct page page = {.index = index,
                              .width = image->width,
                              .height = image->height,
                              .blocks = &figure,
                              .block_count = 1};
    struct picture_set set;

    picture_set_make(decoder, image, &page, &set);
    for (size_t i = 0; i < set.count; i++) {
        const struct picture *picture = &set.items[i].picture;
        must(picture->data.n > 0 && picture->data.n <= PAGE_PICTURE_MAX_BYTES &&
             picture->width > 0 && picture->height > 0 && picture->palette.n <= 768);
    }
    picture_set_deinit(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;
    struct status st;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    (void)setMsgSeverity(L_SEVERITY_NONE);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    if (decoder_open(fd, &decoder, &st) != STATUS_OK) {
        must(st.reason[0] != '\0' && st.message[0] != '\0');
        return 0;
    }
    must(decoder_page_count(decoder) >= 1 && decoder_page_count(decoder) <= DOCUMENT_PAGES_MAX);
    for (uint32_t i = 0; i < PAGES_TRIED && i < decoder_page_count(decoder); i++) {
        _cleanup_(image_freep) struct image *image = NULL;
        if (decoder_read_page(decoder, i, &image, &st) != STATUS_OK) {
            must(st.reason[0] != '\0' && st.message[0] != '\0');
            continue;
        }
        must(image->width > 0 && image->height > 0 &&
             (uint64_t)image->width * image->height <= PAGE_PIXELS_MAX);
        (void)image_get(image, image->width - 1, image->height - 1);
        if (decoder_pdf(decoder) != NULL)
            read_text(decoder_pdf(decoder), i, image);
        make_pictures(decoder, i, image);
    }
    return 0;
}
