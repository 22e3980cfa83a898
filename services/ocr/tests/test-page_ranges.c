#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "services/ocr/page_ranges.h"

static struct arena *arena;

static void assert_selects(const char *ranges, int32_t page_count, const char *expected)
{
    struct status st;
    const int32_t *indexes;
    size_t count;
    char text[200] = "";

    assert_int_equal(page_ranges_select(str_of(ranges), page_count, arena, &indexes, &count, &st),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++)
        sprintf(text + strlen(text), "%s%d", i > 0 ? " " : "", indexes[i]);
    assert_string_equal(text, expected);
}

static void assert_refused(const char *ranges, int32_t page_count)
{
    struct status st;
    const int32_t *indexes;
    size_t count;

    assert_int_equal(page_ranges_select(str_of(ranges), page_count, arena, &indexes, &count, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "INVALID_FIELD");
    assert_string_equal(st.field, "page_ranges");
}

static void test_empty_selects_every_page(void **state)
{
    assert_selects("", 3, "0 1 2");
    assert_selects("  ", 2, "0 1");
}

/* The contract's own example (api.md B17). */
static void test_ranges_count_from_one_and_from_the_end(void **state)
{
    assert_selects("1-3,7,-1", 10, "0 1 2 6 9");
    assert_selects("-2-", 5, "3 4");
    assert_selects("2--2", 5, "1 2 3");
    assert_selects(" 4 - 5 , 1", 5, "0 3 4");
}

static void test_pages_named_twice_are_read_once(void **state)
{
    assert_selects("2,1-3,2,-2", 4, "0 1 2");
}

static void test_what_the_file_does_not_have_is_refused(void **state)
{
    assert_refused("4", 3);
    assert_refused("-4", 3);
    assert_refused("1-4", 3);
}

static void test_malformed_selections_are_refused(void **state)
{
    static const char *const malformed[] = {
        "0", "x", "1-x", "1,,2", "1;2", "3-1", "-", "--", "1-2-3", "99999999999999999999", ","};

    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++)
        assert_refused(malformed[i], 3);
}

static void test_the_form_is_checked_without_a_page_count(void **state)
{
    struct status st;

    assert_int_equal(page_ranges_check(STR("1-3,7,-1"), &st), STATUS_OK);
    assert_int_equal(page_ranges_check(STR("one"), &st), STATUS_INVALID_ARGUMENT);
}

static int set_up(void **state)
{
    arena = arena_new(1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_selects_every_page),
        cmocka_unit_test(test_ranges_count_from_one_and_from_the_end),
        cmocka_unit_test(test_pages_named_twice_are_read_once),
        cmocka_unit_test(test_what_the_file_does_not_have_is_refused),
        cmocka_unit_test(test_malformed_selections_are_refused),
        cmocka_unit_test(test_the_form_is_checked_without_a_page_count),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
