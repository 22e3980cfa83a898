#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <cmocka.h>

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/tables.h"

enum {
    PAGE_MAX_BYTES = 256 << 20,
    LETTER_WIDTH = 10,
    LINE_HEIGHT = 20,
    WIDTH = 1000,
    HEIGHT = 1400,
    RULE = 2, /* pixels */
};

struct drawing {
    struct page page;
    struct block *block;
    struct image *image;
};

static int begin(void **state)
{
    struct drawing *drawing = calloc(1, sizeof(*drawing));
    struct status st;

    assert_non_null(drawing);
    page_begin(&drawing->page, arena_new(PAGE_MAX_BYTES));
    drawing->page.width = WIDTH;
    drawing->page.height = HEIGHT;
    drawing->block = page_add_block(&drawing->page);
    assert_int_equal(image_new(WIDTH, HEIGHT, &drawing->image, &st), STATUS_OK);
    *state = drawing;
    return 0;
}

static int end(void **state)
{
    struct drawing *drawing = *state;

    image_free(drawing->image);
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

static void rule(struct drawing *drawing, int32_t x0, int32_t y0, int32_t x1, int32_t y1)
{
    uint8_t row[WIDTH];

    for (int32_t y = y0; y < y1; y++) {
        for (int32_t x = 0; x < WIDTH; x++)
            row[x] = x >= x0 && x < x1 ? 0 : image_get(drawing->image, (uint32_t)x, (uint32_t)y);
        image_put_row(drawing->image, (uint32_t)y, row);
    }
}

static void rule_across(struct drawing *drawing, int32_t y, int32_t x0, int32_t x1)
{
    rule(drawing, x0, y, x1 + RULE, y + RULE);
}

static void rule_down(struct drawing *drawing, int32_t x, int32_t y0, int32_t y1)
{
    rule(drawing, x, y0, x + RULE, y1 + RULE);
}

/* Rules `width` and `height` apart from (100, 100) on, around so many columns and rows. */
static void rule_grid(struct drawing *drawing, int columns, int32_t width, int rows, int32_t height)
{
    for (int i = 0; i <= rows; i++)
        rule_across(drawing, 100 + height * i, 100, 100 + width * columns);
    for (int i = 0; i <= columns; i++)
        rule_down(drawing, 100 + width * i, 100, 100 + height * rows);
}

static void finish(struct drawing *drawing)
{
    struct status st;

    assert_true(layout_split_blocks(&drawing->page, drawing->image));
    assert_int_equal(page_finish(&drawing->page, &st), STATUS_OK);
}

static void assert_no_table(struct drawing *drawing)
{
    finish(drawing);
    for (size_t b = 0; b < drawing->page.block_count; b++)
        assert_null(drawing->page.blocks[b].table);
}

static void assert_markdown(struct drawing *drawing, const char *markdown)
{
    finish(drawing);
    assert_string_equal(drawing->page.markdown, markdown);
}

static void test_lines_both_ways_make_cells(void **state)
{
    struct drawing *drawing = *state;

    rule_grid(drawing, 2, 300, 3, 50);
    draw(drawing, 120, 40, "Prices of the week");
    draw(drawing, 120, 115, "Item");
    draw(drawing, 420, 115, "Price in euros");
    draw(drawing, 120, 165, "Paper that is white");
    draw(drawing, 420, 165, "12");
    draw(drawing, 120, 215, "Ink");
    draw(drawing, 420, 215, "3|4");
    assert_markdown(drawing, "Prices of the week\n\n"
                             "| Item | Price in euros |\n"
                             "| --- | --- |\n"
                             "| Paper that is white | 12 |\n"
                             "| Ink | 3\\|4 |");
    const struct table *table = drawing->page.blocks[1].table;
    assert_int_equal(table->row_count, 3);
    assert_int_equal(table->column_count, 2);
    assert_true(table->cells[0].is_header && !table->cells[2].is_header);
    assert_string_equal(drawing->page.blocks[1].text,
                        "Item\tPrice in euros\nPaper that is white\t12\nInk\t3|4");
}

static void test_a_line_read_across_a_rule_is_two_cells(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i <= 2; i++)
        rule_across(drawing, 100 + 50 * i, 100, 400);
    for (int i = 0; i <= 2; i++)
        rule_down(drawing, 100 + 105 * i, 100, 200);
    /* The rule at 205 stands between both words, and was read as a bar in the second row. */
    draw(drawing, 160, 115, "Left Right");
    draw(drawing, 160, 165, "12 | 13");
    assert_markdown(drawing, "| Left | Right |\n| --- | --- |\n| 12 | 13 |");
}

