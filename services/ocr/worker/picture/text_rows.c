#include "services/ocr/worker/picture/text_rows.h"

#include <stdbool.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"

/* In heights of a letter: what lies further apart are columns. */
static const float gap_most = 1.5f;
/* With ascenders, descenders and marks; two lines that touch are higher. */
static const float height_least = 0.8f, height_most = 3.2f;
static const float width_least = 6;

/* Letters of this height are enough to tell rows by. */
static const float height_reduced = 8;

/* The ink at a half, a quarter, ... of its size, what is inked staying so. NULL without memory. */
static struct Pix *reduce(struct Pix *ink, float letter_height, l_int32 *ret_factor)
{
    struct Pix *reduced = pixClone(ink);

    *ret_factor = 1;
    while (reduced != NULL && letter_height >= 2 * height_reduced * (float)*ret_factor) {
        struct Pix *half = pixReduceRankBinary2(reduced, 1, NULL);
        pixDestroy(&reduced);
        reduced = half;
        *ret_factor *= 2;
    }
    return reduced;
}

static bool is_row(l_int32 width, l_int32 height, float letter_height)
{
    return (float)height >= height_least * letter_height &&
           (float)height <= height_most * letter_height &&
           (float)width >= width_least * letter_height;
}

status_code text_rows_find(struct Pix *ink, float letter_height, size_t max, struct bbox *ret_rows,
                           size_t *ret_count, struct status *st)
{
    l_int32 factor;
    _cleanup_(pix_freep) struct Pix *reduced = reduce(ink, letter_height, &factor);
    _cleanup_(pix_freep) struct Pix *smeared = NULL;
    _cleanup_(boxa_freep) struct Boxa *boxes = NULL;
    float height = letter_height / (float)factor;
    size_t count = 0;

    if (reduced != NULL)
        smeared = pixCloseSafeBrick(NULL, reduced, (l_int32)(gap_most * height) + 1, 1);
    if (smeared != NULL)
        boxes = pixConnCompBB(smeared, 8);
    if (boxes == NULL)
        return FAIL_PAGE_MEMORY(st);
    for (l_int32 i = 0; i < boxaGetCount(boxes) && count < max; i++) {
        l_int32 x, y, w, h;
        (void)boxaGetBoxGeometry(boxes, i, &x, &y, &w, &h);
        if (is_row(w, h, height))
            ret_rows[count++] =
                (struct bbox){x * factor, y * factor, (x + w) * factor, (y + h) * factor};
    }
    *ret_count = count;
    return STATUS_OK;
}
