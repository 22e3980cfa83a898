#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/figures.h"

enum {
    PAGE_MAX_BYTES = 1 << 20,
    WIDTH = 1000,
    HEIGHT = 1400,
    LINE_HEIGHT = 20,
    SCREEN_LINES = 12,
    SCREEN_LETTERS = 720,
};

static const struct page_region chart = {{100, 200, 500, 600}, BLOCK_FIGURE, 0.9f};

static int begin(void **state)
{
    struct page *page = calloc(1, sizeof(*page));

    assert_non_null(page);
    page_begin(page, arena_new(PAGE_MAX_BYTES));
    page->width = WIDTH;
    page->height = HEIGHT;
    *state = page;
    return 0;
}

static int end(void **state)
{
    struct page *page = *state;

    arena_free(page->arena);
    free(page);
    return 0;
}

/* A block of one line from `x0` to `x1` with its top at `y`. */
static void add(struct page *page, block_kind kind, int32_t x0, int32_t x1, int32_t y,
                const char *text)
{
    struct block *block = page_add_block(page);
    struct line *line = block_add_line(page, block);
    struct word *word = line_add_word(page, line);

    block->kind = kind;
    line->size = LINE_HEIGHT;
    word->text = text;
    word->bbox = (struct bbox){x0, y, x1, y + LINE_HEIGHT};
    word->confidence = 1;
}

/* Gathers the figures of the region, and says what the page's text is then. */
static void assert_text(struct page *page, const struct page_region *region, const char *text)
{
    struct status st = {0};

    page->regions = region;
    page->region_count = 1;
    assert_true(figures_leave_out_text(page) && figures_gather(page));
    assert_int_equal(page_finish(page, &st), STATUS_OK);
    assert_string_equal(page->text, text);
}

static void assert_figure_at(const struct page *page, size_t index, size_t count)
{
    assert_int_equal(page->block_count, count);
    assert_int_equal(page->blocks[index].kind, BLOCK_FIGURE);
    assert_memory_equal(&page->blocks[index].bbox, &chart.bbox, sizeof(chart.bbox));
}

static void test_labels_of_a_chart_are_one_figure(void **state)
{
    struct page *page = *state;

    add(page, BLOCK_PARAGRAPH, 100, 900, 100, "above");
    add(page, BLOCK_FIGURE, 110, 200, 220, "speed");
    add(page, BLOCK_PARAGRAPH, 600, 900, 300, "beside");
    add(page, BLOCK_FIGURE, 400, 480, 560, "time");
    add(page, BLOCK_CAPTION, 100, 500, 620, "caption");
    assert_text(page, &chart, "above\n\nspeed\ntime\n\nbeside\n\ncaption");
    assert_figure_at(page, 1, 4);
}

static void test_a_picture_without_text_stands_ahead_of_its_caption(void **state)
{
    struct page *page = *state;

    add(page, BLOCK_PARAGRAPH, 100, 500, 100, "above");
    add(page, BLOCK_PARAGRAPH, 600, 900, 100, "beside");
    add(page, BLOCK_CAPTION, 100, 500, 620, "caption");
    add(page, BLOCK_PARAGRAPH, 100, 500, 700, "beneath");
    assert_text(page, &chart, "above\n\nbeside\n\ncaption\n\nbeneath");
    assert_figure_at(page, 2, 5);
}

static void test_a_picture_without_caption_stands_behind_what_is_above_it(void **state)
{
    struct page *page = *state;

    add(page, BLOCK_PARAGRAPH, 100, 500, 100, "above");
    add(page, BLOCK_PARAGRAPH, 100, 500, 700, "beneath");
    add(page, BLOCK_PARAGRAPH, 600, 900, 100, "beside");
    assert_text(page, &chart, "above\n\nbeneath\n\nbeside");
    assert_figure_at(page, 1, 4);
}

static void test_a_page_with_nothing_but_a_picture_has_it(void **state)
{
    struct page *page = *state;

    assert_text(page, &chart, "");
    assert_figure_at(page, 0, 1);
}

static void test_what_is_full_of_text_is_no_figure(void **state)
{
    static const block_kind kinds[] = {BLOCK_PARAGRAPH, BLOCK_FIGURE};
    struct page *page = *state;
    struct status st = {0};

    for (int i = 0; i < 20; i++)
        add(page, kinds[i % 2], 100, 500, chart.bbox.y0 + i * LINE_HEIGHT, "x");
    page->regions = &chart;
    page->region_count = 1;
    /* Tables, which are looked for next, are not looked for in figures. */
    assert_true(figures_leave_out_text(page));
    assert_int_equal(page->region_count, 0);
    for (size_t i = 0; i < page->block_count; i++)
        assert_int_equal(page->blocks[i].kind, BLOCK_PARAGRAPH);
    assert_true(figures_gather(page));
    assert_int_equal(page_finish(page, &st), STATUS_OK);
    assert_int_equal(page->block_count, 20);
    for (size_t i = 0; i < page->block_count; i++)
        assert_int_equal(page->blocks[i].kind, BLOCK_PARAGRAPH);
}

static void test_a_photograph_of_a_page_is_text(void **state)
{
    static const struct page_region whole = {{0, 50, WIDTH, HEIGHT}, BLOCK_FIGURE, 0.9f};
    struct page *page = *state;

    add(page, BLOCK_FIGURE, 100, 900, 200, "one");
    add(page, BLOCK_FIGURE, 100, 900, 300, "two");
    assert_text(page, &whole, "one\n\ntwo");
    assert_int_equal(page->block_count, 2);
    assert_int_equal(page->blocks[0].kind, BLOCK_PARAGRAPH);
}

/* Few lines beside much that is empty, but all there are. */
static void test_what_a_screen_shows_is_text(void **state)
{
    static const struct page_region screen = {{100, 200, 900, 1000}, BLOCK_FIGURE, 0.9f};
    struct page *page = *state;
    char letters[SCREEN_LETTERS / SCREEN_LINES + 1];

    memset(letters, 'x', sizeof(letters) - 1);
    letters[sizeof(letters) - 1] = '\0';
    for (int i = 0; i < SCREEN_LINES; i++)
        add(page, BLOCK_FIGURE, 150, 300, screen.bbox.y0 + 3 * i * LINE_HEIGHT, letters);
    page->regions = &screen;
    page->region_count = 1;
    assert_true(figures_leave_out_text(page));
    assert_int_equal(page->region_count, 0);
    assert_int_equal(page->blocks[0].kind, BLOCK_PARAGRAPH);
}

static void test_specks_are_no_figures(void **state)
{
    static const struct page_region speck = {{100, 200, 110, 600}, BLOCK_FIGURE, 0.9f};
    struct page *page = *state;

    assert_text(page, &speck, "");
    assert_int_equal(page->block_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_labels_of_a_chart_are_one_figure, begin, end),
        cmocka_unit_test_setup_teardown(test_a_picture_without_text_stands_ahead_of_its_caption,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_a_picture_without_caption_stands_behind_what_is_above_it, begin, end),
        cmocka_unit_test_setup_teardown(test_a_page_with_nothing_but_a_picture_has_it, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_full_of_text_is_no_figure, begin, end),
        cmocka_unit_test_setup_teardown(test_a_photograph_of_a_page_is_text, begin, end),
        cmocka_unit_test_setup_teardown(test_what_a_screen_shows_is_text, begin, end),
        cmocka_unit_test_setup_teardown(test_specks_are_no_figures, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
