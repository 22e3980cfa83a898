#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/rulings.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { WIDTH = 900, HEIGHT = 1200, LETTER = 16 };

/* The ink of a page of letters, on which more can be drawn. */
static struct Pix *ink_of_letters(void)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(WIDTH, HEIGHT, LETTER);
    struct Pix *ink = NULL;
    struct status st;

    assert_int_equal(ink_find(page, &ink, &st), STATUS_OK);
    return ink;
}

static struct Pix *rulings_of(struct Pix *ink)
{
    struct Pix *mask = NULL;
    struct status st;

    assert_int_equal(rulings_find(ink, LETTER, &mask, &st), STATUS_OK);
    return mask;
}

static bool is_set(struct Pix *pix, int x, int y)
{
    l_uint32 value;

    return pixGetPixel(pix, x, y, &value) == 0 && value != 0;
}

static void draw(struct Pix *ink, int x, int y, int width, int height)
{
    (void)pixRasterop(ink, x, y, width, height, PIX_SET, NULL, 0, 0);
}

static void test_the_height_of_letters_is_seen_among_lines_and_specks(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = ink_of_letters();
    _cleanup_(pix_freep) struct Pix *blank = pixCreate(WIDTH, HEIGHT, 1);

    (void)state;
    for (int i = 0; i < 300; i++)
        draw(ink, 3 * i, 5 + i % 7 * 3, 1, 1);
    draw(ink, 20, 30, 800, 3);
    assert_float_equal(ink_letter_height(ink), LETTER, 0.5f);
    assert_float_equal(ink_letter_height(blank), 0, 0);
}

static void test_the_lines_of_a_table_are_found_and_its_letters_are_not(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = ink_of_letters();

    (void)state;
    draw(ink, 20, 30, 800, 3);
    draw(ink, 40, 20, 2, 1000);
    _cleanup_(pix_freep) struct Pix *mask = rulings_of(ink);
    assert_non_null(mask);
    assert_true(is_set(mask, 500, 31) && is_set(mask, 41, 700));
    /* Letters are drawn from (100, 100) on. */
    for (int y = 90; y < 1100; y++)
        for (int x = 90; x < 880; x++)
            assert_false(is_set(mask, x, y));
}

static void test_a_line_that_is_slightly_askew_is_found(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = pixCreate(WIDTH, HEIGHT, 1);

    (void)state;
    for (int x = 50; x < 850; x++)
        draw(ink, x, 300 + x / 60, 1, 2);
    _cleanup_(pix_freep) struct Pix *mask = rulings_of(ink);
    assert_non_null(mask);
    for (int x = 120; x < 780; x++) /* but for a step at its ends */
        assert_true(is_set(mask, x, 300 + x / 60));
}

static void test_a_grey_line_of_dots_is_found(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = ink_of_letters();

    (void)state;
    for (int y = 20; y < 1020; y++)
        draw(ink, 38 + y % 2 * 2, y - y % 4 / 2, 2, 1);
    for (int x = 20; x < 820; x += 2)
        draw(ink, x, 30 + x / 2 % 2, 1, 1);
    _cleanup_(pix_freep) struct Pix *mask = rulings_of(ink);
    assert_non_null(mask);
    for (int y = 100; y < 1000; y++)
        assert_true(is_set(mask, 39, y));
    for (int x = 100; x < 800; x++)
        assert_true(is_set(mask, x, 30));
}

static void test_bars_and_short_strokes_are_no_lines(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = ink_of_letters();

    (void)state;
    draw(ink, 50, 20, 800, 40);        /* a bar */
    draw(ink, 20, 300, 4, LETTER * 5); /* a letter of a headline */
    draw(ink, 100, 90, LETTER * 8, 4); /* the head line of a word of Devanagari */
    assert_null(rulings_of(ink));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_height_of_letters_is_seen_among_lines_and_specks),
        cmocka_unit_test(test_the_lines_of_a_table_are_found_and_its_letters_are_not),
        cmocka_unit_test(test_a_line_that_is_slightly_askew_is_found),
        cmocka_unit_test(test_a_grey_line_of_dots_is_found),
        cmocka_unit_test(test_bars_and_short_strokes_are_no_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
