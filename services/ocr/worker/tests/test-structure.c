#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/page_margins.h"
#include "services/ocr/worker/page_measure.h"

enum {
    PAGE_MAX_BYTES = 16 << 20,
    LETTER_WIDTH = 10,
    LINE_HEIGHT = 20,
    WIDTH = 1000,
    HEIGHT = 1400,
};

struct drawing {
    struct page page;
    struct block *block;
};

static int begin(void **state)
{
    struct drawing *drawing = calloc(1, sizeof(*drawing));

    assert_non_null(drawing);
    page_begin(&drawing->page, arena_new(PAGE_MAX_BYTES));
    drawing->page.width = WIDTH;
    drawing->page.height = HEIGHT;
    drawing->block = page_add_block(&drawing->page);
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
    struct line *line = block_add_line(&drawing->page, drawing->block);
    struct str rest = str_of(text), token;

    assert_non_null(line);
    line->direction = DIRECTION_LEFT_TO_RIGHT;
    line->size = LINE_HEIGHT;
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

/* A paragraph of `lines` lines across the page; returns where the next line would stand. */
static int32_t draw_text(struct drawing *drawing, int32_t y, int lines)
{
    for (int i = 0; i < lines; i++, y += 30)
        draw(drawing, 50, y,
             i + 1 < lines ? "Running text fills the width of the page from one margin to the "
                             "other and on it goes"
                           : "until it ends.");
    return y;
}

static void assert_markdown(struct drawing *drawing, const char *markdown)
{
    struct status st;

    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(page_finish(&drawing->page, &st), STATUS_OK);
    assert_string_equal(drawing->page.markdown, markdown);
}

static const char paragraph[] =
    "Running text fills the width of the page from one margin to the other and on it goes\n"
    "Running text fills the width of the page from one margin to the other and on it goes\n"
    "Running text fills the width of the page from one margin to the other and on it goes\n"
    "Running text fills the width of the page from one margin to the other and on it goes\n"
    "Running text fills the width of the page from one margin to the other and on it goes\n"
    "until it ends.";

/* --- Headers and footers --- */

static void test_running_header_and_page_number_are_no_text(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 300, 50, "THE SIEGE OF VICKSBURG. 49");
    draw_text(drawing, 120, 6);
    draw(drawing, 480, 1340, "- 12 -");
    assert_markdown(drawing, paragraph);
    assert_int_equal(drawing->page.block_count, 3);
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADER);
    assert_int_equal(drawing->page.blocks[2].kind, BLOCK_FOOTER);
    assert_string_equal(drawing->page.blocks[2].text, "- 12 -");
}

static void test_small_print_at_the_foot_is_no_text(void **state)
{
    struct drawing *drawing = *state;

    draw_text(drawing, 120, 6);
    draw(drawing, 50, 1320, "Example Bank of Somewhere, account 12 34 56, tax number 7 8 9")->size =
        14;
    draw(drawing, 50, 1350, "Registered in Somewhere under number 1234")->size = 14;
    assert_markdown(drawing, paragraph);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_FOOTER);
}

static void test_small_print_in_columns_at_the_foot_is_no_text(void **state)
{
    struct drawing *drawing = *state;

    draw_text(drawing, 120, 6);
    for (int i = 0; i < 4; i++) {
        draw(drawing, 50, 1260 + 30 * i, "Example Bank 12")->size = 14;
        draw(drawing, 400, 1260 + 30 * i, "Phone 34 56")->size = 14;
        draw(drawing, 750, 1260 + 30 * i, "Tax 78 90")->size = 14;
    }
    assert_markdown(drawing, paragraph);
}

/* An engine may take the first of two heads of columns for a running header. */
static void test_heads_of_columns_stay(void **state)
{
    struct drawing *drawing = *state;

    drawing->block->kind = BLOCK_HEADER;
    draw(drawing, 50, 50, "Article 11");
    drawing->block = page_add_block(&drawing->page);
    draw(drawing, 550, 55, "Article 15");
    draw_text(drawing, 100, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    for (size_t b = 0; b < drawing->page.block_count; b++)
        assert_int_not_equal(drawing->page.blocks[b].kind, BLOCK_HEADER);
}

static void test_bold_type_at_the_top_is_a_title(void **state)
{
    struct drawing *drawing = *state;
    struct line *title = draw(drawing, 300, 50, "Form 12");

    title->is_bold = true;
    title->size = 24;
    draw_text(drawing, 120, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADING);
}

static void test_a_title_at_the_top_stays(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 300, 50, "Minutes of the meeting")->size = 36;
    draw_text(drawing, 120, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[0].level, 1);
}

