#include <string.h>

#include <allheaders.h>

#include "services/ocr/worker/image.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer_internal.h"

enum {
    MARKS_MIN = 4, /* fewer are specks, bullets and rules */
    MARGIN = 24,   /* pixels of the page around what is recognised */
};

/* What is surely text: below this lie curves, ticks and icons that were taken for letters. */
static const float confidence_min = 0.75f;

static status_code cut_out(const struct image *from, struct bbox box, struct image **ret_image,
                           struct status *st)
{
    struct Box *area = boxCreate(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0);
    struct Pix *pix = area != NULL ? pixClipRectangle(from->pix, area, NULL) : NULL;

    boxDestroy(&area);
    return image_from_pix(pix, ret_image, st);
}

static struct bbox grown(struct bbox box, const struct image *image)
{
    struct bbox whole = {0, 0, (int32_t)image->width, (int32_t)image->height};

    return bbox_intersection(
        (struct bbox){box.x0 - MARGIN, box.y0 - MARGIN, box.x1 + MARGIN, box.y1 + MARGIN}, whole);
}

/* Keeps a line that is surely text, of others the words that are, and puts them where they stand on
 * the page. */
static bool keep_words(struct line *line, struct bbox area)
{
    size_t count = 0, letters = 0;

    for (size_t w = 0; w < line->word_count; w++) {
        struct word word = line->words[w];
        if (line->confidence < confidence_min && word.confidence < confidence_min)
            continue;
        letters += normalize_count_letters(word.text);
        word.bbox.x0 += area.x0;
        word.bbox.x1 += area.x0;
        word.bbox.y0 += area.y0;
        word.bbox.y1 += area.y0;
        line->words[count++] = word;
    }
    line->word_count = count;
    for (size_t i = 0; i < ARRAY_LENGTH(line->baseline); i++)
        line->baseline[i] += (float)(i % 2 == 0 ? area.x0 : area.y0);
    return letters >= 2; /* single letters are what symbols are read as */
}

bool text_layer_read_beside(const struct pdfdoc_text *text, const struct text_layer_reader *reader,
                            const char *models, const struct page *page, struct line **ret_lines,
                            size_t *ret_count)
{
    _cleanup_(image_freep) struct image *picture = NULL;
    struct bbox area = grown(text->letter_like_box, text->without);
    struct status unused;
    struct page found;
    uint32_t turns;
    size_t count = 0;

    *ret_lines = NULL;
    *ret_count = 0;
    if (text->letter_like_count < MARKS_MIN)
        return true;
    if (cut_out(text->without, area, &picture, &unused) != STATUS_OK)
        return false;
    picture->dpi = page->dpi;
    const struct engine_job job = {.image = picture,
                                   .models = models,
                                   .layout = LAYOUT_SPARSE,
                                   .deadline_ns = reader->deadline_ns};
    page_begin(&found, page->arena);
    found.width = picture->width;
    found.height = picture->height;
    found.dpi = picture->dpi;
    if (reader->engine_class->read(reader->engine, &job, &found, &turns, &unused) != STATUS_OK ||
        page_finish(&found, &unused) != STATUS_OK)
        return false;
    for (size_t b = 0; b < found.block_count; b++)
        count += found.blocks[b].line_count;
    *ret_lines = ARENA_NEW_ARRAY(page->arena, struct line, count + 1);
    if (*ret_lines == NULL)
        return false;
    for (size_t b = 0; b < found.block_count; b++)
        for (size_t l = 0; l < found.blocks[b].line_count; l++) {
            struct line *line = &found.blocks[b].lines[l];
            if (keep_words(line, area))
                (*ret_lines)[(*ret_count)++] = *line;
        }
    return true;
}
