/* Which origins a setting means; what answers then say is in test-bridge_edge.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/cors.h"

static void test_origins_are_read(void **state)
{
    struct cors_policy policy;
    struct status st;

    assert_int_equal(cors_parse("", &policy, &st), STATUS_OK);
    assert_int_equal(policy.count, 0);
    assert_false(policy.is_open);
    assert_int_equal(
        cors_parse("https://a.example, http://localhost:3000,,http://[::1]:80", &policy, &st),
        STATUS_OK);
    assert_int_equal(policy.count, 3);
    assert_true(str_equal(policy.origins[1], STR("http://localhost:3000")));
    assert_int_equal(cors_parse("*", &policy, &st), STATUS_OK);
    assert_true(policy.is_open);
}

static void test_what_is_no_origin_is_named(void **state)
{
    static const char *const wrong[] = {
        "a.example",           "https://a.example/",  "https://", "https://A.example", "null",
        "ftp://a.example",     "https://a.example/x", "https:a",  "https://*.example", "://a",
        "https://a.example x",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct cors_policy policy;
        struct status st;

        if (cors_parse(wrong[i], &policy, &st) != STATUS_INVALID_ARGUMENT)
            fail_msg("%s", wrong[i]);
        assert_non_null(strstr(st.message, wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins_are_read),
        cmocka_unit_test(test_what_is_no_origin_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