static void test_the_last_line_of_a_receipt_stays(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 60, "Corner shop of the town");
    draw(drawing, 50, 300, "Paper and ink");
    draw(drawing, 700, 300, "3.40");
    draw(drawing, 50, 1350, "Total");
    draw(drawing, 880, 1350, "EUR 3.40");
    assert_true(layout_split_blocks(&drawing->page, NULL));
    for (size_t b = 0; b < drawing->page.block_count; b++) {
        assert_int_not_equal(drawing->page.blocks[b].kind, BLOCK_FOOTER);
        assert_int_not_equal(drawing->page.blocks[b].kind, BLOCK_HEADER);
    }
}

static void test_text_that_reaches_the_foot_stays(void **state)
{
    struct drawing *drawing = *state;

    draw_text(drawing, 1000, 12);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 1);
    assert_int_equal(drawing->page.blocks[0].line_count, 12);
}

/* Text that begins with a small letter goes on from the page before. */
static void test_what_stands_above_text_that_goes_on_is_a_header(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 350, 80, "Biographical Notice.");
    draw(drawing, 50, 120, "graceful, which drew respect from all men and women, and many other");
    draw_text(drawing, 150, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADER);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_PARAGRAPH);
}

static void test_a_page_number_far_from_the_foot_is_no_text(void **state)
{
    struct drawing *drawing = *state;

    draw_text(drawing, 120, 6);
    draw(drawing, 450, 1150, "1 von 2");
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 2);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_FOOTER);
}

static void test_what_stands_above_text_that_begins_is_no_header(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 350, 80, "Biographical Notice.");
    draw(drawing, 50, 120, "Graceful, which drew respect from all men and women, and many other");
    draw_text(drawing, 150, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_not_equal(drawing->page.blocks[0].kind, BLOCK_HEADER);
}

static void test_a_line_beside_a_table_is_no_margin(void **state)
{
    struct drawing *drawing = *state;
    const struct table_rules no_rules = {0};
    struct page_measure measure;

    draw_text(drawing, 120, 6);
    draw(drawing, 50, 1340, "17");
    drawing->block = page_add_block(&drawing->page);
    drawing->block->kind = BLOCK_TABLE;
    drawing->block->table = ARENA_NEW(drawing->page.arena, struct table);
    assert_non_null(drawing->block->table);
    draw(drawing, 500, 1320, "a cell");
    draw(drawing, 500, 1360, "another");
    for (size_t b = 0; b < drawing->page.block_count; b++)
        for (size_t l = 0; l < drawing->page.blocks[b].line_count; l++)
            drawing->page.blocks[b].lines[l].bbox =
                layout_line_box(&drawing->page.blocks[b].lines[l]);
    assert_true(page_measure_lines(&drawing->page, &measure));
    assert_true(page_margins_part(&drawing->page, &measure, &no_rules));
    assert_int_equal(drawing->page.block_count, 2);
    assert_int_equal(drawing->page.blocks[0].line_count, 7);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_TABLE);
}

/* --- Headings --- */

static void test_bold_numbered_and_capital_lines_are_headings(void **state)
{
    struct drawing *drawing = *state;
    int32_t y = draw_text(drawing, 120, 6);

    draw(drawing, 50, y + 30, "Additional Features")->is_bold = true;
    y = draw_text(drawing, y + 60, 6);
    draw(drawing, 50, y + 30, "2.1. Data Processing");
    y = draw_text(drawing, y + 80, 6);
    draw(drawing, 50, y + 30, "ABBREVIATIONS");
    draw_text(drawing, y + 80, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 7);
    for (size_t b = 0; b < 7; b++)
        assert_int_equal(drawing->page.blocks[b].kind, b % 2 ? BLOCK_HEADING : BLOCK_PARAGRAPH);
    assert_int_equal(drawing->page.blocks[3].level, 3);
}

