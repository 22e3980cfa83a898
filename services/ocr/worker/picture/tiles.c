#include "services/ocr/worker/picture/tiles.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/picture/pix.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The extreme is the lightest, or the darkest. */
static uint8_t extreme(uint8_t a, uint8_t b, bool is_lightest)
{
    return (a > b) == is_lightest ? a : b;
}

/* Of each pixel of a row and of `found`, what is more extreme, into `found`. */
static void gather_row(const uint32_t *row, size_t words, bool is_lightest, uint8_t *found)
{
    const uint8_t *pixels = (const uint8_t *)row;
    size_t bytes = words * sizeof(*row), i = 0;

#ifdef __SSE2__
    for (; i + sizeof(__m128i) <= bytes; i += sizeof(__m128i)) {
        __m128i a = _mm_loadu_si128((const __m128i *)(found + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(pixels + i));
        _mm_storeu_si128((__m128i *)(found + i),
                         is_lightest ? _mm_max_epu8(a, b) : _mm_min_epu8(a, b));
    }
#endif
    for (; i < bytes; i++)
        found[i] = extreme(found[i], pixels[i], is_lightest);
}

static struct Pix *find(struct Pix *grey, int32_t side, bool is_lightest)
{
    const uint8_t start = is_lightest ? 0 : UINT8_MAX;
    int32_t width = pixGetWidth(grey), height = pixGetHeight(grey);
    int32_t across = side < width ? side : width, down = side < height ? side : height;
    size_t words = (size_t)pixGetWpl(grey);
    _cleanup_(freep) uint32_t *found = malloc(words * sizeof(*found));
    struct Pix *tiles = found != NULL ? pixCreate(width / across, height / down, 8) : NULL;

    for (int32_t y = 0; tiles != NULL && y < pixGetHeight(tiles); y++) {
        l_uint32 *to = pixGetData(tiles) + (ptrdiff_t)y * pixGetWpl(tiles);
        memset(found, start, words * sizeof(*found));
        for (int32_t i = 0; i < down; i++)
            gather_row(pixGetData(grey) + ((ptrdiff_t)y * down + i) * (ptrdiff_t)words, words,
                       is_lightest, (uint8_t *)found);
        for (int32_t x = 0; x < pixGetWidth(tiles); x++) {
            uint8_t of_tile = start;
            for (int32_t i = x * across; i < (x + 1) * across; i++)
                of_tile = extreme(of_tile, GET_DATA_BYTE(found, i), is_lightest);
            SET_DATA_BYTE(to, x, of_tile);
        }
    }
    return tiles;
}

struct Pix *tiles_darkest(struct Pix *grey, int32_t side)
{
    return find(grey, side, false);
}

struct Pix *tiles_lightest(struct Pix *grey, int32_t side)
{
    return find(grey, side, true);
}
