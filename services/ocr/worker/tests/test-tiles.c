#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/tiles.h"
#include "services/ocr/worker/tests/page_fixture.h"

static void compare(int width, int height, int side)
{
    _cleanup_(pix_freep) struct Pix *grey = fixture_noise(width, height, (uint32_t)(width * side));
    _cleanup_(pix_freep) struct Pix *darkest = tiles_darkest(grey, side);
    _cleanup_(pix_freep) struct Pix *lightest = tiles_lightest(grey, side);
    _cleanup_(pix_freep) struct Pix *least = pixScaleGrayMinMax(grey, side, side, L_CHOOSE_MIN);
    _cleanup_(pix_freep) struct Pix *most = pixScaleGrayMinMax(grey, side, side, L_CHOOSE_MAX);
    l_int32 is_same;

    assert_int_equal(pixEqual(darkest, least, &is_same), 0);
    if (!is_same)
        fail_msg("darkest of %d x %d by %d", width, height, side);
    assert_int_equal(pixEqual(lightest, most, &is_same), 0);
    if (!is_same)
        fail_msg("lightest of %d x %d by %d", width, height, side);
}

static void test_tiles_are_those_of_leptonica(void **state)
{
    static const int sizes[][2] = {{2, 2}, {3, 70}, {16, 16}, {67, 35}, {130, 97}, {257, 64}};
    static const int sides[] = {1, 2, 3, 4, 7, 16, 50};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
        for (size_t s = 0; s < ARRAY_LENGTH(sides); s++)
            compare(sizes[i][0], sizes[i][1], sides[s]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles_are_those_of_leptonica),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
