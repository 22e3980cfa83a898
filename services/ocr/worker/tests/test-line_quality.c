#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/line_quality.h"

enum { PAGE_MAX_BYTES = 1 << 20 };

/* A line of one word. */
static void add_line(struct page *page, struct block *block, const char *text, float confidence)
{
    struct line *line = block != NULL ? block_add_line(page, block) : NULL;
    struct word *word = line != NULL ? line_add_word(page, line) : NULL;

    assert_non_null(word);
    word->text = text;
    word->confidence = confidence;
}

/* A block of one line. */
static void add(struct page *page, const char *text, float confidence)
{
    add_line(page, page_add_block(page), text, confidence);
}

static size_t count_lines(const struct page *page)
{
    size_t count = 0;

    for (size_t b = 0; b < page->block_count; b++)
        count += page->blocks[b].line_count;
    return count;
}

static void test_words_count_by_their_letters(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);
    struct page page;
    size_t letters;

    (void)state;
    page_begin(&page, arena);
    assert_float_equal(line_quality_of_page(&page), 0, 0);
    add(&page, "abc", 0.5f);
    add(&page, "abcdefghi", 0.9f);
    add(&page, "-----------", 0.1f);
    assert_float_equal(line_quality(&page.blocks[0].lines[0], &letters), 0.5f, 1e-5f);
    assert_int_equal(letters, 3);
    assert_float_equal(line_quality(&page.blocks[2].lines[0], &letters), 0, 0);
    assert_int_equal(letters, 0);
    assert_float_equal(line_quality_of_page(&page), 0.8f, 1e-5f);
}

static void test_noise_is_dropped_from_a_good_page(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);
    struct page page;

    (void)state;
    page_begin(&page, arena);
    add(&page, "ibatani", 0.26f);
    add(&page, "Thanks for supporting local business!", 0.95f);
    add(&page, "5751628095", 0.4f);
    add(&page, "* * *", 0.2f);
    line_quality_drop_noise(&page);
    assert_int_equal(count_lines(&page), 3);
    assert_int_equal(page.blocks[0].line_count, 0);
}

static void test_a_bad_line_among_good_ones_stays(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);
    struct page page;

    (void)state;
    page_begin(&page, arena);
    add(&page, "Auf den Brutus", 0.9f);
    add_line(&page, &page.blocks[0], "Ich", 0.1f);
    line_quality_drop_noise(&page);
    assert_int_equal(count_lines(&page), 2);
}

static void test_a_page_that_is_poor_keeps_all(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);
    struct page page;

    (void)state;
    page_begin(&page, arena);
    add(&page, "dear", 0.2f);
    add(&page, "Madam", 0.6f);
    line_quality_drop_noise(&page);
    assert_int_equal(count_lines(&page), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_count_by_their_letters),
        cmocka_unit_test(test_noise_is_dropped_from_a_good_page),
        cmocka_unit_test(test_a_bad_line_among_good_ones_stays),
        cmocka_unit_test(test_a_page_that_is_poor_keeps_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
