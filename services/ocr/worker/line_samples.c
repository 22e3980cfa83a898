#include "services/ocr/worker/line_samples.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/line_cut.h"

enum {
    HEIGHT_MIN = 8,
    /* Of a line, in its heights: what is shorter is a word or no text at all. */
    ASPECT_MIN = 3,
    /* What is cut: some 35 letters, which take the engine about 10 ms. */
    ASPECT_MAX = 18,
};

/* What a box has to offer. */
static int32_t usable_width(struct bbox box)
{
    int32_t width = box.x1 - box.x0, most = (box.y1 - box.y0) * ASPECT_MAX;

    return width < most ? width : most;
}

static int compare_heights(const void *a, const void *b)
{
    const struct bbox *one = a, *other = b;
    int32_t height = one->y1 - one->y0, other_height = other->y1 - other->y0;

    return (height > other_height) - (height < other_height);
}

/* The median by width: pieces of lines are many, but narrow. */
static int32_t median_height(const struct bbox *boxes, size_t count)
{
    struct bbox sorted[LINE_SAMPLES_BOXES_MAX];
    int64_t width = 0, below = 0;

    memcpy(sorted, boxes, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_heights);
    for (size_t i = 0; i < count; i++)
        width += sorted[i].x1 - sorted[i].x0;
    for (size_t i = 0; i < count; i++) {
        below += sorted[i].x1 - sorted[i].x0;
        if (below * 2 >= width)
            return sorted[i].y1 - sorted[i].y0;
    }
    return 0;
}

/* Headings, pictures and lines that were merged are left out. */
static bool is_usual(struct bbox box, int32_t usual_height)
{
    int32_t height = box.y1 - box.y0, width = box.x1 - box.x0;

    return height >= HEIGHT_MIN && width >= height * ASPECT_MIN && height * 3 >= usual_height * 2 &&
           height * 2 <= usual_height * 3;
}

static status_code cut(const struct image *image, struct bbox box, struct image **ret_cut,
                       struct status *st)
{
    struct line_cut line;

    box.x1 = box.x0 + usable_width(box);
    TRY(line_cut(image, box, &line, st));
    *ret_cut = line.image;
    return STATUS_OK;
}

/* The widest usual box of a part of the page; NULL: none. */
static const struct bbox *widest(const struct bbox *boxes, size_t count, int32_t usual_height)
{
    const struct bbox *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (is_usual(boxes[i], usual_height) &&
            (best == NULL || usable_width(boxes[i]) > usable_width(*best)))
            best = &boxes[i];
    return best;
}

status_code line_samples_cut(const struct image *image, const struct bbox *boxes, size_t count,
                             struct line_samples *ret_samples, struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};

    if (count > LINE_SAMPLES_BOXES_MAX)
        count = LINE_SAMPLES_BOXES_MAX;
    int32_t usual_height = median_height(boxes, count);
    for (size_t part = 0; part < LINE_SAMPLES_MAX; part++) {
        size_t from = part * count / LINE_SAMPLES_MAX, to = (part + 1) * count / LINE_SAMPLES_MAX;
        const struct bbox *box = widest(boxes + from, to - from, usual_height);
        if (box != NULL)
            TRY(cut(image, *box, &samples.images[samples.count++], st));
    }
    for (size_t i = 1; i < samples.count; i++)
        if (samples.images[i]->width > samples.images[0]->width) {
            struct image *fullest = samples.images[i];
            samples.images[i] = samples.images[0];
            samples.images[0] = fullest;
        }
    *ret_samples = samples;
    samples.count = 0;
    return STATUS_OK;
}

void line_samples_deinit(struct line_samples *samples)
{
    for (size_t i = 0; i < samples->count; i++)
        image_free(samples->images[i]);
    samples->count = 0;
}
