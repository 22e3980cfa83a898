#include <inttypes.h>

#include "lib/base/utf8.h"
#include "services/export/html/base64.h"
#include "services/export/html/block.h"
#include "services/export/page_image.h"

enum { ALTERNATIVE_MAX_BYTES = 1000 };

/* NULL for an encoding that browsers do not show. */
static const char *media_type_of(const Ocrmesh__Document__V1__PageImage *image)
{
    switch (image->encoding) {
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG:
        return "image/jpeg";
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG:
        return "image/png";
    default:
        return NULL;
    }
}

/* Writes the bytes of the picture as base64 (RFC 4648), a chunk at a time. */
static status_code write_bytes(struct xml_writer *writer, struct page_image *image,
                               struct status *st)
{
    struct base64 encoder = {0};
    struct str chunk;
    char text[BASE64_TEXT_SIZE];

    for (;;) {
        TRY(page_image_read(image, &chunk, st));
        if (chunk.n == 0)
            break;
        while (base64_next(&encoder, &chunk, text))
            xml_attribute_part(writer, text);
    }
    base64_end(&encoder, text);
    xml_attribute_part(writer, text);
    return STATUS_OK;
}

/* The picture of the figure, when one is kept that a browser shows and that has room in the file;
 * else *ret_image is NULL. */
static status_code open_picture(struct format_run *run, uint32_t page_index, size_t block_index,
                                struct page_image **ret_image, struct status *st)
{
    const struct html_state *state = run->state;
    const Ocrmesh__Document__V1__PageImage *description;
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    const struct page_image_query query = {
        .kind = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE,
        .page_index = page_index,
        .block_index = (uint32_t)block_index,
    };

    TRY(page_image_open(run->images, &query, &image, st));
    if (image != NULL) {
        description = page_image_description(image);
        if (media_type_of(description) == NULL ||
            description->size_bytes > HTML_PICTURE_MAX_BYTES ||
            description->size_bytes > HTML_PICTURES_MAX_BYTES - state->picture_bytes) {
            *ret_image = NULL;
            return STATUS_OK;
        }
    }
    *ret_image = TAKE(image);
    return STATUS_OK;
}

/* Stands for a picture where it is not seen: the text in it. */
static void write_alternative(struct xml_writer *writer, const char *text)
{
    char alternative[ALTERNATIVE_MAX_BYTES + 1];
    size_t length = utf8_cut(text, ALTERNATIVE_MAX_BYTES);

    for (size_t i = 0; i < length; i++)
        alternative[i] = text[i] == '\n' ? ' ' : text[i];
    alternative[length] = '\0';
    xml_attribute(writer, "alt", length > 0 ? alternative : "Figure");
}

static status_code write_picture(struct html_state *state, struct page_image *image,
                                 const char *text, struct status *st)
{
    const Ocrmesh__Document__V1__PageImage *description = page_image_description(image);
    struct xml_writer *writer = state->writer;

    state->picture_bytes += description->size_bytes;
    xml_begin(writer, "img");
    write_alternative(writer, text);
    xml_attributef(writer, "width", "%" PRIu32, description->width);
    xml_attributef(writer, "height", "%" PRIu32, description->height);
    xml_attribute_begin(writer, "src");
    xml_attribute_part(writer, "data:");
    xml_attribute_part(writer, media_type_of(description));
    xml_attribute_part(writer, ";base64,");
    TRY(write_bytes(writer, image, st));
    xml_attribute_end(writer);
    xml_end(writer);
    xml_raw(writer, "\n");
    return STATUS_OK;
}

void html_figure_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                       size_t block_index)
{
    struct html_state *state = run->state;
    const Ocrmesh__Document__V1__Block *block = page->blocks[block_index];
    const Ocrmesh__Document__V1__Block *next =
        block_index + 1 < page->n_blocks ? page->blocks[block_index + 1] : NULL;
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    struct status st = {0};

    if (open_picture(run, page->index, block_index, &image, &st) != STATUS_OK) {
        sink_fail(run->sink, &st);
        return;
    }
    if (image == NULL) {
        html_text_write(run, page, block, "p", NULL);
        return;
    }
    xml_begin(state->writer, "figure");
    xml_raw(state->writer, "\n");
    if (write_picture(state, image, block->text, &st) != STATUS_OK) {
        sink_fail(run->sink, &st);
        return;
    }
    if (next != NULL && next->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION) {
        html_text_write(run, page, next, "figcaption", NULL);
        state->captioned = block_index + 1;
    }
    xml_end_full(state->writer);
    xml_raw(state->writer, "\n");
}
