#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/page_message.h"

enum { PAGE_MAX_BYTES = 1 << 20 };

static int begin(void **state)
{
    struct page *page = calloc(1, sizeof(*page));

    assert_non_null(page);
    page_begin(page, arena_new(PAGE_MAX_BYTES));
    page->width = 100;
    page->height = 100;
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

static struct word *add_word(struct page *page, struct line *line, const char *text,
                             struct bbox box, float confidence)
{
    struct word *word = line_add_word(page, line);

    assert_non_null(word);
    *word = (struct word){.text = text, .bbox = box, .confidence = confidence};
    return word;
}

static struct line *add_line(struct page *page, block_kind kind)
{
    struct block *block = page_add_block(page);

    assert_non_null(block);
    block->kind = kind;
    struct line *line = block_add_line(page, block);
    assert_non_null(line);
    return line;
}

static void finish(struct page *page)
{
    struct status st;

    assert_int_equal(page_finish(page, &st), STATUS_OK);
}

static void test_texts_and_boxes_follow_from_words(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_PARAGRAPH);

    add_word(page, line, "two", (struct bbox){10, 10, 20, 15}, 1);
    add_word(page, line, "words", (struct bbox){25, 8, 40, 16}, 1);
    add_word(page, add_line(page, BLOCK_PARAGRAPH), "next", (struct bbox){10, 30, 20, 40}, 1);
    finish(page);
    assert_string_equal(page->text, "two words\n\nnext");
    assert_string_equal(page->blocks[0].text, "two words");
    assert_int_equal(page->blocks[0].bbox.x0, 10);
    assert_int_equal(page->blocks[0].bbox.y0, 8);
    assert_int_equal(page->blocks[0].bbox.x1, 40);
    assert_int_equal(page->blocks[0].bbox.y1, 16);
}

static void test_confidence_is_weighed_by_characters(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_PARAGRAPH);

    /* (1 x 1.0 + 3 x 0.6) / 4 */
    add_word(page, line, "a", (struct bbox){0, 0, 5, 5}, 1);
    add_word(page, line, "bcd", (struct bbox){10, 0, 20, 5}, 0.6f);
    finish(page);
    assert_float_equal(page->mean_confidence, 0.7f, 1e-6f);
    assert_float_equal(page->blocks[0].lines[0].confidence, 0.7f, 1e-6f);
}

static void test_boxes_are_cut_to_the_page_and_confidences_to_0_to_1(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_PARAGRAPH);

    add_word(page, line, "out", (struct bbox){-5, 90, 300, 400}, 7);
    add_word(page, line, "beyond", (struct bbox){500, 500, 600, 600}, -1);
    finish(page);
    const struct word *words = page->blocks[0].lines[0].words;
    assert_int_equal(words[0].bbox.x0, 0);
    assert_int_equal(words[0].bbox.x1, 100);
    assert_int_equal(words[0].bbox.y1, 100);
    assert_true(words[0].confidence <= 1);
    assert_int_equal(words[1].bbox.x1, 100);
    assert_int_equal(words[1].bbox.x0, 99);
    assert_true(words[1].confidence >= 0);
}

static void test_words_without_text_leave_nothing(void **state)
{
    struct page *page = *state;

    add_word(page, add_line(page, BLOCK_PARAGRAPH), "", (struct bbox){0, 0, 5, 5}, 1);
    finish(page);
    assert_int_equal(page->block_count, 0);
    assert_string_equal(page->text, "");
    assert_true(page->mean_confidence == 0);
}

static void test_words_without_space_between_are_joined(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_PARAGRAPH);

    add_word(page, line, "港", (struct bbox){0, 0, 5, 5}, 1)->no_space_after = true;
    add_word(page, line, "口", (struct bbox){5, 0, 10, 5}, 1);
    add_word(page, line, "ok", (struct bbox){15, 0, 20, 5}, 1);
    finish(page);
    assert_string_equal(page->text, "港口 ok");
}

/* CommonMark 0.30 §2.4: a backslash before ASCII punctuation makes it literal. */
static void test_markdown_shows_kinds_and_escapes_text(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_HEADING);
    struct block *block;

    page->blocks[0].level = 2;
    add_word(page, line, "Terms", (struct bbox){0, 0, 5, 5}, 1);
    line = add_line(page, BLOCK_PARAGRAPH);
    add_word(page, line, "*not*", (struct bbox){0, 10, 5, 15}, 1);
    add_word(page, line, "<b>bold", (struct bbox){6, 10, 9, 15}, 1);
    line = add_line(page, BLOCK_PARAGRAPH);
    add_word(page, line, "#", (struct bbox){0, 20, 5, 25}, 1);
    add_word(page, line, "hash", (struct bbox){6, 20, 9, 25}, 1);
    line = add_line(page, BLOCK_LIST_ITEM);
    block = &page->blocks[page->block_count - 1];
    block->list_marker = "1.";
    add_word(page, line, "1.", (struct bbox){0, 30, 5, 35}, 1);
    add_word(page, line, "item", (struct bbox){6, 30, 9, 35}, 1);
    add_word(page, add_line(page, BLOCK_FOOTER), "7", (struct bbox){0, 90, 5, 95}, 1);
    finish(page);
    assert_string_equal(page->markdown, "## Terms\n\n\\*not\\* \\<b>bold\n\n\\# hash\n\n1. item");
}