static void test_a_missing_rule_joins_cells(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i <= 3; i++)
        rule_across(drawing, 100 + 50 * i, 100, 700);
    rule_down(drawing, 100, 100, 250);
    rule_down(drawing, 400, 150, 250); /* not in the first row */
    rule_down(drawing, 700, 100, 250);
    draw(drawing, 300, 115, "<Both> columns");
    draw(drawing, 120, 165, "a & b");
    draw(drawing, 420, 165, "c");
    draw(drawing, 120, 215, "d");
    draw(drawing, 420, 215, "e");
    assert_markdown(drawing, "<table>\n"
                             "<tr><th colspan=\"2\">&lt;Both&gt; columns</th></tr>\n"
                             "<tr><td>a &amp; b</td><td>c</td></tr>\n"
                             "<tr><td>d</td><td>e</td></tr>\n"
                             "</table>");
}

static void test_strips_between_light_letters_are_no_lines(void **state)
{
    struct drawing *drawing = *state;
    struct table_rules rules;

    rule(drawing, 100, 100, 700, 140);
    for (int x = 110; x < 690; x += 20)
        for (int y = 106; y < 134; y++) {
            uint8_t row[WIDTH];
            for (int i = 0; i < WIDTH; i++)
                row[i] = i >= x && i < x + 12 ? 255
                                              : image_get(drawing->image, (uint32_t)i, (uint32_t)y);
            image_put_row(drawing->image, (uint32_t)y, row);
        }
    rule_down(drawing, 800, 100, 400);
    assert_true(table_rules_find(drawing->image, LINE_HEIGHT, drawing->page.arena, &rules));
    assert_int_equal(rules.down_count, 1);
    assert_int_equal(rules.down[0].at, 801);
}

static void test_a_frame_around_text_is_no_table(void **state)
{
    struct drawing *drawing = *state;

    rule_across(drawing, 80, 40, 900);
    rule_across(drawing, 300, 40, 900);
    rule_down(drawing, 40, 80, 300);
    rule_down(drawing, 900, 80, 300);
    draw(drawing, 60, 100, "A box holds a paragraph of text that is set apart from the rest");
    draw(drawing, 60, 130, "of the page and goes on over some lines until it comes to its");
    draw(drawing, 60, 160, "end.");
    assert_markdown(drawing, "A box holds a paragraph of text that is set apart from the rest\n"
                             "of the page and goes on over some lines until it comes to its\n"
                             "end.");
}

static void test_numbers_in_columns_are_a_table(void **state)
{
    static const char *const names[] = {"Lake", "Lapeer", "Macomb"};
    static const char *const first[] = {"16", "36", "253"};
    static const char *const second[] = {"8", "13", "75"};
    struct drawing *drawing = *state;

    draw(drawing, 60, 60, "County");
    draw(drawing, 300, 60, "Total");
    draw(drawing, 400, 60, "Abuse");
    draw(drawing, 400, 85, "only"); /* the head's second line */
    for (int i = 0; i < 3; i++) {
        draw(drawing, 60, 120 + 30 * i, names[i]);
        draw(drawing, 310, 120 + 30 * i, first[i]);
        draw(drawing, 410, 120 + 30 * i, second[i]);
    }
    assert_markdown(drawing, "| County | Total | Abuse only |\n"
                             "| --- | --- | --- |\n"
                             "| Lake | 16 | 8 |\n"
                             "| Lapeer | 36 | 13 |\n"
                             "| Macomb | 253 | 75 |");
}

static void test_a_head_over_two_columns_spans_them(void **state)
{
    struct drawing *drawing = *state;

    draw(drawing, 300, 60, "1990 and the years");
    for (int i = 0; i < 4; i++) {
        draw(drawing, 60, 90 + 30 * i, i == 0 ? "Name" : "Row");
        draw(drawing, 300, 90 + 30 * i, i == 0 ? "Men" : "12");
        draw(drawing, 420, 90 + 30 * i, i == 0 ? "Women" : "13");
    }
    struct line *note = draw(drawing, 60, 60, "Year");
    assert_non_null(note);
    finish(drawing);
    const struct table *table = drawing->page.blocks[0].table;
    assert_non_null(table);
    assert_int_equal(table->column_count, 3);
    assert_int_equal(table->cells[1].column_span, 2);
    assert_string_equal(table->cells[1].text, "1990 and the years");
}

