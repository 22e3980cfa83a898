#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/text_rows.h"

enum { WIDTH = 1200, HEIGHT = 900, ROWS_MAX = 20 };

static void draw(struct Pix *ink, int x, int y, int width, int height)
{
    (void)pixRasterop(ink, x, y, width, height, PIX_SET, NULL, 0, 0);
}

/* Words of letters, half as wide as high, from x to x1. */
static void draw_row(struct Pix *ink, int x, int x1, int y, int letter)
{
    enum { LETTERS_OF_WORD = 6 };

    for (int i = 0; x + letter / 2 <= x1; i++) {
        draw(ink, x, y, letter / 2, letter);
        x += letter * 3 / 4 + (i % LETTERS_OF_WORD == LETTERS_OF_WORD - 1 ? letter / 2 : 0);
    }
}

static size_t find(struct Pix *ink, int letter, struct bbox rows[ROWS_MAX])
{
    struct status st;
    size_t count;

    assert_int_equal(text_rows_find(ink, (float)letter, ROWS_MAX, rows, &count, &st), STATUS_OK);
    return count;
}

static void test_lines_are_rows_from_top_to_bottom(void **state)
{
    static const int letters[] = {8, 20, 50};

    (void)state;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        _cleanup_(pix_freep) struct Pix *ink = pixCreate(WIDTH, HEIGHT, 1);
        int letter = letters[i], slack = letter / 2;
        struct bbox rows[ROWS_MAX];
        for (int row = 0; row < 4; row++)
            draw_row(ink, 100, 1100, 100 + 2 * row * letter, letter);
        assert_int_equal(find(ink, letter, rows), 4);
        for (int row = 0; row < 4; row++) {
            assert_in_range(rows[row].y0, 100 + 2 * row * letter - slack, 100 + 2 * row * letter);
            assert_in_range(rows[row].y1, 100 + (2 * row + 1) * letter,
                            100 + (2 * row + 1) * letter + slack);
            assert_in_range(rows[row].x0, 100 - slack, 100);
            assert_in_range(rows[row].x1, 1100 - letter, 1100 + slack);
        }
    }
}

static void test_columns_are_not_joined(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = pixCreate(WIDTH, HEIGHT, 1);
    struct bbox rows[ROWS_MAX];

    (void)state;
    draw_row(ink, 100, 550, 100, 20);
    draw_row(ink, 620, 1100, 100, 20);
    assert_int_equal(find(ink, 20, rows), 2);
    assert_true(rows[0].x1 < 620 && rows[1].x0 > 550);
}

static void test_lines_that_touch_and_pictures_are_no_rows(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = pixCreate(WIDTH, HEIGHT, 1);
    struct bbox rows[ROWS_MAX];

    (void)state;
    for (int row = 0; row < 4; row++)
        draw_row(ink, 100, 1100, 100 + row * 20, 20);
    draw(ink, 100, 300, 700, 400); /* a picture */
    draw(ink, 900, 300, 60, 20);   /* a word */
    assert_int_equal(find(ink, 20, rows), 0);
}

static void test_no_more_rows_are_given_than_there_is_room_for(void **state)
{
    _cleanup_(pix_freep) struct Pix *ink = pixCreate(WIDTH, HEIGHT, 1);
    struct bbox rows[ROWS_MAX];

    (void)state;
    for (int row = 0; row < ROWS_MAX + 5; row++)
        draw_row(ink, 100, 1100, 20 + row * 30, 16);
    assert_int_equal(find(ink, 16, rows), ROWS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_rows_from_top_to_bottom),
        cmocka_unit_test(test_columns_are_not_joined),
        cmocka_unit_test(test_lines_that_touch_and_pictures_are_no_rows),
        cmocka_unit_test(test_no_more_rows_are_given_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
