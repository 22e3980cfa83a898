/*
 * Which lines of a page are one block to readers that look for columns.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/export/pdf/runs.h"

enum { THICKNESS = 10 };

struct page {
    struct pdf_run_line lines[PDF_RUNS_LINES_MAX + 1];
    size_t count;
    struct buf fills;
};

static int set_up(void **state)
{
    struct page *page = calloc(1, sizeof(*page));

    if (page != NULL)
        buf_init(&page->fills, 1 << 20);
    *state = page;
    return page == NULL;
}

static int tear_down(void **state)
{
    struct page *page = *state;

    buf_deinit(&page->fills);
    free(page);
    return 0;
}

/* A line of letters that stand on `baseline`. */
static struct pdf_run_line *add(struct page *page, double x0, double x1, double baseline)
{
    page->lines[page->count] = (struct pdf_run_line){.x0 = x0,
                                                     .y0 = baseline - 0.8 * THICKNESS,
                                                     .x1 = x1,
                                                     .y1 = baseline + 0.2 * THICKNESS,
                                                     .baseline = baseline,
                                                     .thickness = THICKNESS,
                                                     .is_level = true,
                                                     .size = 1};
    return &page->lines[page->count++];
}

static void find(struct page *page)
{
    assert_true(pdf_runs_find(page->lines, page->count, &page->fills));
}

static size_t fill_count(const struct page *page)
{
    return page->fills.length / sizeof(struct pdf_run_fill);
}

static const struct pdf_run_fill *fill(const struct page *page, size_t index)
{
    return (const struct pdf_run_fill *)page->fills.data + index;
}

static bool is_about(double value, double expected)
{
    return value > expected - 0.01 && value < expected + 0.01;
}

static void test_lines_of_a_column_have_one_size(void **state)
{
    struct page *page = *state;

    for (int i = 0; i < 5; i++)
        add(page, 0, 200, 100 + 12 * i);
    find(page);
    for (size_t i = 0; i < page->count; i++)
        assert_true(is_about(page->lines[i].size, THICKNESS));
    assert_int_equal(fill_count(page), 0);
}

/* poppler: sizes that differ by a twentieth are of different blocks. */
static void test_columns_side_by_side_are_told_apart(void **state)
{
    struct page *page = *state;

    for (int column = 0; column < 3; column++)
        for (int i = 0; i < 4; i++)
            add(page, 220 * column, 220 * column + 200, 100 + 12 * i);
    find(page);
    for (size_t i = 0; i < 8; i++) {
        double size = page->lines[i].size, next = page->lines[i + 4].size;

        assert_true(size > 1.05 * next || next > 1.05 * size);
        assert_true(is_about(size, page->lines[i / 4 * 4].size));
    }
}

/* poppler: words nearer than the size of letters may be of one block. */
static void test_letters_are_no_larger_than_the_gap_to_the_next_column(void **state)
{
    struct page *page = *state;

    for (int column = 0; column < 2; column++)
        for (int i = 0; i < 4; i++)
            add(page, 208 * column, 208 * column + 200, 100 + 12 * i);
    find(page);
    for (size_t i = 0; i < page->count; i++)
        assert_true(page->lines[i].size < 8);
}

/* Columns 50 apart, and below both a page number that is 5 away from the second one. */
static void test_a_line_that_wants_small_letters_stays_out_of_a_run(void **state)
{
    struct page *page = *state;

    for (int i = 0; i < 10; i++)
        add(page, 0, 200, 100 + 12 * i);
    add(page, 195, 245, 220);
    for (int i = 0; i < 10; i++)
        add(page, 250, 450, 100 + 12 * i);
    find(page);
    for (size_t i = 0; i < 10; i++)
        assert_true(is_about(page->lines[i].size, THICKNESS));
}

/* As detectors of text find lines of Chinese: twice as high as they are. */
static void test_boxes_that_are_too_high_do_not_part_a_run(void **state)
{
    struct page *page = *state;

    for (int i = 0; i < 9; i++) {
        struct pdf_run_line *line = add(page, 0, 200, 100 + 12 * i);

        if (i == 4) {
            line->y0 -= 12;
            line->y1 += 12;
            line->thickness = 34;
        }
    }
    find(page);
    for (size_t i = 0; i < page->count; i++)
        assert_true(is_about(page->lines[i].size, THICKNESS));
    assert_int_equal(fill_count(page), 0);
}

