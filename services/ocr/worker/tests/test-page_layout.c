#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/page_layout.h"

enum { WIDTH = 1000, LINE_HEIGHT = 20, LINES = 8 };

static struct bbox line_at(int32_t x0, int32_t x1, int32_t row)
{
    return (struct bbox){x0, row * 2 * LINE_HEIGHT, x1, row * 2 * LINE_HEIGHT + LINE_HEIGHT};
}

static void test_lines_side_by_side_are_columns(void **state)
{
    struct bbox lines[2 * LINES];

    (void)state;
    for (int32_t i = 0; i < LINES; i++) {
        lines[i] = line_at(100, 480, i);
        lines[LINES + i] = line_at(520, 900, i);
    }
    assert_true(page_layout_has_columns(lines, ARRAY_LENGTH(lines), WIDTH));
}

static void test_lines_beneath_each_other_are_no_columns(void **state)
{
    struct bbox lines[LINES];

    (void)state;
    for (int32_t i = 0; i < LINES; i++)
        lines[i] = line_at(100, 900, i);
    assert_false(page_layout_has_columns(lines, ARRAY_LENGTH(lines), WIDTH));
}

static void test_pieces_beside_lines_are_no_columns(void **state)
{
    struct bbox lines[2 * LINES];

    (void)state;
    for (int32_t i = 0; i < LINES; i++) {
        lines[i] = line_at(100, 800, i);
        lines[LINES + i] = line_at(820, 850, i);
    }
    assert_false(page_layout_has_columns(lines, ARRAY_LENGTH(lines), WIDTH));
}

static void test_two_lines_side_by_side_among_many_are_no_columns(void **state)
{
    struct bbox lines[2 * LINES];

    (void)state;
    for (int32_t i = 0; i < 2 * LINES - 2; i++)
        lines[i] = line_at(100, 900, i);
    lines[2 * LINES - 2] = line_at(100, 480, 2 * LINES);
    lines[2 * LINES - 1] = line_at(520, 900, 2 * LINES);
    assert_false(page_layout_has_columns(lines, ARRAY_LENGTH(lines), WIDTH));
}

static void test_a_page_without_lines_has_no_columns(void **state)
{
    (void)state;
    assert_false(page_layout_has_columns(NULL, 0, WIDTH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_side_by_side_are_columns),
        cmocka_unit_test(test_lines_beneath_each_other_are_no_columns),
        cmocka_unit_test(test_pieces_beside_lines_are_no_columns),
        cmocka_unit_test(test_two_lines_side_by_side_among_many_are_no_columns),
        cmocka_unit_test(test_a_page_without_lines_has_no_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
