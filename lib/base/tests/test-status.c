#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/status.h"

static void test_fail_fills_the_status(void **state)
{
    struct status st = {.retry_after_ms = 5, .info_count = 1};

    assert_int_equal(FAIL(&st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no job %d", 7),
                     STATUS_NOT_FOUND);
    assert_int_equal(st.code, STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_NOT_FOUND");
    assert_string_equal(st.message, "there is no job 7");
    assert_string_equal(st.field, "");
    assert_int_equal(st.retry_after_ms, 0);
    assert_int_equal(st.info_count, 0);
    assert_non_null(strstr(st.where, "test-status.c:"));
}

static void test_fail_cuts_what_does_not_fit(void **state)
{
    struct status st;
    char longer[2 * STATUS_MESSAGE_MAX];

    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    (void)FAIL(&st, STATUS_INTERNAL, longer, "%s", longer);
    assert_int_equal(strlen(st.message), STATUS_MESSAGE_MAX - 1);
    assert_int_equal(strlen(st.reason), STATUS_REASON_MAX - 1);
}

static void test_a_cut_leaves_whole_characters(void **state)
{
    struct status st;
    char text[STATUS_MESSAGE_MAX + 8];

    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', sizeof(text));
        size_t start = STATUS_MESSAGE_MAX - 1 - lead;
        memcpy(text + start, "\xf0\x9f\x98\x88", 5); /* U+1F608 */
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "%s", text);
        assert_int_equal(strlen(st.message), start);
    }
    memset(text, 'a', sizeof(text));
    memcpy(text + STATUS_MESSAGE_MAX - 5, "\xf0\x9f\x98\x88z", 6);
    (void)FAIL(&st, STATUS_INTERNAL, NULL, "%s", text);
    assert_int_equal(strlen(st.message), STATUS_MESSAGE_MAX - 1);
}

static void test_fail_may_quote_the_status_it_replaces(void **state)
{
    struct status st;

    (void)FAIL(&st, STATUS_NOT_FOUND, "A_REASON", "no page");
    (void)FAIL(&st, STATUS_INTERNAL, st.reason, "while reading: %s", st.message);
    assert_string_equal(st.message, "while reading: no page");
    assert_string_equal(st.reason, "A_REASON");
}

static void test_fail_field_names_the_field(void **state)
{
    struct status st;

    assert_int_equal(FAIL_FIELD(&st, "tier", NULL, "unknown tier"), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "tier");
    assert_string_equal(st.reason, "");
}

static void test_facts_are_replaced_cut_and_bounded(void **state)
{
    struct status st;

    (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "no");
    status_add_info(&st, "cap", "%d", 20);
    status_add_info(&st, "cap", "%d", 30);
    assert_int_equal(st.info_count, 1);
    assert_string_equal(status_get_info(&st, "cap"), "30");
    assert_null(status_get_info(&st, "used"));
    for (int i = 0; i < 2 * STATUS_INFO_MAX; i++) {
        char key[8] = {'k', (char)('a' + i), '\0'};
        assert_int_equal(status_add_info(&st, key, "v"), STATUS_RESOURCE_EXHAUSTED);
    }
    assert_int_equal(st.info_count, STATUS_INFO_MAX);
}

static void test_every_code_has_its_name(void **state)
{
    assert_string_equal(status_code_name(STATUS_OK), "OK");
    assert_string_equal(status_code_name(STATUS_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(status_code_name((status_code)17), "UNKNOWN");
    assert_string_equal(status_code_name((status_code)-1), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_fills_the_status),
        cmocka_unit_test(test_fail_cuts_what_does_not_fit),
        cmocka_unit_test(test_a_cut_leaves_whole_characters),
        cmocka_unit_test(test_fail_may_quote_the_status_it_replaces),
        cmocka_unit_test(test_fail_field_names_the_field),
        cmocka_unit_test(test_facts_are_replaced_cut_and_bounded),
        cmocka_unit_test(test_every_code_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
