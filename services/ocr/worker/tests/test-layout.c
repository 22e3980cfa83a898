#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/layout.h"

enum { PAGE_MAX_BYTES = 4 << 20, LINES_MAX = 40, LETTER_WIDTH = 10, LINE_HEIGHT = 20 };

struct drawing {
    struct page page;
    struct line lines[LINES_MAX];
    size_t count;
};

static int begin(void **state)
{
    struct drawing *drawing = calloc(1, sizeof(*drawing));

    assert_non_null(drawing);
    page_begin(&drawing->page, arena_new(PAGE_MAX_BYTES));
    drawing->page.width = 1000;
    drawing->page.height = 1400;
    *state = drawing;
    return 0;
}

static int end(void **state)
{
    struct drawing *drawing = *state;

    arena_free(drawing->page.arena);
    free(drawing);
    return 0;
}

/* A line at (x, y) of words parted by spaces, each letter LETTER_WIDTH wide. */
static struct line *draw(struct drawing *drawing, int32_t x, int32_t y, const char *text)
{
    struct line *line = &drawing->lines[drawing->count++];
    struct str rest = str_of(text);
    struct str token;

    assert_true(drawing->count <= LINES_MAX);
    *line = (struct line){.direction = DIRECTION_LEFT_TO_RIGHT};
    while (str_next_token(&rest, ' ', &token)) {
        struct word *word = line_add_word(&drawing->page, line);
        assert_non_null(word);
        word->text = arena_strndup(drawing->page.arena, token.p, token.n);
        word->bbox = (struct bbox){x, y, x + (int32_t)token.n * LETTER_WIDTH, y + LINE_HEIGHT};
        word->confidence = 1;
        x = word->bbox.x1 + LETTER_WIDTH;
    }
    return line;
}

static void assert_read_as(struct drawing *drawing, const char *text)
{
    struct status st;

    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(page_finish(&drawing->page, &st), STATUS_OK);
    assert_string_equal(drawing->page.text, text);
}

static void test_columns_are_read_one_after_the_other(void **state)
{
    for (int i = 0; i < 3; i++) {
        draw(*state, 500, 100 + 30 * i, "right column with text");
        draw(*state, 50, 100 + 30 * i, "left column with text");
    }
    assert_read_as(*state, "left column with text\nleft column with text\nleft column with text\n\n"
                           "right column with text\nright column with text\n"
                           "right column with text");
}

static void test_a_heading_across_both_columns_comes_first(void **state)
{
    draw(*state, 100, 40, "A heading that is as wide as both of the columns beneath it are");
    for (int i = 0; i < 3; i++) {
        draw(*state, 50, 100 + 30 * i, "left column with text");
        draw(*state, 500, 100 + 30 * i, "right column with text");
    }
    assert_read_as(*state,
                   "A heading that is as wide as both of the columns beneath it are\n\n"
                   "left column with text\nleft column with text\nleft column with text\n\n"
                   "right column with text\nright column with text\nright column with text");
}

static void test_columns_beneath_text_of_full_width_are_columns(void **state)
{
    static const char wide[] = "Text of full width runs across both of the columns that follow it";

    for (int i = 0; i < 6; i++)
        draw(*state, 50, 40 + 30 * i, wide);
    draw(*state, 50, 240, "a short line");
    for (int i = 0; i < 3; i++) {
        draw(*state, 500, 300 + 30 * i, "right column with text");
        draw(*state, 50, 302 + 30 * i, "left column with text");
    }
    struct drawing *drawing = *state;
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 3);
    assert_int_equal(drawing->page.blocks[0].line_count, 7);
    assert_string_equal(drawing->page.blocks[1].lines[0].words[0].text, "left");
    assert_string_equal(drawing->page.blocks[2].lines[2].words[0].text, "right");
}

static void test_what_reaches_over_both_columns_comes_after_them(void **state)
{
    for (int i = 0; i < 3; i++) {
        draw(*state, 50, 100 + 30 * i, "left column with text");
        draw(*state, 500, 100 + 30 * i, "right column with text");
    }
    draw(*state, 50, 220, "A heading");
    for (int i = 0; i < 2; i++)
        draw(*state, 50, 250 + 30 * i, "Text of full width that follows runs across both columns");
    assert_read_as(*state,
                   "left column with text\nleft column with text\nleft column with text\n\n"
                   "right column with text\nright column with text\nright column with text\n\n"
                   "A heading\n\n"
                   "Text of full width that follows runs across both columns\n"
                   "Text of full width that follows runs across both columns");
}

/* None of the paragraphs is a column by itself. */
static void test_columns_of_short_paragraphs_are_columns(void **state)
{
    struct drawing *drawing = *state;
    static const char text[] = "a line of a column has six words";

    for (int i = 0; i < 4; i++) {
        draw(drawing, 50, 100 + 160 * i, "Left");
        draw(drawing, 550, 100 + 160 * i, "Right");
        for (int k = 0; k < 2; k++) {
            draw(drawing, 50, 165 + 160 * i + 30 * k, text);
            if (i < 3)
                draw(drawing, 550, 171 + 160 * i + 30 * k, text);
        }
    }
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    bool is_right = false;
    for (size_t b = 0; b < drawing->page.block_count; b++) {
        const struct line *line = &drawing->page.blocks[b].lines[0];
        bool starts_right = line->words[0].bbox.x0 >= 550;
        assert_false(is_right && !starts_right);
        is_right = starts_right;
    }
    assert_true(is_right);
}