static void test_a_gap_below_a_heading_is_filled(void **state)
{
    struct page *page = *state;

    add(page, 0, 60, 100);
    add(page, 0, 200, 140);
    add(page, 0, 200, 152);
    find(page);
    assert_int_equal(fill_count(page), 2); /* 40 = 3 * 13.3, no farther than 1.4 of the size */
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fill(page, i)->line, 1);
        assert_true(fill(page, i)->x0 >= 0 && fill(page, i)->x1 <= 60);
        assert_true(is_about(fill(page, i)->baseline, 100 + 40.0 * (double)(i + 1) / 3));
    }
    assert_true(is_about(page->lines[0].size, page->lines[1].size));
}

static void test_cells_of_a_row_stand_on_one_line(void **state)
{
    struct page *page = *state;

    for (int row = 0; row < 3; row++)
        for (int cell = 0; cell < 3; cell++)
            add(page, 200 * cell, 200 * cell + 50, 100 + 14 * row + cell);
    find(page);
    assert_int_equal(fill_count(page), 6);
    for (size_t i = 0; i < page->count; i++) {
        assert_true(is_about(page->lines[i].baseline, (double)(100 + 14 * (i / 3))));
        assert_true(is_about(page->lines[i].size, THICKNESS));
    }
    assert_int_equal(fill(page, 0)->line, 1);
    assert_true(fill(page, 0)->x0 > 50 && fill(page, 0)->x0 < 53);
    assert_true(fill(page, 0)->x1 > 197 && fill(page, 0)->x1 < 200);
}

/* A: two lines; B: one. Row by row it would read A1 B A2. */
static void test_a_cell_of_two_lines_is_a_run_of_its_own(void **state)
{
    struct page *page = *state;
    const struct pdf_run_line *above = add(page, 0, 50, 100), *below = add(page, 0, 50, 112);
    const struct pdf_run_line *beside = add(page, 70, 120, 100);

    find(page);
    assert_true(is_about(above->size, below->size));
    assert_true(beside->size < 0.95 * above->size);
    assert_int_equal(fill_count(page), 0);
}

static void test_a_line_to_the_right_of_all_above_is_led_to(void **state)
{
    struct page *page = *state;

    add(page, 0, 50, 100);
    add(page, 150, 200, 112);
    find(page);
    assert_int_equal(fill_count(page), 1);
    assert_true(fill(page, 0)->x0 < 50 && fill(page, 0)->x1 > 147 && fill(page, 0)->x1 < 150);
    assert_true(is_about(fill(page, 0)->baseline, 112));
}

static void test_what_is_not_level_keeps_its_size(void **state)
{
    struct page *page = *state;

    add(page, 0, 200, 100);
    add(page, 0, 200, 112)->is_level = false;
    add(page, 0, 200, 124);
    find(page);
    assert_true(is_about(page->lines[1].size, 1));
    assert_int_equal(fill_count(page), 0);
}

static void test_a_page_of_too_many_lines_has_no_runs(void **state)
{
    struct page *page = *state;

    for (int i = 0; i <= PDF_RUNS_LINES_MAX; i++)
        add(page, 0, 200, 100 + 30 * i);
    find(page);
    assert_int_equal(fill_count(page), 0);
    page->count = PDF_RUNS_LINES_MAX;
    find(page);
    assert_true(fill_count(page) >= PDF_RUNS_LINES_MAX - 1);
}

static void test_a_page_without_lines_has_none(void **state)
{
    find(*state);
    assert_int_equal(fill_count(*state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_of_a_column_have_one_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns_side_by_side_are_told_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_letters_are_no_larger_than_the_gap_to_the_next_column,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_that_wants_small_letters_stays_out_of_a_run,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_boxes_that_are_too_high_do_not_part_a_run, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_gap_below_a_heading_is_filled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells_of_a_row_stand_on_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_cell_of_two_lines_is_a_run_of_its_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_to_the_right_of_all_above_is_led_to, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_level_keeps_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_of_too_many_lines_has_no_runs, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_page_without_lines_has_none, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
