#include <assert.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <tesseract/capi.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/tests/page_fixture.h"

/*
 * What the worker does in the place of leptonica and tesseract with pictures (picture/pix_look.c,
 * picture/pix_scale.c, engine/tesseract/threshold.c and image_find.c) gives what the libraries
 * give.
 */

static const int sizes[][2] = {{1, 1}, {5, 3}, {31, 40}, {64, 64}, {333, 97}, {1030, 20}};

/* The library's own. */
static void take_original(const char *name, void *ret_function)
{
    void *found = dlsym(RTLD_NEXT, name);

    assert(found != NULL);
    memcpy(ret_function, &found, sizeof(found));
}

static void test_larger_picture_is_that_of_the_library(void **state)
{
    static const float factors[][2] = {{0.7f, 0.7f},   {0.7f, 0.9f},   {0.5f, 1.3f},
                                       {1.01f, 1.01f}, {1.37f, 2.61f}, {2.0f, 1.999f},
                                       {3.3f, 3.3f},   {2.0f, 2.0f},   {6.1f, 0.3f}};
    PIX *(*original)(PIX *, l_float32, l_float32);
    l_int32 is_same;

    (void)state;
    take_original("pixScaleGrayLI", &original);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
        for (size_t f = 0; f < ARRAY_LENGTH(factors); f++) {
            _cleanup_(pix_freep) struct Pix *grey =
                fixture_noise(sizes[i][0], sizes[i][1], (uint32_t)i);
            (void)pixSetResolution(grey, 300, 200);
            (void)pixSetText(grey, "text");
            pixSetInputFormat(grey, IFF_TIFF);
            _cleanup_(pix_freep) struct Pix *found =
                pixScaleGrayLI(grey, factors[f][0], factors[f][1]);
            _cleanup_(pix_freep) struct Pix *expected =
                original(grey, factors[f][0], factors[f][1]);
            assert_int_equal(found == NULL, expected == NULL);
            if (found == NULL)
                continue;
            assert_int_equal(pixGetXRes(found), pixGetXRes(expected));
            assert_int_equal(pixGetYRes(found), pixGetYRes(expected));
            assert_int_equal(pixGetInputFormat(found), pixGetInputFormat(expected));
            assert_int_equal(pixGetText(found) == NULL, pixGetText(expected) == NULL);
            if (pixGetText(found) != NULL)
                assert_string_equal(pixGetText(found), pixGetText(expected));
            assert_int_equal(pixEqual(found, expected, &is_same), 0);
            if (!is_same)
                fail_msg("%d x %d by %f, %f", sizes[i][0], sizes[i][1], (double)factors[f][0],
                         (double)factors[f][1]);
        }
}

static void test_counts_of_greys_are_those_of_the_library(void **state)
{
    NUMA *(*original)(PIX *, l_int32);

    (void)state;
    take_original("pixGetGrayHistogram", &original);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
        for (int step = 1; step < 70; step += 3) {
            _cleanup_(pix_freep) struct Pix *grey =
                fixture_noise(sizes[i][0], sizes[i][1], (uint32_t)i);
            NUMA *found = pixGetGrayHistogram(grey, step), *expected = original(grey, step);
            assert_int_equal(numaGetCount(found), numaGetCount(expected));
            assert_memory_equal(numaGetFArray(found, L_NOCOPY), numaGetFArray(expected, L_NOCOPY),
                                256 * sizeof(l_float32));
            numaDestroy(&found);
            numaDestroy(&expected);
        }
}

static void test_more_of_a_grey_than_a_float_counts(void **state)
{
    enum { SIDE = 4100 };
    _cleanup_(pix_freep) struct Pix *white = pixCreate(SIDE, SIDE, 8);
    NUMA *(*original)(PIX *, l_int32);

    (void)state;
    take_original("pixGetGrayHistogram", &original);
    assert_int_equal(pixSetAll(white), 0);
    NUMA *found = pixGetGrayHistogram(white, 1), *expected = original(white, 1);
    assert_memory_equal(numaGetFArray(found, L_NOCOPY), numaGetFArray(expected, L_NOCOPY),
                        256 * sizeof(l_float32));
    numaDestroy(&found);
    numaDestroy(&expected);
}