/* A quote between both columns, with text on both sides of it, parts neither. */
static void test_what_stands_in_a_gutter_comes_after_the_columns(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i < 9; i++) {
        bool is_wide = i < 3 || i >= 6; /* the columns give way to the quote */
        draw(drawing, 50, 100 + 30 * i,
             is_wide ? "left column with text of one width or so" : "left column with text");
        draw(drawing, is_wide ? 500 : 650, 100 + 30 * i,
             is_wide ? "right column with text of one width or so" : "right column text");
    }
    draw(drawing, 330, 195, "A quote from the text");
    draw(drawing, 330, 225, "of two lines");
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 3);
    assert_int_equal(drawing->page.blocks[0].line_count, 9);
    assert_string_equal(drawing->page.blocks[1].lines[0].words[0].text, "right");
    assert_string_equal(drawing->page.blocks[2].lines[0].words[1].text, "quote");
}

static void test_rows_of_a_table_stay_together(void **state)
{
    static const char *const items[] = {"Paper", "Ink", "Glue", "Total"};
    static const char *const prices[] = {"12.50", "3.40", "0.75", "16.65"};

    for (int i = 0; i < 4; i++) {
        draw(*state, 50, 100 + 30 * i, items[i]);
        draw(*state, 500, 100 + 30 * i, prices[i]);
    }
    assert_read_as(*state, "Paper\t12.50\nInk\t3.40\nGlue\t0.75\nTotal\t16.65");
}

static void test_text_around_a_picture_stays_in_its_column(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i < 6; i++) {
        bool is_narrow = i >= 2 && i < 4;
        draw(drawing, is_narrow ? 550 : 400, 100 + 30 * i,
             is_narrow ? "right is narrow" : "right is a line as long as it");
        draw(drawing, 50, 100 + 30 * i,
             is_narrow ? "left is narrow" : "left is a line as long as it");
    }
    draw(drawing, 300, 172, "a picture");
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 3);
    for (size_t b = 0; b < 3; b++)
        if (drawing->page.blocks[b].line_count > 1) {
            assert_int_equal(drawing->page.blocks[b].line_count, 6);
            assert_string_equal(drawing->page.blocks[b].lines[5].words[0].text,
                                b == 0 ? "left" : "right");
        }
}

static void test_large_letters_between_columns_do_not_stop_them(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i < 4; i++) {
        draw(drawing, 50, 100 + 30 * i, "left above is a line")->size = 20;
        draw(drawing, 50, 340 + 30 * i, "left below is a line")->size = 20;
        draw(drawing, 450, 100 + 30 * i, "right above is a line")->size = 20;
        draw(drawing, 450, 340 + 30 * i, "right below is a line")->size = 20;
    }
    draw(drawing, 200, 260, "HERE IS WHAT THEY SAY IN LARGE")->size = 60;
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 5);
    /* Such a line parts what is above it from what is beneath, as a heading does. */
    assert_string_equal(drawing->page.blocks[0].lines[0].words[0].text, "left");
    assert_string_equal(drawing->page.blocks[1].lines[0].words[0].text, "right");
    assert_string_equal(drawing->page.blocks[2].lines[0].words[0].text, "HERE");
}

static void test_a_line_torn_at_a_wide_space_is_one(void **state)
{
    draw(*state, 50, 100, "a line of justified text that");
    draw(*state, 50, 130, "has too few");
    draw(*state, 200, 130, "words, and so");
    draw(*state, 50, 160, "the space in its midst is wide");
    assert_read_as(*state, "a line of justified text that\nhas too few words, and so\n"
                           "the space in its midst is wide");
}

static void test_labels_stand_before_their_lines(void **state)
{
    for (int i = 0; i < 3; i++) {
        static const char *const labels[] = {"(1)", "(2)", "(3)"};
        draw(*state, 50, 100 + 60 * i, labels[i]);
        draw(*state, 110, 100 + 60 * i, "an item of some words, and");
        draw(*state, 110, 130 + 60 * i, "its second line of a few more");
    }
    struct drawing *drawing = *state;
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 1);
    assert_int_equal(drawing->page.blocks[0].line_count, 6);
    assert_string_equal(drawing->page.blocks[0].lines[2].words[0].text, "(2)");
    assert_string_equal(drawing->page.blocks[0].lines[2].words[1].text, "an");
}

static void test_the_foot_of_a_page_comes_after_its_columns(void **state)
{
    draw(*state, 50, 300, "54");
    for (int i = 0; i < 3; i++) {
        draw(*state, 50, 100 + 30 * i, "left column with text");
        draw(*state, 500, 100 + 30 * i, "right column with text");
    }
    assert_read_as(*state, "left column with text\nleft column with text\nleft column with text\n\n"
                           "right column with text\nright column with text\n"
                           "right column with text\n\n54");
}

