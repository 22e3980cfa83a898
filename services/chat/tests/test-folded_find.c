#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/text/folded_find.h"

static void expect(const char *text, const char *wanted, const char *found)
{
    size_t offset, length;

    if (found == NULL) {
        assert_false(folded_find(str_of(text), str_of(wanted), &offset, &length));
        return;
    }
    assert_true(folded_find(str_of(text), str_of(wanted), &offset, &length));
    assert_int_equal(length, strlen(found));
    assert_memory_equal(text + offset, found, length);
}

static void test_any_white_space_is_as_good_as_any_other(void **state)
{
    expect("The total\n is\t42 USD.", "total is 42", "total\n is\t42");
    expect("a\u00a0b", " a b ", "a\u00a0b");
    expect("  a  ", "a", "a");
}

static void test_nothing_else_is_as_good(void **state)
{
    expect("The total is 42", "total is 43", NULL);
    expect("The total is 42", "Total", NULL);
    expect("total", "to tal", NULL);
    expect("to tal", "total", NULL);
}

static void test_the_first_place_counts(void **state)
{
    size_t offset, length;

    assert_true(folded_find(STR("\n\nab ab"), STR("ab"), &offset, &length));
    assert_int_equal(offset, 2);
    assert_int_equal(length, 2);
}

static void test_nothing_is_found_nowhere(void **state)
{
    expect("text", "", NULL);
    expect("text", " \n", NULL);
    expect("", "x", NULL);
    expect(" ", "x", NULL);
}

static void test_appending_folds(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, 64);
    assert_true(folded_append(&out, STR("\t a \n b\u3000c ")));
    assert_string_equal(out.data, "a b c");
    assert_false(folded_append(&out, (struct str){out.data, 64}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_white_space_is_as_good_as_any_other),
        cmocka_unit_test(test_nothing_else_is_as_good),
        cmocka_unit_test(test_the_first_place_counts),
        cmocka_unit_test(test_nothing_is_found_nowhere),
        cmocka_unit_test(test_appending_folds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