static void test_columns_of_text_are_no_table(void **state)
{
    struct drawing *drawing = *state;

    for (int i = 0; i < 6; i++) {
        draw(drawing, 40, 60 + 30 * i, "some words of the left");
        draw(drawing, 350, 60 + 30 * i, "and some of the middle");
        draw(drawing, 660, 60 + 30 * i, "and the right one too");
    }
    assert_no_table(drawing);
}

static void test_a_list_is_no_table(void **state)
{
    static const char *const markers[] = {"1.", "2.", "3.", "4."};
    struct drawing *drawing = *state;

    for (int i = 0; i < 4; i++) {
        draw(drawing, 40, 60 + 30 * i, markers[i]);
        draw(drawing, 140, 60 + 30 * i, "1990");
    }
    assert_no_table(drawing);
}

static void test_a_region_of_the_engine_is_a_table_of_words(void **state)
{
    static const struct page_region region = {{20, 40, 980, 200}, BLOCK_TABLE, 0.9f};
    static const char *const rows[][2] = {{"Name", "City"}, {"Ann", "Paris"}, {"Bob", "Rome"}};
    struct drawing *drawing = *state;

    drawing->page.regions = &region;
    drawing->page.region_count = 1;
    for (int i = 0; i < 3; i++) {
        draw(drawing, 40, 60 + 30 * i, rows[i][0]);
        draw(drawing, 340, 60 + 30 * i, rows[i][1]);
    }
    assert_markdown(drawing, "| Name | City |\n| --- | --- |\n| Ann | Paris |\n| Bob | Rome |");
}

static void test_a_page_of_text_that_the_engine_takes_for_a_table_is_none(void **state)
{
    static const struct page_region region = {{0, 0, WIDTH, HEIGHT}, BLOCK_TABLE, 0.8f};
    struct drawing *drawing = *state;

    drawing->page.regions = &region;
    drawing->page.region_count = 1;
    for (int i = 0; i < 36; i++) {
        draw(drawing, 40, 60 + 30 * i, i % 3 ? "goes on from the line above" : "Some text");
        draw(drawing, 540, 60 + 30 * i, i % 4 ? "and so does the column" : "Another text");
    }
    assert_no_table(drawing);
}

static void test_labels_of_a_figure_are_no_table(void **state)
{
    struct drawing *drawing = *state;

    drawing->block->kind = BLOCK_FIGURE;
    for (int i = 0; i < 4; i++) {
        draw(drawing, 40, 60 + 60 * i, "10");
        draw(drawing, 340, 60 + 60 * i, "100");
        draw(drawing, 640, 60 + 60 * i, "1000");
    }
    assert_no_table(drawing);
}

static void test_a_frame_with_a_word_a_row_is_no_table(void **state)
{
    static const char *const words[] = {"Cost", "of", "living"};
    struct drawing *drawing = *state;

    rule_grid(drawing, 2, 300, 3, 50);
    for (int i = 0; i < 3; i++)
        draw(drawing, i == 1 ? 420 : 120, 115 + 50 * i, words[i]);
    assert_no_table(drawing);
}

/* Of cells of two lines, the lines stand above and beneath those of cells of one line. */
static void test_lines_around_the_middle_of_a_row_are_of_that_row(void **state)
{
    static const char *const rows[][2] = {{"Vermont", "1996"}, {"Berkeley", "1998"}};
    struct drawing *drawing = *state;

    draw(drawing, 60, 60, "Place");
    draw(drawing, 300, 60, "Year");
    draw(drawing, 500, 60, "Field");
    for (int i = 0; i < 2; i++) {
        draw(drawing, 60, 120 + 70 * i, rows[i][0]);
        draw(drawing, 300, 120 + 70 * i, rows[i][1]);
        draw(drawing, 500, 106 + 70 * i, "Public");
        draw(drawing, 500, 134 + 70 * i, "Health");
    }
    draw(drawing, 60, 250, "Boston");
    draw(drawing, 300, 250, "1990");
    draw(drawing, 500, 250, "Physics");
    assert_markdown(drawing, "| Place | Year | Field |\n"
                             "| --- | --- | --- |\n"
                             "| Vermont | 1996 | Public Health |\n"
                             "| Berkeley | 1998 | Public Health |\n"
                             "| Boston | 1990 | Physics |");
}

static void test_columns_from_the_right_are_numbered_from_there(void **state)
{
    struct drawing *drawing = *state;

    rule_grid(drawing, 2, 300, 2, 50);
    const struct {
        int32_t x, y;
        const char *text;
    } cells[] = {{420, 115, "א"}, {120, 115, "ב"}, {420, 165, "ג"}, {120, 165, "ד"}};
    for (size_t i = 0; i < ARRAY_LENGTH(cells); i++)
        draw(drawing, cells[i].x, cells[i].y, cells[i].text)->direction = DIRECTION_RIGHT_TO_LEFT;
    assert_markdown(drawing, "| א | ב |\n| --- | --- |\n| ג | ד |");
}

