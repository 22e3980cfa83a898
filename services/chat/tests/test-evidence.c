/* Whether a snippet stands on its page, and which boxes are its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/evidence.h"
#include "services/chat/tests/page_fixture.h"

enum {
    ARENA_BYTES = 8 << 20,
    WORD_WIDTH = 100,
    LINE_HEIGHT = 50,
    WORDS_MAX = 256,
};

typedef Ocrmesh__Document__V1__Page page_message;
typedef Ocrmesh__Document__V1__Block block_message;
typedef Ocrmesh__Document__V1__BoundingBox box_message;
typedef Ocrmesh__Document__V1__Line line_message;
typedef Ocrmesh__Document__V1__Word word_message;

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static box_message *make_box(struct arena *arena, int32_t x, int32_t y, int32_t width)
{
    box_message *box = ARENA_NEW(arena, box_message);

    ocrmesh__document__v1__bounding_box__init(box);
    box->x0 = x;
    box->y0 = y;
    box->x1 = x + width;
    box->y1 = y + LINE_HEIGHT;
    return box;
}

/* Word w of line l has the box (w * WORD_WIDTH, l * LINE_HEIGHT). */
static block_message *add_block(struct arena *arena, page_message *page, const char *text)
{
    block_message *block = fixture_block(arena, page, KIND(PARAGRAPH), text);
    struct str lines = str_of(block->text), words, token;

    block->lines = ARENA_NEW_ARRAY(arena, line_message *, WORDS_MAX);
    block->bbox = make_box(arena, 0, 0, 5000);
    while (str_next_token(&lines, '\n', &words)) {
        line_message *line = ARENA_NEW(arena, line_message);

        ocrmesh__document__v1__line__init(line);
        line->words = ARENA_NEW_ARRAY(arena, word_message *, WORDS_MAX);
        while (str_next_token(&words, ' ', &token)) {
            word_message *word = ARENA_NEW(arena, word_message);

            ocrmesh__document__v1__word__init(word);
            word->text = arena_strndup(arena, token.p, token.n);
            word->bbox = make_box(arena, (int32_t)line->n_words * WORD_WIDTH,
                                  (int32_t)block->n_lines * LINE_HEIGHT, WORD_WIDTH);
            line->words[line->n_words++] = word;
        }
        block->lines[block->n_lines++] = line;
    }
    page->text = (char *)fixture_text(arena, page);
    return block;
}

static bool find(struct arena *arena, const page_message *page, uint32_t block, const char *text,
                 struct citation *ret_citation)
{
    struct status st = {0};
    bool holds = false;

    assert_int_equal(evidence_find(page, block, str_of(text), arena, &holds, ret_citation, &st),
                     STATUS_OK);
    return holds;
}

static void assert_box(const struct citation_box *box, int32_t x0, int32_t y0, int32_t x1,
                       int32_t y1)
{
    assert_int_equal(box->x0, x0);
    assert_int_equal(box->y0, y0);
    assert_int_equal(box->x1, x1);
    assert_int_equal(box->y1, y1);
}

static void test_boxes_are_those_of_the_words_line_by_line(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 4, "en");
    struct citation citation;

    add_block(arena, page, "a heading");
    add_block(arena, page, "one two three\nfour five six\nseven");
    assert_true(find(arena, page, 1, "two three four  five\n", &citation));
    assert_int_equal(citation.page_index, 4);
    assert_int_equal(citation.block_index, 1);
    assert_int_equal(citation.snippet.n, strlen("two three four five"));
    assert_memory_equal(citation.snippet.p, "two three four five", citation.snippet.n);
    assert_int_equal(citation.box_count, 2);
    assert_box(&citation.boxes[0], WORD_WIDTH, 0, 3 * WORD_WIDTH, LINE_HEIGHT);
    assert_box(&citation.boxes[1], 0, LINE_HEIGHT, 2 * WORD_WIDTH, 2 * LINE_HEIGHT);
}

