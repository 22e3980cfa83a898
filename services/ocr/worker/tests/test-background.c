#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/background.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { WIDTH = 900, HEIGHT = 1200, LETTER = 16 };

/* A page of grey ink, in light that falls off from left to right to so much of it. */
static struct Pix *page_in_light(int darkest_percent)
{
    struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            l_uint32 grey;
            (void)pixGetPixel(page, x, y, &grey);
            int percent = 100 - (100 - darkest_percent) * x / WIDTH;
            (void)pixSetPixel(page, x, y, (grey * 3 / 4 + 60) * (l_uint32)percent / 100);
        }
    return page;
}

/* Grey of the letters and of the paper beside them near a place. */
static void greys_near(struct Pix *page, int x, l_uint32 *ret_ink, l_uint32 *ret_paper)
{
    *ret_ink = 255;
    *ret_paper = 0;
    for (int i = 0; i < 60 * 60; i++) {
        l_uint32 grey;
        (void)pixGetPixel(page, x + i % 60, HEIGHT / 2 + i / 60, &grey);
        *ret_ink = grey < *ret_ink ? grey : *ret_ink;
        *ret_paper = grey > *ret_paper ? grey : *ret_paper;
    }
}

static void test_paper_in_a_slope_of_light_becomes_white_everywhere(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = page_in_light(30);
    _cleanup_(pix_freep) struct Pix *even = NULL;
    l_uint32 ink, paper, darkest_paper;
    struct status st;

    (void)state;
    /* So dark on the right that its paper is darker than the ink on the left is light. */
    greys_near(page, 700, &ink, &darkest_paper);
    assert_true(darkest_paper < 130);
    assert_int_equal(background_even(page, &even, &st), STATUS_OK);
    assert_non_null(even);
    for (int x = 100; x < 750; x += 100) {
        greys_near(even, x, &ink, &paper);
        if (ink > 110 || paper < 225)
            fail_msg("at %d: ink %u, paper %u", x, ink, paper);
    }
}

static void test_pale_ink_becomes_dark(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);
    _cleanup_(pix_freep) struct Pix *even = NULL;
    l_uint32 ink, paper;
    struct status st;

    (void)state;
    (void)pixAddConstantGray(page, 190);
    greys_near(page, 300, &ink, &paper);
    assert_true(ink >= 190 && paper == 255);
    assert_int_equal(background_even(page, &even, &st), STATUS_OK);
    assert_non_null(even);
    greys_near(even, 300, &ink, &paper);
    assert_true(ink < 30 && paper > 230);
}

static void test_a_clean_page_and_a_blank_one_are_left_alone(void **state)
{
    _cleanup_(pix_freep) struct Pix *clean = fixture_letters(WIDTH, HEIGHT, LETTER);
    _cleanup_(pix_freep) struct Pix *blank = pixCreate(WIDTH, HEIGHT, 8);
    struct Pix *even = NULL;
    struct status st;

    (void)state;
    (void)pixSetAll(blank);
    assert_int_equal(background_even(clean, &even, &st), STATUS_OK);
    assert_null(even);
    assert_int_equal(background_even(blank, &even, &st), STATUS_OK);
    assert_null(even);
}

static void test_white_text_on_black_is_seen(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);

    (void)state;
    assert_false(background_is_dark(page));
    (void)pixInvert(page, page);
    assert_true(background_is_dark(page));
}

static void test_a_dark_picture_on_a_page_does_not_make_it_dark(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);

    (void)state;
    (void)pixRasterop(page, 0, 0, WIDTH, HEIGHT * 2 / 3, PIX_CLR, NULL, 0, 0);
    assert_false(background_is_dark(page));
}

static void test_strips_and_single_pixels_are_no_error(void **state)
{
    static const int sizes[][2] = {{1, 1}, {30000, 1}, {1, 30000}, {7, 9}, {2000, 3}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        _cleanup_(pix_freep) struct Pix *page = pixCreate(sizes[i][0], sizes[i][1], 8);
        _cleanup_(pix_freep) struct Pix *even = NULL;
        struct status st;
        assert_false(background_is_dark(page));
        assert_int_equal(background_even(page, &even, &st), STATUS_OK);
        if (even != NULL)
            assert_int_equal(pixGetWidth(even), sizes[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paper_in_a_slope_of_light_becomes_white_everywhere),
        cmocka_unit_test(test_pale_ink_becomes_dark),
        cmocka_unit_test(test_a_clean_page_and_a_blank_one_are_left_alone),
        cmocka_unit_test(test_white_text_on_black_is_seen),
        cmocka_unit_test(test_a_dark_picture_on_a_page_does_not_make_it_dark),
        cmocka_unit_test(test_strips_and_single_pixels_are_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
