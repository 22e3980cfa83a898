/* One cookie out of the Cookie field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bridge/http/cookie.h"

static void assert_found(const char *field, const char *name, const char *expected)
{
    struct str value;

    if (!cookie_find(str_of(field), str_of(name), &value))
        fail_msg("no %s in '%s'", name, field);
    if (!str_equal(value, str_of(expected)))
        fail_msg("%s is '%.*s' in '%s'", name, (int)value.n, value.p, field);
}

static void assert_missing(const char *field, const char *name)
{
    struct str value;

    assert_false(cookie_find(str_of(field), str_of(name), &value));
}

/* RFC 6265 §3.1's example. */
static void test_a_cookie_is_found_among_others(void **state)
{
    assert_found("SID=31d4d96e407aad42; lang=en-US", "SID", "31d4d96e407aad42");
    assert_found("SID=31d4d96e407aad42; lang=en-US", "lang", "en-US");
    assert_found("a=1;b=2", "b", "2");
    assert_found("a=b=c; d=e", "a", "b=c");
    assert_found("a=", "a", "");
}

static void test_quotes_are_taken_off_in_pairs(void **state)
{
    assert_found("a=\"x\"", "a", "x");
    assert_found("a=\"x", "a", "\"x");
    assert_found("a=\"", "a", "\"");
}

static void test_the_first_of_two_counts(void **state)
{
    assert_found("a=first; a=second", "a", "first");
}

static void test_near_misses_are_no_hits(void **state)
{
    assert_missing("", "a");
    assert_missing("a", "a");
    assert_missing("A=1", "a");
    assert_missing("aa=1; xa=2", "a");
    assert_missing("b=a=1", "a");
    assert_missing("b=\"; c=1", "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cookie_is_found_among_others),
        cmocka_unit_test(test_quotes_are_taken_off_in_pairs),
        cmocka_unit_test(test_the_first_of_two_counts),
        cmocka_unit_test(test_near_misses_are_no_hits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
