#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "services/ocr/submission.h"

static void assert_refused(const struct submission_options *options, status_code code,
                           const char *reason, const char *field)
{
    struct status st = {0};

    assert_int_equal(submission_check(options, false, &st), code);
    assert_string_equal(st.reason, reason);
    assert_string_equal(st.field, field);
}

static struct submission_options nothing(void)
{
    struct submission_options options;

    submission_init(&options);
    return options;
}

static void test_saying_nothing_is_the_cpu_tier_and_auto(void **state)
{
    struct submission_options options = nothing();
    struct status st;

    assert_int_equal(submission_check(&options, false, &st), STATUS_OK);
    assert_int_equal(submission_tier(&options, true), JOB_TIER_CPU);
    assert_string_equal(submission_language(&options), "auto");
}

/* Refused plainly, and before anything is reserved. */
static void test_the_vlm_tier_is_refused_where_it_has_no_engine(void **state)
{
    struct submission_options options = nothing();
    struct status st;

    options.tier = JOB_TIER_VLM;
    assert_refused(&options, STATUS_UNAVAILABLE, "ENGINE_UNAVAILABLE", "");
    assert_int_equal(submission_check(&options, true, &st), STATUS_OK);
    assert_int_equal(submission_tier(&options, true), JOB_TIER_VLM);
}

static void test_a_tool_sets_the_tier_that_was_not_said(void **state)
{
    struct submission_options options = nothing();

    options.tool = "invoice-to-json";
    assert_int_equal(submission_tier(&options, true), JOB_TIER_VLM);
    assert_int_equal(submission_tier(&options, false), JOB_TIER_CPU);
    options.tier = JOB_TIER_CPU;
    assert_int_equal(submission_tier(&options, true), JOB_TIER_CPU);
    options = nothing();
    options.tool = "image-to-text";
    assert_int_equal(submission_tier(&options, true), JOB_TIER_CPU);
}

static void test_unknown_words_are_refused_by_field(void **state)
{
    struct submission_options options = nothing();

    options.tier = 7;
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "UNKNOWN_TIER", "tier");
    options = nothing();
    options.language = "klingon";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "language");
    options = nothing();
    options.tool = "time-machine";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "UNKNOWN_TOOL", "tool");
    options = nothing();
    options.page_ranges = "1-";
    struct status st;
    assert_int_equal(submission_check(&options, false, &st), STATUS_OK);
    options.page_ranges = "one";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "page_ranges");
    options = nothing();
    options.tool = "image-to-text";
    options.translate_to = "de";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "translate_to");
    options.tool = "translate";
    options.translate_to = "klingon";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "translate_to");
    options = nothing();
    options.request_id = "not \xff UTF-8";
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
}

static void test_the_translate_tool_needs_a_language(void **state)
{
    struct submission_options options = nothing();
    struct status st = {0};

    options.tool = "translate";
    assert_int_equal(submission_check(&options, true, &st), STATUS_OK);
    assert_true(submission_translates(&options));
    assert_int_equal(submission_check_whole(&options, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "translate_to");
    options.translate_to = "es";
    assert_int_equal(submission_check_whole(&options, &st), STATUS_OK);
    options.tool = "";
    assert_int_equal(submission_check_whole(&options, &st), STATUS_INVALID_ARGUMENT);
}

/* API: B15, 300 to 1,209,600 seconds. */
static void test_a_result_is_kept_from_five_minutes_to_two_weeks(void **state)
{
    struct submission_options options = nothing();
    struct status st;

    options.retention_seconds = 300;
    assert_int_equal(submission_check(&options, false, &st), STATUS_OK);
    options.retention_seconds = 1209600;
    assert_int_equal(submission_check(&options, false, &st), STATUS_OK);
    options.retention_seconds = 299;
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "delete_after");
    options.retention_seconds = 1209601;
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "delete_after");
    options.retention_seconds = -1;
    assert_refused(&options, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "delete_after");
}

static void test_a_fingerprint_tells_submissions_apart(void **state)
{
    struct submission_options first = nothing();
    struct submission_options second = nothing();
    static const unsigned char file[UPLOAD_HASH_SIZE] = {1};
    static const unsigned char other_file[UPLOAD_HASH_SIZE] = {2};
    unsigned char a[UPLOAD_HASH_SIZE];
    unsigned char b[UPLOAD_HASH_SIZE];

    second.language = "auto"; /* what saying nothing means */
    second.file_name = "another.pdf";
    submission_fingerprint(&first, file, a);
    submission_fingerprint(&second, file, b);
    assert_memory_equal(a, b, sizeof(a));
    submission_fingerprint(&first, other_file, b);
    assert_memory_not_equal(a, b, sizeof(a));
    second.page_ranges = "1";
    submission_fingerprint(&second, file, b);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saying_nothing_is_the_cpu_tier_and_auto),
        cmocka_unit_test(test_the_vlm_tier_is_refused_where_it_has_no_engine),
        cmocka_unit_test(test_a_tool_sets_the_tier_that_was_not_said),
        cmocka_unit_test(test_unknown_words_are_refused_by_field),
        cmocka_unit_test(test_the_translate_tool_needs_a_language),
        cmocka_unit_test(test_a_result_is_kept_from_five_minutes_to_two_weeks),
        cmocka_unit_test(test_a_fingerprint_tells_submissions_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