static void test_lines_of_a_heading_that_were_found_apart_are_one(void **state)
{
    struct drawing *drawing = *state;
    static const char *const lines[] = {"Memories of", "Richard Feynman"};

    for (int i = 0; i < 2; i++) {
        draw(drawing, 300, 200 + 30 * i, lines[i])->size = 40;
        drawing->block = page_add_block(&drawing->page);
    }
    draw_text(drawing, 320, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 2);
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[0].line_count, 2);
}

static void test_further_lines_of_a_numbered_heading_are_part_of_it(void **state)
{
    struct drawing *drawing = *state;
    int32_t y = draw_text(drawing, 120, 6);
    static const char *const lines[] = {"8 CONCEPTS AND USER-DEFINED", "KEYWORDS"};

    for (int i = 0; i < 2; i++) {
        drawing->block = page_add_block(&drawing->page);
        draw(drawing, 50, y + 30 + 30 * i, lines[i])->is_bold = true;
    }
    drawing->block = page_add_block(&drawing->page);
    draw_text(drawing, y + 110, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[1].line_count, 2);
}

static void test_headings_right_beneath_each_other_are_several(void **state)
{
    struct drawing *drawing = *state;
    int32_t y = draw_text(drawing, 120, 6) + 40;

    draw(drawing, 50, y, "4.1 A section")->is_bold = true;
    draw(drawing, 50, y + 30, "4.2 Another section")->is_bold = true;
    draw_text(drawing, y + 100, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 4);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[2].kind, BLOCK_HEADING);
}

static void test_numbers_of_headings_that_go_on_make_no_list(void **state)
{
    struct drawing *drawing = *state;
    static const char *const headings[] = {"2. CONCLUSIONS", "3. ACKNOWLEDGEMENTS"};
    int32_t y = draw_text(drawing, 120, 6);

    for (int i = 0; i < 2; i++) {
        draw(drawing, 400, y + 40, headings[i]);
        y = draw_text(drawing, y + 100, 6);
    }
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 5);
    for (size_t b = 0; b < 5; b++)
        assert_int_equal(drawing->page.blocks[b].kind, b % 2 ? BLOCK_HEADING : BLOCK_PARAGRAPH);
}

static void test_large_letters_in_a_figure_are_a_heading(void **state)
{
    struct drawing *drawing = *state;

    drawing->block->kind = BLOCK_FIGURE;
    draw(drawing, 300, 200, "deals on wheels")->size = 60;
    drawing->block = page_add_block(&drawing->page);
    drawing->block->kind = BLOCK_FIGURE;
    draw(drawing, 300, 300, "a sign in the picture");
    drawing->block = page_add_block(&drawing->page);
    draw_text(drawing, 400, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_FIGURE);
}

static void test_a_formula_is_no_heading(void **state)
{
    struct drawing *drawing = *state;
    int32_t y = draw_text(drawing, 120, 6);

    draw(drawing, 300, y + 40, "E = m c2 + ∑ xi")->size = 2 * LINE_HEIGHT;
    y = draw_text(drawing, y + 120, 6);
    draw(drawing, 300, y + 40, "Income = what remains");
    draw_text(drawing, y + 100, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 5);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_FORMULA);
    assert_int_not_equal(drawing->page.blocks[3].kind, BLOCK_FORMULA);
}

static void test_a_bold_word_at_the_start_makes_no_heading(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 100,
         "Recognition of characters fills the width of the page from one side to the other and")
        ->is_bold = true;
    draw(drawing, 50, 130,
         "goes on with running text that fills the width of the page from one side to the oth");
    draw(drawing, 50, 160, "er side.");
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 1);
    assert_int_equal(drawing->page.blocks[0].kind, BLOCK_PARAGRAPH);
}

static void test_what_stands_under_a_picture_is_a_caption(void **state)
{
    struct drawing *drawing = *state;
    int32_t y = draw_text(drawing, 120, 6);

    draw(drawing, 50, y + 60, "Figure 3. What was found in the field after the rain.");
    draw_text(drawing, y + 150, 6);
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_CAPTION);
}

