#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <allheaders.h>

#include "services/ocr/worker/picture/pix.h"

/*
 * As engine/tesseract/shortcuts.c, for what leptonica looks up in pictures pixel by pixel: how
 * often each grey occurs, and where ink begins. The answers are the same.
 */

/* --- Greys --- */

enum {
    GREYS = 256,
    COUNT_MAX = 1 << 24, /* the library counts by ones in floats, which go no further */
};

/* Each `step`-th pixel of each `step`-th row. In turns, so that no count waits for the one before,
 * which mostly is of the same grey. */
static void count_greys(PIX *grey, int32_t step, uint32_t counts[2][GREYS])
{
    int32_t width = pixGetWidth(grey), height = pixGetHeight(grey);

    for (int64_t y = 0; y < height; y += step) {
        const uint32_t *line = pixGetData(grey) + y * pixGetWpl(grey);
        int64_t x = 0;
        for (; x + step < width; x += 2 * (int64_t)step) {
            counts[0][GET_DATA_BYTE(line, x)]++;
            counts[1][GET_DATA_BYTE(line, x + step)]++;
        }
        if (x < width)
            counts[0][GET_DATA_BYTE(line, x)]++;
    }
}

/* Of pictures of depth 8: recognition asks for no others. */
NUMA *pixGetGrayHistogram(PIX *pix, l_int32 factor)
{
    uint32_t counts[2][GREYS] = {0};

    if (pix == NULL || factor < 1 || pixGetDepth(pix) != 8)
        return NULL;
    _cleanup_(pix_freep) struct Pix *grey = pixRemoveColormap(pix, REMOVE_CMAP_TO_GRAYSCALE);
    NUMA *greys = grey != NULL ? numaCreate(GREYS) : NULL;
    if (greys == NULL)
        return NULL;
    count_greys(grey, factor, counts);
    for (size_t i = 0; i < GREYS; i++) {
        uint32_t count = counts[0][i] + counts[1][i];
        (void)numaAddNumber(greys, (float)(count < COUNT_MAX ? count : COUNT_MAX));
    }
    return greys;
}

/* --- Ink --- */

enum {
    PIXELS = 32, /* of a word: the first is its highest bit */
    LAST = PIXELS - 1,
};

/* Columns from `left` up to `right`, which may not be there: then it is left of `left`. */
struct span {
    int32_t left, right;
};

/* The first column of ink; beyond the right when there is none. */
static int32_t first_ink(const uint32_t *line, struct span span)
{
    int32_t word = span.left / PIXELS;

    if (span.right < span.left)
        return span.right + 1;
    uint32_t ink = line[word] & UINT32_MAX >> span.left % PIXELS;
    while (ink == 0 && ++word <= span.right / PIXELS)
        ink = line[word];
    int32_t first = ink != 0 ? word * PIXELS + __builtin_clz(ink) : span.right;
    return ink != 0 && first <= span.right ? first : span.right + 1;
}

/* The last column of ink; before the left when there is none. */
static int32_t last_ink(const uint32_t *line, struct span span)
{
    int32_t word = span.right / PIXELS;

    if (span.right < span.left)
        return span.left - 1;
    uint32_t ink = line[word] & UINT32_MAX << (LAST - span.right % PIXELS);
    while (ink == 0 && --word >= span.left / PIXELS)
        ink = line[word];
    int32_t last = ink != 0 ? word * PIXELS + LAST - __builtin_ctz(ink) : span.left;
    return ink != 0 && last >= span.left ? last : span.left - 1;
}

/* Where ink begins in a part of the picture, seen from the side that is asked for; -1: nowhere. */
static int32_t find_ink(PIX *ink, struct span columns, struct span rows, int32_t side)
{
    struct span rest = columns; /* where ink would be nearer to the side than what is found */

    for (int32_t i = 0; i <= rows.right - rows.left; i++) {
        int32_t y = side == L_FROM_BOT ? rows.right - i : rows.left + i;
        const uint32_t *line = pixGetData(ink) + (ptrdiff_t)y * pixGetWpl(ink);
        if (side == L_FROM_LEFT)
            rest.right = first_ink(line, rest) - 1;
        else if (side == L_FROM_RIGHT)
            rest.left = last_ink(line, rest) + 1;
        else if (first_ink(line, columns) <= columns.right)
            return y;
    }
    if (side == L_FROM_LEFT && rest.right < columns.right)
        return rest.right + 1;
    return side == L_FROM_RIGHT && rest.left > columns.left ? rest.left - 1 : -1;
}

l_ok pixScanForForeground(PIX *pix, BOX *box, l_int32 side, l_int32 *ret_location)
{
    bool is_side =
        side == L_FROM_LEFT || side == L_FROM_RIGHT || side == L_FROM_TOP || side == L_FROM_BOT;
    int32_t x = 0, y = 0, width, height;

    if (ret_location == NULL)
        return 1;
    *ret_location = 0;
    if (pix == NULL || pixGetDepth(pix) != 1 || !is_side)
        return 1;
    width = pixGetWidth(pix);
    height = pixGetHeight(pix);
    if (box != NULL) {
        BOX *inside = boxClipToRectangle(box, width, height);
        if (inside == NULL)
            return 1;
        (void)boxGetGeometry(inside, &x, &y, &width, &height);
        boxDestroy(&inside);
    }
    int32_t found =
        find_ink(pix, (struct span){x, x + width - 1}, (struct span){y, y + height - 1}, side);
    if (found < 0)
        return 1;
    *ret_location = found;
    return 0;
}
