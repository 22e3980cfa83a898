#include <stddef.h>
#include <stdint.h>

#include <emmintrin.h>

#include <allheaders.h>

#include "lib/base/cleanup.h"

/*
 * As engine/tesseract/shortcuts.c, for how leptonica makes a grey picture larger (linear
 * interpolation, by sixteenths of a pixel): it looks up four pixels for each. Here two rows are
 * weighed against each other first, many pixels at once, and then what comes of that from left to
 * right. The picture is the same.
 */

enum {
    STEPS = 16, /* of a pixel: it is weighed by so many parts */
    STEPS_BITS = 4,
    HALF = STEPS * STEPS / 2,
    PART = 16, /* pixels of a vector */
};

/* Where a pixel comes from: `from` and `next`, by their places in memory (see in_memory()). */
struct place {
    int32_t from, next;
    uint32_t share_of_next; /* of STEPS */
};

struct rows {
    struct place *places; /* of each pixel of a row */
    uint16_t *mixed;      /* of two rows, in the order of memory */
};

static void rows_deinit(struct rows *rows)
{
    LEPT_FREE(rows->places);
    LEPT_FREE(rows->mixed);
}

/* Leptonica has the first of four pixels in the highest byte of a word. */
static int32_t in_memory(int32_t pixel)
{
    return pixel ^ 3;
}

/* As the library, in numbers of the same kind. */
static int32_t sixteenths(int32_t from, int32_t to, int32_t at)
{
    return (int32_t)(16.f * (float)from / (float)to * (float)at);
}

static void find_places(struct place *places, int32_t from_width, int32_t width)
{
    for (int32_t x = 0; x < width; x++) {
        int32_t at = sixteenths(from_width, width, x), last = from_width - 1;
        int32_t from = at >> STEPS_BITS < last ? at >> STEPS_BITS : last;
        places[x] = (struct place){
            .from = in_memory(from),
            .next = in_memory(from < last ? from + 1 : last),
            .share_of_next = (uint32_t)at % STEPS,
        };
    }
}

/* Both rows are of `words` words; `mixed` has room for four pixels of each. */
static void mix_rows(const uint32_t *row, const uint32_t *next, uint32_t share_of_next,
                     size_t words, uint16_t *mixed)
{
    const __m128i zero = _mm_setzero_si128();
    const __m128i of_row = _mm_set1_epi16((int16_t)(STEPS - share_of_next));
    const __m128i of_next = _mm_set1_epi16((int16_t)share_of_next);
    const size_t bytes = words * sizeof(*row);
    const uint8_t *upper = (const uint8_t *)row, *lower = (const uint8_t *)next;
    size_t i = 0;

    for (; i + PART <= bytes; i += PART) {
        __m128i a = _mm_loadu_si128((const __m128i *)(upper + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(lower + i));
        __m128i first = _mm_add_epi16(_mm_mullo_epi16(_mm_unpacklo_epi8(a, zero), of_row),
                                      _mm_mullo_epi16(_mm_unpacklo_epi8(b, zero), of_next));
        __m128i second = _mm_add_epi16(_mm_mullo_epi16(_mm_unpackhi_epi8(a, zero), of_row),
                                       _mm_mullo_epi16(_mm_unpackhi_epi8(b, zero), of_next));
        _mm_storeu_si128((__m128i *)(mixed + i), first);
        _mm_storeu_si128((__m128i *)(mixed + i + PART / 2), second);
    }
    for (; i < bytes; i++)
        mixed[i] = (uint16_t)(upper[i] * (STEPS - share_of_next) + lower[i] * share_of_next);
}

static void fill_row(const struct rows *rows, int32_t width, uint32_t *to)
{
    uint8_t *pixels = (uint8_t *)to;

    for (int32_t x = 0; x < width; x++) {
        const struct place *place = &rows->places[x];
        uint32_t sum = rows->mixed[place->from] * (STEPS - place->share_of_next) +
                       rows->mixed[place->next] * place->share_of_next;
        pixels[in_memory(x)] = (uint8_t)((sum + HALF) / (STEPS * STEPS));
    }
}

static void fill(struct Pix *from, struct Pix *to, const struct rows *rows)
{
    int32_t width = pixGetWidth(to), height = pixGetHeight(to), from_height = pixGetHeight(from);
    ptrdiff_t from_words = pixGetWpl(from), to_words = pixGetWpl(to);

    for (int32_t y = 0; y < height; y++) {
        int32_t at = sixteenths(from_height, height, y), last = from_height - 1;
        int32_t row = at >> STEPS_BITS < last ? at >> STEPS_BITS : last;
        const uint32_t *line = pixGetData(from) + row * from_words;
        mix_rows(line, row < last ? line + from_words : line, (uint32_t)at % STEPS,
                 (size_t)from_words, rows->mixed);
        fill_row(rows, width, pixGetData(to) + y * to_words);
    }
}

/* Of the same kind, without its pixels. */
static struct Pix *make_like(struct Pix *from, int32_t width, int32_t height, float scale_x,
                             float scale_y)
{
    struct Pix *to = pixCreateNoInit(width, height, 8);

    if (to == NULL)
        return NULL;
    (void)pixCopyText(to, from);
    (void)pixCopyResolution(to, from);
    (void)pixCopyInputFormat(to, from);
    (void)pixScaleResolution(to, scale_x, scale_y);
    return to;
}

PIX *pixScaleGrayLI(PIX *from, l_float32 scale_x, l_float32 scale_y)
{
    const double least = 0.7; /* below, the library takes means of areas */
    _cleanup_(rows_deinit) struct rows rows = {0};

    if (from == NULL || pixGetDepth(from) != 8 || pixGetColormap(from) != NULL)
        return NULL;
    if ((double)scale_x < least && (double)scale_y < least)
        return pixScaleGeneral(from, scale_x, scale_y, 0, 0);
    if (scale_x == 1 && scale_y == 1)
        return pixCopy(NULL, from);
    if (scale_x == 2 && scale_y == 2)
        return pixScaleGray2xLI(from);
    if (scale_x == 4 && scale_y == 4)
        return pixScaleGray4xLI(from);
    double width = (double)(scale_x * (float)pixGetWidth(from)) + 0.5;
    double height = (double)(scale_y * (float)pixGetHeight(from)) + 0.5;
    if (!(width >= 1 && width <= INT32_MAX && height >= 1 && height <= INT32_MAX))
        return NULL;
    struct Pix *to = make_like(from, (int32_t)width, (int32_t)height, scale_x, scale_y);
    if (to == NULL)
        return NULL;
    rows.places = LEPT_CALLOC((size_t)width, sizeof(*rows.places));
    rows.mixed = LEPT_CALLOC((size_t)pixGetWpl(from) * sizeof(uint32_t), sizeof(*rows.mixed));
    if (rows.places == NULL || rows.mixed == NULL) {
        pixDestroy(&to);
        return NULL;
    }
    find_places(rows.places, pixGetWidth(from), (int32_t)width);
    fill(from, to, &rows);
    return to;
}
