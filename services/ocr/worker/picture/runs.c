#include "services/ocr/worker/picture/runs.h"

#include <stdbool.h>
#include <stddef.h>

#include "services/ocr/worker/picture/pix.h"

enum { WORD_BITS = 32 };

/* The first pixel at or after x that is inked, or that is not; `width` when there is none.
 * Leptonica keeps the leftmost pixel in the most significant bit. */
static l_int32 next_pixel(const l_uint32 *row, l_int32 x, l_int32 width, bool is_inked)
{
    l_uint32 flip = is_inked ? 0 : ~(l_uint32)0;

    while (x < width) {
        l_uint32 bits = (row[x / WORD_BITS] ^ flip) << (x % WORD_BITS);
        if (bits != 0) {
            x += __builtin_clz(bits);
            return x < width ? x : width;
        }
        x = (x / WORD_BITS + 1) * WORD_BITS;
    }
    return width;
}

static const l_uint32 *row_of(struct Pix *pix, l_int32 y)
{
    return pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
}

struct Pix *runs_keep_long(struct Pix *ink, int32_t length)
{
    l_int32 width = pixGetWidth(ink), height = pixGetHeight(ink);
    struct Pix *runs = pixCreate(width, height, 1);

    for (l_int32 y = 0; runs != NULL && y < height; y++) {
        const l_uint32 *row = row_of(ink, y);
        for (l_int32 x = next_pixel(row, 0, width, true); x < width;) {
            l_int32 end = next_pixel(row, x, width, false);
            if (end - x >= length)
                (void)pixRasterop(runs, x, y, end - x, 1, PIX_SET, NULL, 0, 0);
            x = next_pixel(row, end, width, true);
        }
    }
    return runs;
}

struct Pix *runs_join(struct Pix *ink, int32_t gap)
{
    l_int32 width = pixGetWidth(ink), height = pixGetHeight(ink);
    struct Pix *joined = pixCopy(NULL, ink);

    for (l_int32 y = 0; joined != NULL && y < height; y++) {
        const l_uint32 *row = row_of(ink, y);
        l_int32 end = next_pixel(row, next_pixel(row, 0, width, true), width, false);
        while (end < width) {
            l_int32 next = next_pixel(row, end, width, true);
            if (next < width && next - end < gap)
                (void)pixRasterop(joined, end, y, next - end, 1, PIX_SET, NULL, 0, 0);
            end = next_pixel(row, next, width, false);
        }
    }
    return joined;
}
