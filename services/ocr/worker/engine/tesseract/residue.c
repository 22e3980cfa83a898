#include "services/ocr/worker/engine/tesseract/residue.h"

#include <string.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/pix.h"

/* Letters in heights of the usual one. */
static const float height_least = 0.6f, height_most = 2.5f;

/* Blacks out the words that were read, with what may hang over their boxes. */
static struct Pix *cover_words(const struct image *image, float letter_height,
                               const struct page *page, size_t first_block)
{
    struct Pix *mask = pixCreate((l_int32)image->width, (l_int32)image->height, 1);
    int32_t more = (int32_t)(letter_height / 4) + 1;

    for (size_t b = first_block; mask != NULL && b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++) {
                struct bbox box = line->words[w].bbox;
                (void)pixRasterop(mask, box.x0 - more, box.y0 - more, box.x1 - box.x0 + 2 * more,
                                  box.y1 - box.y0 + 2 * more, PIX_SET, NULL, 0, 0);
            }
        }
    return mask;
}

/* How many pieces of ink have the height of letters. */
static size_t count_letters(struct Pix *ink, float letter_height)
{
    _cleanup_(boxa_freep) struct Boxa *boxes = pixConnCompBB(ink, 8);
    size_t count = 0;

    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 width, height;
        (void)boxaGetBoxGeometry(boxes, i, NULL, NULL, &width, &height);
        count += (float)height >= height_least * letter_height &&
                 (float)height <= height_most * letter_height && width <= 4 * height;
    }
    return count;
}

status_code residue_init(struct residue *residue, const struct legible *legible,
                         const struct page *page, size_t first_block, struct status *st)
{
    /* Below it a page's numbers and stains only are left; above, it is a picture's texture. */
    enum { LETTERS_MIN = 8, OF_LETTERS_MIN = 50, OF_LETTERS_MAX = 3, PAPER = 255 };
    _cleanup_(pix_freep) struct Pix *ink = NULL, *covered = NULL, *picture = NULL;

    residue->image = NULL;
    if (legible->letter_height == 0)
        return STATUS_OK;
    TRY(ink_find(legible->image->pix, &ink, st));
    covered = cover_words(legible->image, legible->letter_height, page, first_block);
    if (covered == NULL)
        return FAIL_PAGE_MEMORY(st);
    size_t all = count_letters(ink, legible->letter_height);
    if (pixSubtract(ink, ink, covered) == NULL)
        return FAIL_PAGE_MEMORY(st);
    size_t left = count_letters(ink, legible->letter_height);
    if (left < LETTERS_MIN || left < all / OF_LETTERS_MIN || left > all * OF_LETTERS_MAX / 4)
        return STATUS_OK;
    picture = pixCopy(NULL, legible->image->pix);
    if (picture == NULL)
        return FAIL_PAGE_MEMORY(st);
    (void)pixSetMasked(picture, covered, PAPER);
    TRY(image_from_pix(TAKE(picture), &residue->image, st));
    residue->image->dpi = legible->image->dpi;
    return STATUS_OK;
}

void residue_deinit(struct residue *residue)
{
    image_free(residue->image);
    residue->image = NULL;
}

/* --- Merging --- */

static bool is_sure(const struct word *word, float letter_height)
{
    const float confidence_min = 0.6f;
    float height = (float)(word->bbox.y1 - word->bbox.y0);

    return word->confidence >= confidence_min && normalize_count_letters(word->text) > 0 &&
           height >= height_least * letter_height && height <= height_most * letter_height;
}

/* Keeps sure words; how many. */
static size_t keep_sure(struct page *found, float letter_height)
{
    size_t count = 0;

    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++) {
            struct line *line = &found->blocks[b].lines[l];
            size_t kept = 0;
            for (size_t w = 0; w < line->word_count; w++)
                if (is_sure(&line->words[w], letter_height))
                    line->words[kept++] = line->words[w];
            line->word_count = kept;
            count += kept;
        }
    return count;
}

static size_t count_words(const struct page *page, size_t first_block, size_t *ret_lines)
{
    size_t count = 0;

    for (size_t b = first_block; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            count += page->blocks[b].lines[l].word_count;
            ++*ret_lines;
        }
    return count;
}

static size_t add_lines(struct line *lines, size_t count, const struct page *page,
                        size_t first_block)
{
    for (size_t b = first_block; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            if (page->blocks[b].lines[l].word_count > 0)
                lines[count++] = page->blocks[b].lines[l];
    return count;
}

status_code residue_merge(struct page *page, size_t first_block, const struct legible *legible,
                          struct page *found, struct status *st)
{
    enum { WORDS_MIN = 4, OF_WORDS_MIN = 30 };
    size_t line_count = 0, count;
    size_t sure = keep_sure(found, legible->letter_height);
    size_t words = count_words(page, first_block, &line_count);

    if (sure < WORDS_MIN || sure < words / OF_WORDS_MIN)
        return STATUS_OK;
    (void)count_words(found, 0, &line_count);
    struct line *lines = ARENA_NEW_ARRAY(page->arena, struct line, line_count);
    if (lines == NULL)
        return FAIL_PAGE_TEXT(st);
    count = add_lines(lines, 0, page, first_block);
    count = add_lines(lines, count, found, 0);
    page->block_count = first_block;
    return layout_add_lines(page, lines, count) ? STATUS_OK : FAIL_PAGE_TEXT(st);
}
