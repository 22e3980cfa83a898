#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/midtones.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { WIDTH = 900, HEIGHT = 1200, LETTER = 20, HEADING_Y = 400, HEADING_HEIGHT = 200 };

/* The darkest grey of rows from `y` on. */
static l_uint32 darkest(struct Pix *page, int y, int height)
{
    l_uint32 least = 255;

    for (int i = 0; i < WIDTH * height; i++) {
        l_uint32 grey;
        (void)pixGetPixel(page, i % WIDTH, y + i / WIDTH, &grey);
        least = grey < least ? grey : least;
    }
    return least;
}

/* A page of black letters, some of whose rows are of other greys: `grey`, and up to `spread` more,
 * letter by letter. */
static struct Pix *page_with_rows_of(l_uint32 grey, l_uint32 spread)
{
    struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);

    for (int i = 0; i < WIDTH * HEADING_HEIGHT; i++) {
        l_uint32 value;
        int x = i % WIDTH, y = HEADING_Y + i / WIDTH;
        (void)pixGetPixel(page, x, y, &value);
        if (value < 128)
            (void)pixSetPixel(page, x, y,
                              grey + (spread > 0 ? (l_uint32)(x / LETTER * 7) % spread : 0));
    }
    return page;
}

static void test_letters_in_a_colour_beside_black_ones_become_dark(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = page_with_rows_of(150, 0);
    struct status st;

    (void)state;
    assert_int_equal(midtones_darken(page, &st), STATUS_OK);
    assert_true(darkest(page, HEADING_Y, HEADING_HEIGHT) < 60);
}

static void assert_stays(struct Pix *page)
{
    _cleanup_(pix_freep) struct Pix *before = pixCopy(NULL, page);
    struct status st;
    l_int32 is_same = 0;

    assert_int_equal(midtones_darken(page, &st), STATUS_OK);
    assert_int_equal(pixEqual(before, page, &is_same), 0);
    assert_true(is_same);
}

static void test_what_shows_through_from_the_other_side_stays_pale(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = page_with_rows_of(215, 0);

    (void)state;
    assert_stays(page);
}

static void test_faded_letters_of_many_greys_stay(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = page_with_rows_of(125, 60);

    (void)state;
    assert_stays(page);
}

static void test_a_patch_of_colour_stays(void **state)
{
    enum { GREY = 150, LEFT = 300, TOP = 30, PATCH_WIDTH = 300, PATCH_HEIGHT = 40 };
    _cleanup_(pix_freep) struct Pix *page = page_with_rows_of(0, 0);

    (void)state;
    for (int y = TOP; y < TOP + PATCH_HEIGHT; y++)
        for (int x = LEFT; x < LEFT + PATCH_WIDTH; x++)
            (void)pixSetPixel(page, x, y, GREY);
    assert_stays(page);
}

/* As high as small letters, and far more than a page has. */
static void test_grain_stays(void **state)
{
    enum { SIDE = 3200, STEP = 16, GRAIN = 8, GREY = 150, BLACK_ROWS = 600 };
    _cleanup_(pix_freep) struct Pix *page = pixCreate(SIDE, SIDE, 8);

    (void)state;
    assert_non_null(page);
    (void)pixSetAll(page);
    for (int y = 0; y < SIDE; y += STEP)
        for (int x = 0; x < SIDE; x += STEP)
            for (int i = 0; i < GRAIN * GRAIN; i++)
                (void)pixSetPixel(page, x + i % GRAIN, y + i / GRAIN, y < BLACK_ROWS ? 0 : GREY);
    assert_stays(page);
}

static void test_tiny_pictures_stay(void **state)
{
    (void)state;
    for (int side = 1; side <= 9; side += 4) {
        _cleanup_(pix_freep) struct Pix *page = pixCreate(side, side, 8);
        assert_non_null(page);
        assert_stays(page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_in_a_colour_beside_black_ones_become_dark),
        cmocka_unit_test(test_what_shows_through_from_the_other_side_stays_pale),
        cmocka_unit_test(test_faded_letters_of_many_greys_stay),
        cmocka_unit_test(test_a_patch_of_colour_stays),
        cmocka_unit_test(test_grain_stays),
        cmocka_unit_test(test_tiny_pictures_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
