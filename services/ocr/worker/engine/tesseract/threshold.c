#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <emmintrin.h>

#include <allheaders.h>

/*
 * As shortcuts.c, for how tesseract makes black and white of a grey picture (Otsu's method), which
 * it does anew each time that it is given one, and leptonica by a threshold that it is told: the
 * libraries count and compare pixel by pixel. The picture is the same.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/ccmain/thresholder.h;
 * ccstruct/otsuthr.cpp).
 */

enum {
    GREYS = 256,
    PIXELS = 32, /* of a word of black and white */
    PART = 16,   /* pixels of a vector */
};

/* std::vector<int> */
struct numbers {
    const int *first, *end, *capacity_end;
};

/* The beginning of tesseract::ImageThresholder. */
struct thresholder {
    char before[0x2c];
    int left, top, width, height; /* of what is wanted */
};

_Static_assert(offsetof(struct thresholder, height) == 0x38, "as the library has it");

/* tesseract::ImageThresholder::ThresholdRectToPix(): `channels` is the number of bytes of a pixel,
 * `low_or_high` says for each whether the ink is dark (0), light (1), or not seen in it (-1). */
void threshold_rectangle(const struct thresholder *thresholder, PIX *from, int channels,
                         const struct numbers *thresholds, const struct numbers *low_or_high,
                         PIX **ret_pix) __asm__("_ZNK9tesseract16ImageThresholder18ThresholdRect"
                                                "ToPixENS_5ImageEiRKSt6vectorIiSaIiEES6_PS1_");

/* tesseract::HistogramRect() */
void count_greys(PIX *from, int channel, int left, int top, int width, int height,
                 int *ret_counts) __asm__("_ZN9tesseract13HistogramRectENS_5ImageEiiiiiPi");

/* Leptonica has the first of four pixels in the highest byte of a word, and the first of 32 bits in
 * the highest bit: what comes of bytes in the order of memory has its fours in the wrong order. */
static uint32_t in_order(uint32_t mask)
{
    const uint32_t halves = 0x0f0f0f0f;
    uint32_t bytes = __builtin_bswap32(mask);

    return (bytes >> 4 & halves) | (bytes & halves) << 4;
}

/* Of 32 pixels, those above the threshold. */
static uint32_t above(const uint32_t *line, uint8_t threshold)
{
    const __m128i most = _mm_set1_epi8((char)threshold), zero = _mm_setzero_si128();
    uint32_t below = 0;

    for (unsigned part = 0; part < PIXELS / PART; part++) {
        __m128i pixels = _mm_loadu_si128((const __m128i *)line + part);
        __m128i is_below = _mm_cmpeq_epi8(_mm_subs_epu8(pixels, most), zero);
        below |= (uint32_t)_mm_movemask_epi8(is_below) << part * PART;
    }
    return in_order(~below);
}

static bool is_ink(const uint32_t *line, int pixel, int channels, const struct numbers *thresholds,
                   const struct numbers *low_or_high)
{
    for (int c = 0; c < channels; c++) {
        int grey = GET_DATA_BYTE(line, pixel * channels + c), which = low_or_high->first[c];
        if (which >= 0 && (grey > thresholds->first[c]) == (which == 0))
            return true;
    }
    return false;
}

void threshold_rectangle(const struct thresholder *thresholder, PIX *from, int channels,
                         const struct numbers *thresholds, const struct numbers *low_or_high,
                         PIX **ret_pix)
{
    int width = thresholder->width, threshold = thresholds->first[0];
    PIX *to = pixCreate(width, thresholder->height, 1);
    ptrdiff_t from_words = pixGetWpl(from), to_words = pixGetWpl(to);
    bool is_plain = channels == 1 && low_or_high->first[0] >= 0 && thresholder->left % 4 == 0 &&
                    threshold >= 0 && threshold < GREYS;
    uint32_t inverted = low_or_high->first[0] == 0 ? 0 : UINT32_MAX;

    *ret_pix = to;
    if (to == NULL)
        return;
    (void)pixSetXRes(to, pixGetXRes(from));
    (void)pixSetYRes(to, pixGetYRes(from));
    for (int y = 0; y < thresholder->height; y++) {
        const uint32_t *line = pixGetData(from) + (y + thresholder->top) * from_words;
        uint32_t *to_line = pixGetData(to) + y * to_words;
        int x = 0;
        if (is_plain)
            for (; x + PIXELS <= width; x += PIXELS)
                to_line[x / PIXELS] =
                    above(line + (x + thresholder->left) / 4, (uint8_t)threshold) ^ inverted;
        for (; x < width; x++)
            if (is_ink(line, x + thresholder->left, channels, thresholds, low_or_high))
                SET_DATA_BIT(to_line, x);
    }
}

/* In turns, so that no count waits for the one before, which mostly is of the same grey. */
static void count_line(const uint32_t *line, int words, int counts[sizeof(uint32_t)][GREYS])
{
    for (int w = 0; w < words; w++) {
        uint8_t pixels[sizeof(uint32_t)];
        memcpy(pixels, &line[w], sizeof(pixels));
        for (unsigned i = 0; i < sizeof(pixels); i++)
            counts[i][pixels[i]]++;
    }
}

void count_greys(PIX *from, int channel, int left, int top, int width, int height, int *ret_counts)
{
    int channels = pixGetDepth(from) / 8, counts[sizeof(uint32_t)][GREYS] = {0};
    bool is_plain = channels == 1 && left % 4 == 0;

    channel = channel < 0 ? 0 : channel >= channels ? channels - 1 : channel;
    for (int y = top; y < top + height; y++) {
        const uint32_t *line = pixGetData(from) + (ptrdiff_t)y * pixGetWpl(from);
        int x = 0;
        if (is_plain) {
            count_line(line + left / 4, width / 4, counts);
            x = width / 4 * 4;
        }
        for (; x < width; x++)
            counts[0][GET_DATA_BYTE(line, (x + left) * channels + channel)]++;
    }
    for (int i = 0; i < GREYS; i++)
        ret_counts[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
}

/* Leptonica's, of a line: what is less than the threshold, of 0 to 256, is ink. */
void thresholdToBinaryLineLow(l_uint32 *to, l_int32 width, l_uint32 *from, l_int32 depth,
                              l_int32 threshold)
{
    int x = 0;

    if (depth == 8 && threshold > 0 && threshold <= GREYS)
        for (; x + PIXELS <= width; x += PIXELS)
            to[x / PIXELS] = ~above(from + x / 4, (uint8_t)(threshold - 1));
    for (; x < width; x++) {
        int grey = depth == 8 ? GET_DATA_BYTE(from, x) : GET_DATA_QBIT(from, x);
        if (x % PIXELS == 0)
            to[x / PIXELS] = 0;
        if (grey < threshold)
            SET_DATA_BIT(to, x);
    }
}