static void test_part_of_a_word_has_the_words_box(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "en");
    struct citation citation;

    add_block(arena, page, "total: 42.00, paid");
    assert_true(find(arena, page, 0, "42.00", &citation));
    assert_int_equal(citation.box_count, 1);
    assert_box(&citation.boxes[0], WORD_WIDTH, 0, 2 * WORD_WIDTH, LINE_HEIGHT);
}

static void test_cells_of_a_table_have_their_own_boxes(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "en");
    Ocrmesh__Document__V1__Table *table =
        fixture_table(arena, page, "item\tprice\nnails\t42\nscrews\t7", 1);
    struct citation citation;

    for (size_t i = 0; i < table->n_cells; i++)
        table->cells[i]->bbox = make_box(arena, (int32_t)table->cells[i]->column * WORD_WIDTH,
                                         (int32_t)table->cells[i]->row * LINE_HEIGHT, WORD_WIDTH);
    page->text = (char *)fixture_text(arena, page);
    assert_true(find(arena, page, 0, "nails 42", &citation));
    assert_int_equal(citation.box_count, 2);
    assert_box(&citation.boxes[0], 0, LINE_HEIGHT, WORD_WIDTH, 2 * LINE_HEIGHT);
    assert_box(&citation.boxes[1], WORD_WIDTH, LINE_HEIGHT, 2 * WORD_WIDTH, 2 * LINE_HEIGHT);
}

static void test_what_is_not_there_word_for_word_does_not_hold(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "en");
    struct citation citation;

    add_block(arena, page, "The total is 42 euros");
    add_block(arena, page, "and nothing else");
    assert_true(find(arena, page, 0, "total is 42", &citation));
    assert_false(find(arena, page, 0, "total is 43", &citation));
    assert_false(find(arena, page, 0, "Total is 42", &citation));
    assert_false(find(arena, page, 1, "total is 42", &citation));
    assert_false(find(arena, page, 2, "total is 42", &citation));
    assert_false(find(arena, page, 0, "euros and nothing", &citation));
    assert_false(find(arena, page, 0, "", &citation));
    /* In the block, but not in the page's text that readers see. */
    page->text = (char *)"The total is unknown";
    assert_false(find(arena, page, 0, "total is 42", &citation));
}

static void test_block_whose_words_say_something_else_gives_its_own_box(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "en");
    block_message *block = add_block(arena, page, "one two three");
    struct citation citation;

    block->lines[0]->words[0]->text = (char *)"0ne";
    assert_true(find(arena, page, 0, "two", &citation));
    assert_int_equal(citation.box_count, 1);
    assert_box(&citation.boxes[0], 0, 0, 5000, LINE_HEIGHT);
}

static void test_long_snippet_is_cut_between_characters(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "de");
    char text[SNIPPET_MAX_BYTES * 2 + 2];
    struct citation citation;

    for (size_t i = 1; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    text[0] = 'x';
    text[sizeof(text) - 1] = '\0';
    add_block(arena, page, text);
    assert_true(find(arena, page, 0, text, &citation));
    assert_int_equal(citation.snippet.n, SNIPPET_MAX_BYTES - 1);
    assert_memory_equal(citation.snippet.p, text, citation.snippet.n);
}

static void test_more_lines_than_boxes_give_the_blocks_own_box(void **state)
{
    struct arena *arena = *state;
    page_message *page = fixture_page(arena, 0, "en");
    char text[2 * (CITATION_BOXES_MAX + 1) + 1];
    struct citation citation;

    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "a\n", 2);
    text[sizeof(text) - 2] = '\0';
    add_block(arena, page, text);
    assert_true(find(arena, page, 0, text, &citation));
    assert_int_equal(citation.box_count, 1);
    assert_box(&citation.boxes[0], 0, 0, 5000, LINE_HEIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_boxes_are_those_of_the_words_line_by_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_part_of_a_word_has_the_words_box, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cells_of_a_table_have_their_own_boxes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_there_word_for_word_does_not_hold, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_block_whose_words_say_something_else_gives_its_own_box,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_snippet_is_cut_between_characters, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_more_lines_than_boxes_give_the_blocks_own_box, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