static void test_thick_strokes_are_bold(void **state)
{
    struct drawing *drawing = *state;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;
    uint8_t row[WIDTH];

    assert_int_equal(image_new(WIDTH, HEIGHT, &image, &st), STATUS_OK);
    for (int i = 0; i < 5; i++)
        draw(drawing, 50, 100 + 30 * i, "five words are in it");
    /* Stems every ten pixels: two pixels thick, in the third line four. */
    for (uint32_t y = 100; y < 250; y++) {
        for (uint32_t x = 0; x < WIDTH; x++)
            row[x] = x >= 50 && x < 250 && x % 10 < (y / 30 == 5 ? 4U : 2U) ? 0 : 255;
        image_put_row(image, y, row);
    }
    for (size_t l = 0; l < 5; l++)
        drawing->block->lines[l].bbox = layout_line_box(&drawing->block->lines[l]);
    assert_true(page_measure_mark_bold(&drawing->page, image));
    for (size_t l = 0; l < 5; l++)
        assert_int_equal(drawing->block->lines[l].is_bold, l == 2);
}

/* --- Lists --- */

static void test_numbers_and_letters_make_lists_where_they_go_on(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 100, "1. first item of the list");
    draw(drawing, 50, 130, "2. second item of it");
    draw(drawing, 50, 160, "(a) South American coati");
    draw(drawing, 50, 190, "(b) North American one");
    assert_markdown(drawing, "1. first item of the list\n2. second item of it\n"
                             "- (a) South American coati\n- (b) North American one");
}

/* Items that are set as paragraphs, with their bullets where first lines begin. */
static void test_a_paragraph_after_an_item_is_no_part_of_it(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 80, 100, "• The welfare foundation awarded money to ten");
    draw(drawing, 50, 130, "organizations and goes on to the end of the line");
    draw(drawing, 50, 160, "until the item comes to its end, as long as that");
    draw(drawing, 80, 190, "While some of these were paid for by others");
    draw(drawing, 50, 220, "the rest was not.");
    assert_true(layout_split_blocks(&drawing->page, NULL));
    assert_int_equal(drawing->page.block_count, 2);
    assert_int_equal(drawing->page.blocks[0].line_count, 3);
    assert_int_equal(drawing->page.blocks[1].kind, BLOCK_PARAGRAPH);
}

static void test_what_looks_like_a_marker_and_stands_alone_is_text(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 100, "(818) 708-8131");
    draw(drawing, 50, 130, "A. Smith is the author");
    assert_markdown(drawing, "(818) 708-8131\nA. Smith is the author");
}

static void test_bullets_that_were_misread_are_bullets(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 50, 100, "¢ one thing");
    draw(drawing, 50, 130, "¢ another thing");
    draw(drawing, 50, 160, "© one more thing");
    draw(drawing, 50, 190, "¢ the last thing");
    assert_markdown(drawing, "- one thing\n- another thing\n- one more thing\n- the last thing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_running_header_and_page_number_are_no_text),
        TEST(test_small_print_at_the_foot_is_no_text),
        TEST(test_small_print_in_columns_at_the_foot_is_no_text),
        TEST(test_heads_of_columns_stay),
        TEST(test_bold_type_at_the_top_is_a_title),
        TEST(test_a_title_at_the_top_stays),
        TEST(test_the_last_line_of_a_receipt_stays),
        TEST(test_text_that_reaches_the_foot_stays),
        TEST(test_what_stands_above_text_that_goes_on_is_a_header),
        TEST(test_a_page_number_far_from_the_foot_is_no_text),
        TEST(test_what_stands_above_text_that_begins_is_no_header),
        TEST(test_a_line_beside_a_table_is_no_margin),
        TEST(test_bold_numbered_and_capital_lines_are_headings),
        TEST(test_lines_of_a_heading_that_were_found_apart_are_one),
        TEST(test_further_lines_of_a_numbered_heading_are_part_of_it),
        TEST(test_headings_right_beneath_each_other_are_several),
        TEST(test_numbers_of_headings_that_go_on_make_no_list),
        TEST(test_large_letters_in_a_figure_are_a_heading),
        TEST(test_a_formula_is_no_heading),
        TEST(test_a_bold_word_at_the_start_makes_no_heading),
        TEST(test_what_stands_under_a_picture_is_a_caption),
        TEST(test_thick_strokes_are_bold),
        TEST(test_numbers_and_letters_make_lists_where_they_go_on),
        TEST(test_a_paragraph_after_an_item_is_no_part_of_it),
        TEST(test_what_looks_like_a_marker_and_stands_alone_is_text),
        TEST(test_bullets_that_were_misread_are_bullets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
