#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/range.h"
#include "lib/base/cleanup.h"

/* RFC 9110 §14.1.2, with a representation of 10,000 bytes. */
static void test_the_examples_of_the_standard_are_resolved(void **state)
{
    static const struct {
        const char *value;
        int64_t first, length;
    } cases[] = {
        {"bytes=0-499", 0, 500},    {"bytes=500-999", 500, 500},
        {"bytes=-500", 9500, 500},  {"bytes=9500-", 9500, 500},
        {"bytes=0-0", 0, 1},        {"bytes=-1", 9999, 1},
        {"bytes=0-", 0, 10000},     {"bytes=9999-20000", 9999, 1},
        {"bytes=-20000", 0, 10000}, {"Bytes=0-499", 0, 500},
        {"bytes= 0-499 ", 0, 500},  {"bytes=1-99999999999999999999999", 1, 9999},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct range range;
        int64_t first, length;

        assert_true(range_parse(str_of(cases[i].value), &range));
        assert_true(range_resolve(&range, 10000, &first, &length));
        assert_int_equal(first, cases[i].first);
        assert_int_equal(length, cases[i].length);
    }
}

static void test_what_lies_beyond_the_end_is_not_satisfiable(void **state)
{
    static const struct {
        const char *value;
        int64_t size;
    } cases[] = {{"bytes=10000-", 10000}, {"bytes=10000-10001", 10000},
                 {"bytes=-0", 10000},     {"bytes=0-", 0},
                 {"bytes=-5", 0},         {"bytes=99999999999999999999-", 10000}};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct range range;
        int64_t first, length;

        assert_true(range_parse(str_of(cases[i].value), &range));
        assert_false(range_resolve(&range, cases[i].size, &first, &length));
    }
}

static void test_other_units_several_ranges_and_nonsense_are_passed_over(void **state)
{
    static const char *const values[] = {
        "",           "bytes",      "bytes=",        "bytes=-",     "bytes=5-4", "bytes=a-b",
        "bytes=1",    "pages=0-1",  "bytes=0-1,5-6", "bytes=0-1,",  "bytes=--5", "bytes=+1-5",
        "bytes=1-5x", "bytes=1 -5", "0-499",         "bytes:0-499",
    };
    struct range range;

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
        assert_false(range_parse(str_of(values[i]), &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_examples_of_the_standard_are_resolved),
        cmocka_unit_test(test_what_lies_beyond_the_end_is_not_satisfiable),
        cmocka_unit_test(test_other_units_several_ranges_and_nonsense_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
