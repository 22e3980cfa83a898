#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/page/table_view.h"

enum { CELLS_MAX = 8 };

/* {row, column, row span, column span} */
typedef uint32_t place[4];

struct fixture {
    Ocrmesh__Document__V1__Table table;
    Ocrmesh__Document__V1__TableCell storage[CELLS_MAX];
    Ocrmesh__Document__V1__TableCell *cells[CELLS_MAX];
    struct table_view view;
};

static void open_view(struct fixture *fixture, uint32_t rows, uint32_t columns, const place *places,
                      size_t count)
{
    struct status st = {0};

    ocrmesh__document__v1__table__init(&fixture->table);
    for (size_t i = 0; i < count; i++) {
        ocrmesh__document__v1__table_cell__init(&fixture->storage[i]);
        fixture->storage[i].row = places[i][0];
        fixture->storage[i].column = places[i][1];
        fixture->storage[i].row_span = places[i][2];
        fixture->storage[i].column_span = places[i][3];
        fixture->cells[i] = &fixture->storage[i];
    }
    fixture->table.row_count = rows;
    fixture->table.column_count = columns;
    fixture->table.cells = fixture->cells;
    fixture->table.n_cells = count;
    assert_int_equal(table_view_init(&fixture->view, &fixture->table, &st), STATUS_OK);
}

/* @drawing: a letter for each place: the cell's number, '.' for none. */
static void expect(struct fixture *fixture, const char *drawing)
{
    for (uint32_t row = 0; row < fixture->view.row_count; row++) {
        for (uint32_t column = 0; column < fixture->view.column_count; column++) {
            const struct table_view_cell *at = table_view_at(&fixture->view, row, column);
            char seen = at == NULL ? '.' : (char)('a' + (at->cell - fixture->storage));

            assert_int_equal(seen, drawing[row * fixture->view.column_count + column]);
        }
    }
    table_view_deinit(&fixture->view);
}

static void test_cells_cover_their_spans(void **state)
{
    static const place places[] = {{0, 0, 2, 1}, {0, 1, 1, 2}, {1, 2, 1, 1}};
    struct fixture fixture;

    open_view(&fixture, 2, 3, places, 3);
    assert_int_equal(table_view_at(&fixture.view, 1, 0)->row, 0);
    assert_int_equal(table_view_at(&fixture.view, 0, 2)->column_span, 2);
    expect(&fixture, "abb"
                     "a.c");
}

static void test_spans_are_cut_at_edges_and_ahead_of_other_cells(void **state)
{
    static const place places[] = {
        {0, 1, 2, 1},                   /* a */
        {0, 0, 9, 9},                   /* b: a stands in its way */
        {1, 2, UINT32_MAX, UINT32_MAX}, /* c */
        {2, 0, 0, 0},                   /* d: a span of 0 is 1 */
        {0, 1, 1, 1},                   /* e: taken */
        {7, 0, 1, 1},                   /* f, g: outside */
        {0, 3, 1, 1},
    };
    struct fixture fixture;

    open_view(&fixture, 3, 3, places, 7);
    expect(&fixture, "ba."
                     "bac"
                     "b.c");
}

static void test_a_grid_beyond_the_limits_is_cut(void **state)
{
    static const place places[] = {{0, 0, UINT32_MAX, UINT32_MAX}};
    struct fixture fixture;

    open_view(&fixture, UINT32_MAX, UINT32_MAX, places, 1);
    assert_int_equal(fixture.view.column_count, TABLE_VIEW_COLUMNS_MAX);
    assert_true((size_t)fixture.view.row_count * fixture.view.column_count <=
                TABLE_VIEW_PLACES_MAX);
    assert_true(fixture.view.row_count > 0);
    assert_non_null(
        table_view_at(&fixture.view, fixture.view.row_count - 1, TABLE_VIEW_COLUMNS_MAX - 1));
    assert_null(table_view_at(&fixture.view, fixture.view.row_count, 0));
    table_view_deinit(&fixture.view);
}

static void test_a_table_without_rows_or_columns_is_none(void **state)
{
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Table table = OCRMESH__DOCUMENT__V1__TABLE__INIT;
    struct fixture fixture;

    assert_false(table_view_is_table(&block));
    block.table = &table;
    assert_false(table_view_is_table(&block));
    table.row_count = 1;
    table.column_count = 1;
    assert_true(table_view_is_table(&block));
    open_view(&fixture, 0, 0, NULL, 0);
    assert_null(table_view_at(&fixture.view, 0, 0));
    table_view_deinit(&fixture.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_cover_their_spans),
        cmocka_unit_test(test_spans_are_cut_at_edges_and_ahead_of_other_cells),
        cmocka_unit_test(test_a_grid_beyond_the_limits_is_cut),
        cmocka_unit_test(test_a_table_without_rows_or_columns_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