/* For Markdown the end of a line is a space, in a word too. */
static void test_markdown_puts_divided_words_together(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_PARAGRAPH);

    add_word(page, line, "preven-", (struct bbox){0, 0, 40, 5}, 1);
    line = block_add_line(page, &page->blocks[0]);
    add_word(page, line, "tion of well-", (struct bbox){0, 6, 40, 11}, 1);
    line = block_add_line(page, &page->blocks[0]);
    add_word(page, line, "known Jean-", (struct bbox){0, 12, 40, 17}, 1);
    line = block_add_line(page, &page->blocks[0]);
    add_word(page, line, "Paul, well-known, -", (struct bbox){0, 18, 40, 23}, 1);
    line = block_add_line(page, &page->blocks[0]);
    add_word(page, line, "2", (struct bbox){0, 24, 40, 29}, 1);
    finish(page);
    assert_string_equal(page->markdown, "prevention of well-known Jean-Paul, well-known, -\n2");
}

static void test_message_carries_what_the_page_holds(void **state)
{
    struct page *page = *state;
    struct line *line = add_line(page, BLOCK_HEADING);

    page->index = 3;
    page->dpi = 300;
    page->rotation = 90;
    page->language = "de";
    page->source = TEXT_FROM_LAYER;
    page->blocks[0].level = 1;
    add_word(page, line, "Hafen", (struct bbox){1, 2, 3, 4}, 0.5f);
    page_warn(page, "%d words were left out", 4);
    finish(page);
    Ocrmesh__Document__V1__Page *message = page_message_make(page, page->arena);
    assert_non_null(message);

    /* As it arrives. */
    uint8_t bytes[1024];
    size_t size = protobuf_c_message_pack(&message->base, bytes);
    Ocrmesh__Document__V1__Page *copy = ocrmesh__document__v1__page__unpack(NULL, size, bytes);
    assert_non_null(copy);
    assert_int_equal(copy->index, 3);
    assert_int_equal(copy->rotation, 90);
    assert_string_equal(copy->language, "de");
    assert_string_equal(copy->text, "Hafen");
    assert_string_equal(copy->markdown, "# Hafen");
    assert_int_equal(copy->text_source, OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_TEXT_LAYER);
    assert_int_equal(copy->n_warnings, 1);
    assert_string_equal(copy->warnings[0], "4 words were left out");
    assert_int_equal(copy->n_blocks, 1);
    assert_int_equal(copy->blocks[0]->kind, OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING);
    assert_int_equal(copy->blocks[0]->n_lines, 1);
    const Ocrmesh__Document__V1__Word *word = copy->blocks[0]->lines[0]->words[0];
    assert_string_equal(word->text, "Hafen");
    assert_int_equal(word->bbox->x1, 3);
    assert_float_equal(word->confidence, 0.5f, 0);
    ocrmesh__document__v1__page__free_unpacked(copy, NULL);
}

static void test_full_arena_is_an_error_and_no_crash(void **state)
{
    struct page *page = *state;
    struct status st;

    add_word(page, add_line(page, BLOCK_PARAGRAPH), "word", (struct bbox){0, 0, 5, 5}, 1);
    while (arena_alloc(page->arena, 1) != NULL)
        ;
    assert_int_equal(page_finish(page, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "PAGE_TOO_LARGE");
    assert_null(page_message_make(page, page->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts_and_boxes_follow_from_words, begin, end),
        cmocka_unit_test_setup_teardown(test_confidence_is_weighed_by_characters, begin, end),
        cmocka_unit_test_setup_teardown(test_boxes_are_cut_to_the_page_and_confidences_to_0_to_1,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_words_without_text_leave_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_words_without_space_between_are_joined, begin, end),
        cmocka_unit_test_setup_teardown(test_markdown_shows_kinds_and_escapes_text, begin, end),
        cmocka_unit_test_setup_teardown(test_markdown_puts_divided_words_together, begin, end),
        cmocka_unit_test_setup_teardown(test_message_carries_what_the_page_holds, begin, end),
        cmocka_unit_test_setup_teardown(test_full_arena_is_an_error_and_no_crash, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
