#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/runs.h"

enum { HEIGHT = 40, LENGTHS = 70 };

/* Runs and gaps of all lengths, some of them at the edges. */
static struct Pix *random_ink(int width)
{
    struct Pix *ink = pixCreate(width, HEIGHT, 1);

    assert_non_null(ink);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = rand() % LENGTHS - 9; x < width;) {
            int length = 1 + rand() % LENGTHS;
            (void)pixRasterop(ink, x, y, length, 1, PIX_SET, NULL, 0, 0);
            x += length + 1 + rand() % LENGTHS;
        }
    return ink;
}

static void assert_same(struct Pix *found, struct Pix *expected)
{
    l_int32 is_same = 0;

    assert_non_null(found);
    assert_non_null(expected);
    assert_int_equal(pixEqual(found, expected, &is_same), 0);
    assert_true(is_same);
}

static const int widths[] = {1, 31, 32, 33, 64, 500, 1000};
static const int lengths[] = {1, 2, 3, 8, 31, 32, 33, 60};

static void test_long_runs_are_what_an_opening_leaves(void **state)
{
    for (size_t w = 0; w < ARRAY_LENGTH(widths); w++)
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
            _cleanup_(pix_freep) struct Pix *ink = random_ink(widths[w]);
            _cleanup_(pix_freep) struct Pix *found = runs_keep_long(ink, lengths[i]);
            _cleanup_(pix_freep) struct Pix *expected = pixOpenBrick(NULL, ink, lengths[i], 1);
            assert_same(found, expected);
        }
}

static void test_joined_runs_are_what_a_closing_makes(void **state)
{
    for (size_t w = 0; w < ARRAY_LENGTH(widths); w++)
        for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
            _cleanup_(pix_freep) struct Pix *ink = random_ink(widths[w]);
            _cleanup_(pix_freep) struct Pix *found = runs_join(ink, lengths[i]);
            _cleanup_(pix_freep) struct Pix *expected = pixCloseSafeBrick(NULL, ink, lengths[i], 1);
            assert_same(found, expected);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_runs_are_what_an_opening_leaves),
        cmocka_unit_test(test_joined_runs_are_what_a_closing_makes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
