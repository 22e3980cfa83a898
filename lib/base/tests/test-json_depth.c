#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/json_depth.h"

static void test_arrays_and_objects_count_wherever_they_are_closed(void **state)
{
    assert_true(json_depth_is_within(STR("7"), 0));
    assert_true(json_depth_is_within(STR("[]"), 1));
    assert_false(json_depth_is_within(STR("[]"), 0));
    assert_true(json_depth_is_within(STR("[{},[],{\"a\":[]}]"), 3));
    assert_false(json_depth_is_within(STR("[{},[],{\"a\":[]}]"), 2));
    assert_true(json_depth_is_within(STR("[][][][]"), 1));
}

static void test_brackets_in_strings_do_not_count(void **state)
{
    assert_true(json_depth_is_within(STR("\"[[[[\""), 0));
    assert_true(json_depth_is_within(STR("[\"\\\"[[\", \"{\"]"), 1));
    assert_false(json_depth_is_within(STR("[\"\\\\\",[]]"), 1));
}

static void test_text_that_is_no_json_is_gone_through(void **state)
{
    assert_true(json_depth_is_within(STR(""), 0));
    assert_true(json_depth_is_within(STR("]]]]"), 0));
    assert_true(json_depth_is_within(STR("\"\\"), 0));
    assert_false(json_depth_is_within(STR("[[[["), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_and_objects_count_wherever_they_are_closed),
        cmocka_unit_test(test_brackets_in_strings_do_not_count),
        cmocka_unit_test(test_text_that_is_no_json_is_gone_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