/* What GitHub's own reader makes of the page's Markdown. */
static char *html_of(const char *markdown)
{
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_DEFAULT);
    cmark_syntax_extension *tables = cmark_find_syntax_extension("table");

    assert_non_null(parser);
    assert_non_null(tables);
    assert_true(cmark_parser_attach_syntax_extension(parser, tables));
    cmark_parser_feed(parser, markdown, strlen(markdown));
    cmark_node *document = cmark_parser_finish(parser);
    char *html =
        cmark_render_html(document, CMARK_OPT_UNSAFE, cmark_parser_get_syntax_extensions(parser));
    cmark_node_free(document);
    cmark_parser_free(parser);
    assert_non_null(html);
    return html;
}

static void test_a_reader_of_markdown_sees_the_cells(void **state)
{
    struct drawing *drawing = *state;

    rule_grid(drawing, 2, 300, 3, 50);
    draw(drawing, 120, 115, "# no heading");
    draw(drawing, 420, 115, "*not* _bold_");
    draw(drawing, 120, 165, "a|b \\ c");
    draw(drawing, 420, 165, "<b>&amp;</b>");
    draw(drawing, 120, 215, "- `x`");
    finish(drawing);
    char *html = html_of(drawing->page.markdown);
    assert_string_equal(html, "<table>\n<thead>\n<tr>\n<th># no heading</th>\n"
                              "<th>*not* _bold_</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
                              "<td>a|b \\ c</td>\n<td>&lt;b&gt;&amp;amp;&lt;/b&gt;</td>\n</tr>\n"
                              "<tr>\n<td>- `x`</td>\n<td></td>\n</tr>\n</tbody>\n</table>\n");
    free(html);
}

/* What a hostile page may hold costs no more than sorting it, and loses no word. */
static void test_no_word_of_a_hostile_page_is_lost(void **state)
{
    enum { WORDS = 100 * 1000, PER_LINE = 25 };
    struct drawing *drawing = *state;
    size_t words = 0;

    for (int i = 0; i <= 300; i++)
        rule_across(drawing, 4 * i, 0, WIDTH - RULE);
    for (int i = 0; i <= 60; i++)
        rule_down(drawing, 16 * i, 0, HEIGHT - RULE);
    for (int i = 0; i < WORDS / PER_LINE; i++) {
        char text[PER_LINE * 2 + 1];
        for (int w = 0; w < PER_LINE; w++)
            (void)snprintf(text + 2 * w, sizeof(text) - 2 * (size_t)w, "%d%s", (i + w) % 10,
                           w + 1 < PER_LINE ? " " : "");
        draw(drawing, i * 37 % 500, i * 101 % (HEIGHT - 30), text);
    }
    struct table_rules rules;
    assert_true(table_rules_find(drawing->image, LINE_HEIGHT, drawing->page.arena, &rules));
    assert_true(tables_take_from_page(&drawing->page, LINE_HEIGHT, &rules));
    for (size_t b = 0; b < drawing->page.block_count; b++)
        for (size_t l = 0; l < drawing->page.blocks[b].line_count; l++)
            words += drawing->page.blocks[b].lines[l].word_count;
    assert_int_equal(words, WORDS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines_both_ways_make_cells),
        TEST(test_a_line_read_across_a_rule_is_two_cells),
        TEST(test_a_missing_rule_joins_cells),
        TEST(test_strips_between_light_letters_are_no_lines),
        TEST(test_a_frame_around_text_is_no_table),
        TEST(test_numbers_in_columns_are_a_table),
        TEST(test_a_head_over_two_columns_spans_them),
        TEST(test_columns_of_text_are_no_table),
        TEST(test_a_list_is_no_table),
        TEST(test_a_region_of_the_engine_is_a_table_of_words),
        TEST(test_a_page_of_text_that_the_engine_takes_for_a_table_is_none),
        TEST(test_labels_of_a_figure_are_no_table),
        TEST(test_a_frame_with_a_word_a_row_is_no_table),
        TEST(test_lines_around_the_middle_of_a_row_are_of_that_row),
        TEST(test_columns_from_the_right_are_numbered_from_there),
        TEST(test_a_reader_of_markdown_sees_the_cells),
        TEST(test_no_word_of_a_hostile_page_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