static void test_a_longer_left_column_is_read_to_its_end_first(void **state)
{
    for (int i = 0; i < 8; i++)
        draw(*state, 50, 100 + 30 * i + (i > 4 ? 50 : 0), "left column with text");
    for (int i = 0; i < 3; i++)
        draw(*state, 500, 100 + 30 * i, "right column with text");
    struct drawing *drawing = *state;
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 3);
    assert_string_equal(drawing->page.blocks[1].lines[0].words[0].text, "left");
    assert_string_equal(drawing->page.blocks[2].lines[0].words[0].text, "right");
}

static void test_standing_lines_are_read_from_the_right(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i < 3; i++) {
        static const char *const lines[] = {"first", "second", "third"};
        struct line *line = draw(drawing, 500 - 40 * i, 100, lines[i]);
        line->words[0].bbox = (struct bbox){500 - 40 * i, 100, 530 - 40 * i, 600};
        line->direction = DIRECTION_TOP_TO_BOTTOM;
    }
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_int_equal(drawing->page.block_count, 1);
    assert_int_equal(drawing->page.blocks[0].line_count, 3);
    assert_string_equal(drawing->page.blocks[0].lines[0].words[0].text, "first");
    assert_string_equal(drawing->page.blocks[0].lines[2].words[0].text, "third");
}

static void test_a_gap_begins_a_paragraph(void **state)
{
    draw(*state, 50, 100, "the first paragraph has two lines");
    draw(*state, 50, 130, "of which this is the second one");
    draw(*state, 50, 190, "the other one stands below a gap");
    draw(*state, 50, 220, "and has a second line as well ok");
    assert_read_as(*state, "the first paragraph has two lines\nof which this is the second one\n\n"
                           "the other one stands below a gap\nand has a second line as well ok");
}

static void test_an_indented_line_begins_a_paragraph(void **state)
{
    draw(*state, 50, 100, "the first paragraph has two lines");
    draw(*state, 50, 130, "of which this is the second one.");
    draw(*state, 90, 160, "An indented line begins another");
    draw(*state, 50, 190, "which goes on here at the margin.");
    assert_read_as(*state, "the first paragraph has two lines\nof which this is the second one.\n\n"
                           "An indented line begins another\nwhich goes on here at the margin.");
}

static void test_larger_type_is_a_heading(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 40, "Minutes")->size = 40;
    for (int i = 0; i < 4; i++)
        draw(drawing, 50, 100 + 30 * i, "the council met and talked of the wall")->size = 20;
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 2);
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[0].level, 1);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_PARAGRAPH);
}

static void test_markers_make_list_items(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 100, "1. bring the paper");
    draw(drawing, 50, 130, "2. bring the ink");
    draw(drawing, 50, 160, "- and the glue");
    draw(drawing, 50, 190, "- and the pens");
    assert_true(layout_add_lines(&drawing->page, drawing->lines, drawing->count));
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(drawing->page.blocks[i].kind, BLOCK_LIST_ITEM);
    assert_string_equal(drawing->page.blocks[1].list_marker, "2.");
    assert_string_equal(drawing->page.blocks[2].list_marker, "-");
}

static void test_no_lines_make_no_blocks(void **state)
{
    struct drawing *drawing = *state;

    assert_true(layout_add_lines(&drawing->page, drawing->lines, 0));
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_columns_are_read_one_after_the_other, begin, end),
        cmocka_unit_test_setup_teardown(test_a_heading_across_both_columns_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(test_columns_beneath_text_of_full_width_are_columns, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_reaches_over_both_columns_comes_after_them, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_columns_of_short_paragraphs_are_columns, begin, end),
        cmocka_unit_test_setup_teardown(test_what_stands_in_a_gutter_comes_after_the_columns, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_rows_of_a_table_stay_together, begin, end),
        cmocka_unit_test_setup_teardown(test_text_around_a_picture_stays_in_its_column, begin, end),
        cmocka_unit_test_setup_teardown(test_large_letters_between_columns_do_not_stop_them, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_line_torn_at_a_wide_space_is_one, begin, end),
        cmocka_unit_test_setup_teardown(test_labels_stand_before_their_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_the_foot_of_a_page_comes_after_its_columns, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_longer_left_column_is_read_to_its_end_first, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_standing_lines_are_read_from_the_right, begin, end),
        cmocka_unit_test_setup_teardown(test_a_gap_begins_a_paragraph, begin, end),
        cmocka_unit_test_setup_teardown(test_an_indented_line_begins_a_paragraph, begin, end),
        cmocka_unit_test_setup_teardown(test_larger_type_is_a_heading, begin, end),
        cmocka_unit_test_setup_teardown(test_markers_make_list_items, begin, end),
        cmocka_unit_test_setup_teardown(test_no_lines_make_no_blocks, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
