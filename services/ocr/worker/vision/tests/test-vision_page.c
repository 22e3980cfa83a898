/* What two engines read, brought together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "services/ocr/worker/vision/vision_page.h"

enum {
    ARENA_BYTES = 64 << 20,
    /* Each word of the draft stands in a column of this width, each line in a row. */
    WORD_WIDTH = 100,
    LINE_HEIGHT = 40,
};

static int set_up(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void add_words(struct page *page, struct block *block, const char *text, int32_t row,
                      float confidence)
{
    struct line *line = block_add_line(page, block);
    struct str rest = str_of(text);
    struct str token;
    int32_t column = 0;

    assert_non_null(line);
    while (str_next_token(&rest, ' ', &token)) {
        struct word *word = line_add_word(page, line);
        assert_non_null(word);
        word->text = arena_strndup(page->arena, token.p, token.n);
        word->bbox = (struct bbox){column * WORD_WIDTH, row * LINE_HEIGHT,
                                   (column + 1) * WORD_WIDTH - 10, (row + 1) * LINE_HEIGHT - 10};
        word->confidence = confidence;
        column++;
    }
}

/* One paragraph a line. */
static struct page draft_of(struct arena *arena, const char *const *lines, float confidence)
{
    struct page page;
    struct status st;

    page_begin(&page, arena);
    page.width = 2000;
    page.height = 2000;
    page.source = TEXT_RECOGNIZED;
    for (int32_t row = 0; lines[row] != NULL; row++) {
        struct block *block = page_add_block(&page);
        assert_non_null(block);
        add_words(&page, block, lines[row], row, confidence);
    }
    assert_int_equal(page_finish(&page, &st), STATUS_OK);
    return page;
}

static const char *const letter[] = {
    "Harbour office",
    "The office opens at eignt every day",
    "and closes again at six",
    "except on the days of the fair",
    NULL,
};

static struct page make(const struct page *draft, const char *markdown)
{
    struct page page;
    struct status st;

    if (vision_page_make(draft, str_of(markdown), &page, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return page;
}

static void assert_refused(const struct page *draft, const char *markdown, const char *why)
{
    struct page page;
    struct status st = {0};

    assert_int_equal(vision_page_make(draft, str_of(markdown), &page, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.message, why);
}

static const struct word *word_at(const struct page *page, size_t block, size_t line, size_t word)
{
    assert_true(block < page->block_count);
    assert_true(line < page->blocks[block].line_count);
    assert_true(word < page->blocks[block].lines[line].word_count);
    return &page->blocks[block].lines[line].words[word];
}

static void assert_box(struct bbox box, int32_t column, int32_t row)
{
    assert_int_equal(box.x0, column * WORD_WIDTH);
    assert_int_equal(box.y0, row * LINE_HEIGHT);
    assert_int_equal(box.x1, (column + 1) * WORD_WIDTH - 10);
    assert_int_equal(box.y1, (row + 1) * LINE_HEIGHT - 10);
}

static void test_words_get_the_boxes_of_the_page(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    struct page page = make(&draft, "# Harbour office\n\nThe office opens at eight every day and "
                                    "closes again at six except on the days of the fair");

    assert_int_equal(page.block_count, 2);
    assert_int_equal(page.blocks[0].kind, BLOCK_HEADING);
    assert_int_equal(page.blocks[1].line_count, 3);
    assert_box(word_at(&page, 0, 0, 1)->bbox, 1, 0);
    assert_string_equal(word_at(&page, 1, 0, 4)->text, "eight");
    assert_box(word_at(&page, 1, 0, 4)->bbox, 4, 1);
    assert_box(word_at(&page, 1, 1, 0)->bbox, 0, 2);
    assert_box(word_at(&page, 1, 2, 6)->bbox, 6, 3);
    /* Both read it: more sure than one. Both read it differently: less. */
    assert_true(word_at(&page, 1, 0, 3)->confidence > 0.9f);
    assert_true(word_at(&page, 1, 0, 4)->confidence < 0.9f);
    assert_non_null(strstr(page.markdown, "# Harbour office\n\nThe office opens at eight"));
}

static void test_blocks_in_another_order_find_their_places(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    struct page page = make(&draft, "and closes again at six\n\nexcept on the days of the fair\n\n"
                                    "Harbour office\n\nThe office opens at eight every day");

    assert_int_equal(page.block_count, 4);
    assert_box(word_at(&page, 0, 0, 0)->bbox, 0, 2);
    assert_box(word_at(&page, 1, 0, 6)->bbox, 6, 3);
    assert_box(word_at(&page, 3, 0, 6)->bbox, 6, 1);
}

static void test_a_word_that_only_the_model_has_stands_beside_its_neighbours(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    struct page page = make(&draft, "Harbour office\n\nThe office always opens at eight every "
                                    "day and closes again at six except on the days of the fair");
    const struct word *word = word_at(&page, 1, 0, 2);

    assert_string_equal(word->text, "always");
    assert_true(word->confidence < 0.5f);
    assert_int_equal(word->bbox.y0, LINE_HEIGHT);
    assert_true(word->bbox.x0 >= 2 * WORD_WIDTH - 10 && word->bbox.x1 <= 2 * WORD_WIDTH);
}

static void test_readings_that_do_not_fit_are_refused(void **state)
{
    static const char *const nothing[] = {NULL};
    struct page draft = draft_of(*state, letter, 0.9f);
    struct page blank = draft_of(*state, nothing, 0);

    assert_refused(&draft, "", "it left out most of the page's text");
    assert_refused(&draft, "Harbour office", "it left out most of the page's text");
    assert_refused(&draft, "A summary: the text is about office hours in a port.",
                   "it left out most of the page's text");
    assert_refused(&blank, "Once upon a time", "it read text where the page shows none");
    assert_int_equal(make(&blank, "").block_count, 0);
}

static void test_text_that_was_made_up_is_refused_or_left_out(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    static const char real[] = "Harbour office\n\nThe office opens at eight every day and closes "
                               "again at six except on the days of the fair";
    static const char invented[] =
        "Shareholders approved a dividend per ordinary share, payable before midsummer.";
    char text[2000];

    (void)snprintf(text, sizeof(text), "%s\n\n%s", real, invented);
    struct page page = make(&draft, text);
    assert_null(strstr(page.text, "dividend"));
    assert_int_equal(page.warning_count, 1);
    assert_non_null(strstr(page.warnings[0], "10 words"));
    (void)snprintf(text, sizeof(text), "%s\n\n%s %s %s", real, invented, invented, invented);
    assert_refused(&draft, text, "what it read is not what the page shows");
}

/* A hand that the embedded engine can hardly read says nothing against the model. */
static void test_a_poor_draft_is_no_judge(void **state)
{
    static const char *const scrawl[] = {"Dcar Mothcr", "wc arrivcd safclv ycstcrdav", NULL};
    static const char *const noise[] = {"ij,l; |f1", "wxq zzk lIl1", NULL};
    struct page draft = draft_of(*state, scrawl, 0.55f);
    struct page page = make(&draft, "Dear Mother,\n\nwe arrived safely yesterday.");
    struct page bad = draft_of(*state, noise, 0.3f);
    struct page other = make(&bad, "Dear Mother,\n\nwe arrived safely yesterday.");

    assert_string_equal(page.text, "Dear Mother,\n\nwe arrived safely yesterday.");
    assert_box(word_at(&page, 0, 0, 1)->bbox, 1, 0);
    assert_non_null(strstr(other.text, "Dear Mother,"));
    assert_non_null(strstr(other.text, "arrived safely yesterday."));
}

static void test_a_text_layers_spelling_stands(void **state)
{
    struct page draft = draft_of(*state, letter, 1);

    draft.source = TEXT_FROM_LAYER;
    struct page page = make(&draft, "Harbour office\n\nThe office opens at eight every day and "
                                    "closes again at six except on the days of the fair");
    assert_string_equal(word_at(&page, 1, 0, 4)->text, "eignt");
}

static void test_running_titles_are_kept_apart(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    struct page page;

    draft.blocks[0].kind = BLOCK_HEADER;
    page = make(&draft, "Harbour office\n\nThe office opens at eight every day and closes again "
                        "at six except on the days of the fair");
    assert_int_equal(page.blocks[0].kind, BLOCK_HEADER);
    /* Left out by the model, as models are taught to. */
    page = make(&draft, "The office opens at eight every day and closes again at six except on "
                        "the days of the fair");
    assert_int_equal(page.block_count, 2);
    assert_int_equal(page.blocks[0].kind, BLOCK_HEADER);
    assert_string_equal(page.blocks[0].text, "Harbour office");
    assert_null(strstr(page.markdown, "Harbour"));
}

/* A picture stays; text that the embedded engine took for a part of one is not there twice. */
static void test_figures_stay_unless_they_are_text(void **state)
{
    struct page draft = draft_of(*state, letter, 0.9f);
    struct block *picture = page_add_block(&draft);

    assert_non_null(picture);
    picture->kind = BLOCK_FIGURE;
    picture->text = "";
    picture->bbox = (struct bbox){0, 1000, 500, 1500};
    draft.blocks[1].kind = BLOCK_FIGURE;
    struct page page = make(&draft, "Harbour office\n\nThe office opens at eight every day and "
                                    "closes again at six except on the days of the fair");
    assert_int_equal(page.block_count, 3);
    assert_int_equal(page.blocks[2].kind, BLOCK_FIGURE);
    assert_int_equal(page.blocks[2].bbox.y0, 1000);
}

static void test_formulas_are_blocks_with_places(void **state)
{
    static const char *const lines[] = {"The energy of a body at rest is", "E = mc?",
                                        "as has been shown by experiment", NULL};
    struct page draft = draft_of(*state, lines, 0.9f);
    struct page page = make(&draft, "The energy of a body at rest is\n\n$$E = mc^2$$\n\nas has "
                                    "been shown by experiment");

    assert_int_equal(page.block_count, 3);
    assert_int_equal(page.blocks[1].kind, BLOCK_FORMULA);
    assert_string_equal(page.blocks[1].latex, "E = mc^2");
    assert_int_equal(page.blocks[1].bbox.y0, LINE_HEIGHT);
    assert_int_equal(page.blocks[1].bbox.x1, 3 * WORD_WIDTH - 10);
    assert_non_null(strstr(page.markdown, "\n\n$$\nE = mc^2\n$$\n\n"));
}

static void test_formulas_stay_formulas_in_markdown_and_nothing_else_does(void **state)
{
    static const char *const lines[] = {"Let a_1 * b be less than $5 and *this* [sum]", NULL};
    struct page draft = draft_of(*state, lines, 0.9f);
    struct page page = make(&draft, "Let $a_1 * |b|$ be less than \\$5 and \\*this\\* [sum]");

    assert_string_equal(page.markdown,
                        "Let $a_1 * \\vert{}b\\vert{}$ be less than $5 and \\*this\\* \\[sum\\]");
    page = make(&draft, "| Let $a_1 * b$ | less than |\n|---|---|\n| \\$5 | and *this* sum |");
    assert_non_null(strstr(page.markdown, "| Let $a_1 * b$ | less than |"));
}

static void test_tables_have_cells_with_places(void **state)
{
    static const char *const lines[] = {"Item Amount Price", "Apples 12 3.40", "Pears 7 2.10",
                                        NULL};
    struct page draft = draft_of(*state, lines, 0.9f);
    struct page page = make(&draft, "| Item | Amount | Price |\n|---|---|---|\n"
                                    "| Apples | 12 | 3.40 |\n| Pears | 7 | 2.10 |");

    assert_int_equal(page.block_count, 1);
    const struct table *table = page.blocks[0].table;
    assert_int_equal(page.blocks[0].kind, BLOCK_TABLE);
    assert_int_equal(table->row_count, 3);
    assert_int_equal(table->column_count, 3);
    assert_true(table->cells[1].is_header);
    assert_string_equal(table->cells[5].text, "3.40");
    assert_box(table->cells[5].bbox, 2, 1);
    assert_string_equal(page.text, "Item\tAmount\tPrice\nApples\t12\t3.40\nPears\t7\t2.10");
    page = make(&draft, "<table><tr><th>Item</th><th colspan=9>Amount Price</th></tr>"
                        "<tr><td rowspan=50>Apples</td><td>12</td><td>3.40</td></tr>"
                        "<tr><td>Pears 7</td><td>2.10</td></tr></table>");
    table = page.blocks[0].table;
    assert_int_equal(table->row_count, 3);
    assert_int_equal(table->cells[2].row_span, 2);
    assert_string_equal(table->cells[5].text, "Pears 7");
    assert_int_equal(table->cells[5].column, 1);
    assert_non_null(strstr(page.markdown, "<td rowspan=\"2\">Apples</td>"));
}

static void test_scripts_without_spaces_keep_their_words(void **state)
{
    static const char *const lines[] = {"東京都 千代田区", "霞が関 一丁目", NULL};
    struct page draft = draft_of(*state, lines, 0.9f);
    struct page page;

    for (size_t b = 0; b < draft.block_count; b++)
        draft.blocks[b].lines[0].words[0].no_space_after = true;
    page = make(&draft, "東京都千代田区霞が関一丁目");
    assert_int_equal(page.block_count, 1);
    assert_string_equal(page.text, "東京都千代田区\n霞が関一丁目");
    assert_string_equal(word_at(&page, 0, 0, 1)->text, "千代田区");
    assert_box(word_at(&page, 0, 0, 1)->bbox, 1, 0);
    assert_box(word_at(&page, 0, 1, 0)->bbox, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_get_the_boxes_of_the_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocks_in_another_order_find_their_places, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_word_that_only_the_model_has_stands_beside_its_neighbours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_readings_that_do_not_fit_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_text_that_was_made_up_is_refused_or_left_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_poor_draft_is_no_judge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_text_layers_spelling_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_running_titles_are_kept_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_figures_stay_unless_they_are_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formulas_are_blocks_with_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_formulas_stay_formulas_in_markdown_and_nothing_else_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tables_have_cells_with_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scripts_without_spaces_keep_their_words, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