static void test_black_and_white_are_those_of_the_library(void **state)
{
    void (*original)(l_uint32 *, l_int32, l_uint32 *, l_int32, l_int32);

    (void)state;
    take_original("thresholdToBinaryLineLow", &original);
    for (int depth = 4; depth <= 8; depth += 4)
        for (int width = 1; width < 140; width++)
            for (int threshold = 0; threshold <= 1 << depth; threshold += depth * depth / 16) {
                _cleanup_(pix_freep) struct Pix *grey = fixture_noise(width, 1, (uint32_t)width);
                uint32_t found[8], expected[8];
                memset(found, 0xff, sizeof(found));
                memset(expected, 0xff, sizeof(expected));
                thresholdToBinaryLineLow(found, width, pixGetData(grey), depth, threshold);
                original(expected, width, pixGetData(grey), depth, threshold);
                assert_memory_equal(found, expected, sizeof(found));
            }
}

/* Of ink that is so rare that whole columns and rows have none. */
static struct Pix *specks(int width, int height, uint32_t seed)
{
    _cleanup_(pix_freep) struct Pix *grey = fixture_noise(width, height, seed);
    return pixThresholdToBinary(grey, 2);
}

static void test_ink_begins_where_the_library_finds_it(void **state)
{
    static const int sides[] = {L_FROM_LEFT, L_FROM_RIGHT, L_FROM_TOP, L_FROM_BOT, -1};
    l_ok (*original)(PIX *, BOX *, l_int32, l_int32 *);

    (void)state;
    take_original("pixScanForForeground", &original);
    for (uint32_t i = 0; i < 4000; i++) {
        _cleanup_(pix_freep) struct Pix *ink = specks(97, 33, i / 40);
        int x = (int)(i * 7 % 110) - 8, y = (int)(i * 5 % 40) - 4;
        BOX *box = i % 9 == 0 ? NULL : boxCreate(x, y, (int)(i * 11 % 71), (int)(i % 29));
        l_int32 found = -2, expected = -2, side = sides[i % ARRAY_LENGTH(sides)];
        l_ok code = pixScanForForeground(ink, box, side, &found);
        assert_int_equal(code, original(ink, box, side, &expected));
        assert_int_equal(found, expected);
        boxDestroy(&box);
    }
}

/* tesseract::TBOX and tesseract::FCOORD */
struct box {
    int16_t left, bottom, right, top;
};

struct turn {
    float x, y;
};

#define COUNT_PIXELS                                                                               \
    "_ZN9tesseract9ImageFind23CountPixelsInRotatedBoxENS_4TBOXERKS1_RKNS_6FCOORDENS_5ImageE"

int count_pixels_in_box(struct box box, const struct box *image, const struct turn *turn,
                        PIX *pix) __asm__(COUNT_PIXELS);

static void test_pixels_of_a_box_are_counted_as_by_the_library(void **state)
{
    static const struct turn turns[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}, {0.999f, 0.03f}};
    int (*original)(struct box, const struct box *, const struct turn *, PIX *);

    (void)state;
    assert_non_null(TessVersion()); /* the library is there */
    take_original(COUNT_PIXELS, &original);
    for (uint32_t i = 0; i < 4000; i++) {
        _cleanup_(pix_freep) struct Pix *grey = fixture_noise(140, 90, i / 50);
        _cleanup_(pix_freep) struct Pix *ink = pixThresholdToBinary(grey, 100);
        const struct turn *turn = &turns[i % ARRAY_LENGTH(turns)];
        int16_t left = (int16_t)((int)(i % 3) * 5 - 5), bottom = (int16_t)((int)(i % 7) * 3 - 9);
        const struct box image = {left, bottom, (int16_t)(left + (turn->x != 0 ? 140 : 90)),
                                  (int16_t)(bottom + (turn->x != 0 ? 90 : 140))};
        int16_t x = (int16_t)((int)(i * 7 % 160) - 10), y = (int16_t)((int)(i * 13 % 150) - 10);
        const struct box box = {x, y, (int16_t)(x + (int)(i * 3 % 90)),
                                (int16_t)(y + (int)(i * 17 % 60))};
        assert_int_equal(count_pixels_in_box(box, &image, turn, ink),
                         original(box, &image, turn, ink));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_larger_picture_is_that_of_the_library),
        cmocka_unit_test(test_counts_of_greys_are_those_of_the_library),
        cmocka_unit_test(test_more_of_a_grey_than_a_float_counts),
        cmocka_unit_test(test_black_and_white_are_those_of_the_library),
        cmocka_unit_test(test_ink_begins_where_the_library_finds_it),
        cmocka_unit_test(test_pixels_of_a_box_are_counted_as_by_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
