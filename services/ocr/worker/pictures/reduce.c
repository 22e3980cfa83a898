#include "services/ocr/worker/pictures/reduce.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/worker/picture/pix.h"

/* A Pix of depth 8 or 32 without a colour map, cut to the part where it has to be made anew. */
static struct Pix *plain_part(struct Pix *pix, struct bbox part)
{
    int32_t width = part.x1 - part.x0, height = part.y1 - part.y0;
    _cleanup_(pix_freep) struct Pix *cut = NULL;

    if (part.x0 == 0 && part.y0 == 0 && width == pixGetWidth(pix) && height == pixGetHeight(pix)) {
        cut = pixClone(pix);
    } else {
        BOX *box = boxCreate(part.x0, part.y0, width, height);
        cut = box != NULL ? pixClipRectangle(pix, box, NULL) : NULL;
        boxDestroy(&box);
    }
    if (cut != NULL && pixGetColormap(cut) != NULL)
        return pixRemoveColormap(cut, REMOVE_CMAP_BASED_ON_SRC);
    if (cut != NULL && pixGetDepth(cut) == 1)
        return pixConvertTo8(cut, 0);
    return TAKE(cut);
}

/* Sums of `factor` rows, byte for byte as they lie in memory. */
static void sum_rows(const l_uint32 *row, l_int32 words_per_line, int32_t factor, uint16_t *sums)
{
    size_t count = (size_t)words_per_line * sizeof(*row);

    memset(sums, 0, count * sizeof(*sums));
    for (int32_t i = 0; i < factor; i++, row += words_per_line) {
        const uint8_t *bytes = (const uint8_t *)row;
        for (size_t k = 0; k < count; k++)
            sums[k] = (uint16_t)(sums[k] + bytes[k]);
    }
}

/* Which byte of a line is byte `index` of its words, most significant first. */
static size_t in_memory(size_t index)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return index ^ 3;
#else
    return index;
#endif
}

/* The mean of `factor` sums that lie `stride` bytes apart.
 * @inverse: 2^32 by their area, rounded up: a product with it is the quotient. */
static uint32_t mean(const uint16_t *sums, size_t first, size_t stride, int32_t factor,
                     uint64_t inverse)
{
    uint64_t sum = (uint64_t)factor * (uint64_t)factor / 2;

    for (int32_t i = 0; i < factor; i++)
        sum += sums[in_memory(first + (size_t)i * stride)];
    return (uint32_t)(sum * inverse >> 32);
}

static void put_row(const uint16_t *sums, int32_t factor, struct Pix *made, int32_t y)
{
    uint64_t area = (uint64_t)factor * (uint64_t)factor;
    uint64_t inverse = ((UINT64_C(1) << 32) + area - 1) / area;
    l_uint32 *row = pixGetData(made) + (ptrdiff_t)y * pixGetWpl(made);
    int32_t width = pixGetWidth(made);

    if (pixGetDepth(made) == 8) {
        for (int32_t x = 0; x < width; x++)
            SET_DATA_BYTE(row, x, mean(sums, (size_t)x * (size_t)factor, 1, factor, inverse));
        return;
    }
    for (int32_t x = 0; x < width; x++) {
        size_t first = (size_t)x * (size_t)factor * 4;
        row[x] = mean(sums, first, 4, factor, inverse) << 24 |
                 mean(sums, first + 1, 4, factor, inverse) << 16 |
                 mean(sums, first + 2, 4, factor, inverse) << 8;
    }
}

struct Pix *reduce_part(struct Pix *pix, struct bbox part, int32_t factor)
{
    _cleanup_(pix_freep) struct Pix *plain = plain_part(pix, part);
    _cleanup_(freep) uint16_t *sums = NULL;

    if (plain == NULL || factor <= 1 || pixGetWidth(plain) < factor || pixGetHeight(plain) < factor)
        return TAKE(plain);
    struct Pix *made = pixCreateNoInit(pixGetWidth(plain) / factor, pixGetHeight(plain) / factor,
                                       pixGetDepth(plain));
    l_int32 words_per_line = pixGetWpl(plain);
    sums = malloc((size_t)words_per_line * sizeof(l_uint32) * sizeof(*sums));
    if (made == NULL || sums == NULL) {
        pixDestroy(&made);
        return NULL;
    }
    for (int32_t y = 0; y < pixGetHeight(made); y++) {
        sum_rows(pixGetData(plain) + (ptrdiff_t)y * factor * words_per_line, words_per_line, factor,
                 sums);
        put_row(sums, factor, made, y);
    }
    return made;
}
