#include "services/ocr/worker/page_measure.h"

#include <stdlib.h>

#include <allheaders.h>

#include "services/ocr/worker/layout_internal.h"

/* A value of a line, and how much text it stands for. */
struct sample {
    float value;
    size_t words;
};

static int compare_samples(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* The value that half of the words are below; 0 without any. */
static float median_of(struct sample *samples, size_t count)
{
    size_t words = 0, seen = 0;

    qsort(samples, count, sizeof(*samples), compare_samples);
    for (size_t i = 0; i < count; i++)
        words += samples[i].words;
    for (size_t i = 0; i < count; i++) {
        seen += samples[i].words;
        if (seen * 2 >= words)
            return samples[i].value;
    }
    return 0;
}

static size_t count_lines(const struct page *page)
{
    size_t count = 0;

    for (size_t b = 0; b < page->block_count; b++)
        count += page->blocks[b].table == NULL ? page->blocks[b].line_count : 0;
    return count;
}

bool page_measure_lines(const struct page *page, struct page_measure *ret_measure)
{
    size_t count = count_lines(page), sizes = 0, heights = 0;
    struct sample *size_samples = ARENA_NEW_ARRAY(page->arena, struct sample, count + 1);
    int32_t *height_samples = ARENA_NEW_ARRAY(page->arena, int32_t, count + 1);

    *ret_measure = (struct page_measure){.text_height = 1};
    if (size_samples == NULL || height_samples == NULL)
        return false;
    for (size_t b = 0; b < page->block_count; b++) {
        const struct block *block = &page->blocks[b];
        for (size_t l = 0; l < block->line_count; l++) {
            const struct line *line = &block->lines[l];
            int32_t width = line->bbox.x1 - line->bbox.x0, height = line->bbox.y1 - line->bbox.y0;
            ret_measure->text = bbox_union(ret_measure->text, line->bbox);
            if (block->table != NULL)
                continue;
            ret_measure->long_lines += width >= PAGE_LONG_LINE * height;
            height_samples[heights++] = height;
            if (line->size > 0)
                size_samples[sizes++] = (struct sample){line->size, line->word_count};
        }
    }
    if (heights > 0) {
        qsort(height_samples, heights, sizeof(*height_samples), layout_compare_int32);
        if (height_samples[heights / 2] > 0)
            ret_measure->text_height = height_samples[heights / 2];
    }
    ret_measure->size = median_of(size_samples, sizes);
    return true;
}

/* --- Bold --- */

enum { RUN_MAX = 64 /* pixels; longer ones are no strokes */ };

/* Counts the horizontal runs of dark pixels of a line by their length. */
static void count_runs(struct Pix *pix, struct bbox box, l_uint32 dark_below,
                       size_t runs[static RUN_MAX])
{
    const l_uint32 *data = pixGetData(pix);
    l_int32 words_per_line = pixGetWpl(pix);

    for (int32_t y = box.y0; y < box.y1; y++) {
        const l_uint32 *row = data + (size_t)y * (size_t)words_per_line;
        size_t length = 0;
        for (int32_t x = box.x0; x <= box.x1; x++) {
            bool is_dark = x < box.x1 && GET_DATA_BYTE(row, x) < dark_below;
            if (is_dark) {
                length++;
                continue;
            }
            if (length > 0 && length < RUN_MAX)
                runs[length]++;
            length = 0;
        }
    }
}

/* Mean length of runs up to twice the median: horizontal strokes are longer than letters' stems
 * are thick, and how many there are depends on the letters. */
static float mean_stroke(const size_t runs[static RUN_MAX])
{
    size_t count = 0, seen = 0, median = 1, sum = 0, kept = 0;

    for (size_t i = 1; i < RUN_MAX; i++)
        count += runs[i];
    while (median + 1 < RUN_MAX && (seen += runs[median]) * 2 < count)
        median++;
    for (size_t i = 1; i < RUN_MAX && i <= 2 * median; i++) {
        sum += i * runs[i];
        kept += runs[i];
    }
    return kept > 0 ? (float)sum / (float)kept : 0;
}

/* Grey halfway between the darkest and the lightest of a line. */
static l_uint32 find_threshold(struct Pix *pix, struct bbox box)
{
    const l_uint32 *data = pixGetData(pix);
    l_int32 words_per_line = pixGetWpl(pix);
    l_uint32 darkest = 255, lightest = 0;

    for (int32_t y = box.y0; y < box.y1; y++)
        for (int32_t x = box.x0; x < box.x1; x++) {
            l_uint32 grey = GET_DATA_BYTE(data + (size_t)y * (size_t)words_per_line, x);
            darkest = grey < darkest ? grey : darkest;
            lightest = grey > lightest ? grey : lightest;
        }
    return (darkest + lightest) / 2;
}

/* Thickness of strokes for the size of letters; 0: cannot be told. */
static float weight_of(const struct line *line, const struct image *image)
{
    struct bbox page = {0, 0, (int32_t)image->width, (int32_t)image->height};
    struct bbox box = bbox_intersection(line->bbox, page);
    float size = line->size > 0 ? line->size : (float)(box.y1 - box.y0);
    size_t runs[RUN_MAX] = {0};

    if (bbox_area(box) == 0 || line->direction == DIRECTION_TOP_TO_BOTTOM)
        return 0;
    count_runs(image->pix, box, find_threshold(image->pix, box), runs);
    return mean_stroke(runs) / size;
}

bool page_measure_mark_bold(struct page *page, const struct image *image)
{
    const float bold_ratio = 1.28f; /* of page-sized type, bold has 1.4 to 1.7 times the stroke */
    size_t count = count_lines(page), found = 0;
    struct sample *samples = ARENA_NEW_ARRAY(page->arena, struct sample, count + 1);
    float *weights = ARENA_NEW_ARRAY(page->arena, float, count + 1);

    if (samples == NULL || weights == NULL)
        return false;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; page->blocks[b].table == NULL && l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            weights[found] = weight_of(line, image);
            samples[found] = (struct sample){weights[found], line->word_count};
            found++;
        }
    float usual = median_of(samples, found);
    found = 0;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; page->blocks[b].table == NULL && l < page->blocks[b].line_count; l++)
            if (weights[found++] > usual * bold_ratio)
                page->blocks[b].lines[l].is_bold = true;
    return true;
}
