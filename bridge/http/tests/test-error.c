#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "bridge/http/error.h"

static struct error_answer find(status_code code, const char *reason, const char *message)
{
    struct status st = {0};
    struct error_answer answer;

    (void)FAIL(&st, code, reason, "%s", message);
    error_find(&st, &answer);
    /* The message may point into `st`; whoever looks at it copies. */
    if (answer.message == st.message)
        answer.message = "as given";
    return answer;
}

/* Style, section 3. */
static void test_each_grpc_code_has_its_http_status(void **state)
{
    static const int expected[] = {
        [STATUS_CANCELLED] = 499,
        [STATUS_UNKNOWN] = 500,
        [STATUS_INVALID_ARGUMENT] = 400,
        [STATUS_DEADLINE_EXCEEDED] = 504,
        [STATUS_NOT_FOUND] = 404,
        [STATUS_ALREADY_EXISTS] = 409,
        [STATUS_PERMISSION_DENIED] = 403,
        [STATUS_RESOURCE_EXHAUSTED] = 429,
        [STATUS_FAILED_PRECONDITION] = 400,
        [STATUS_ABORTED] = 409,
        [STATUS_OUT_OF_RANGE] = 400,
        [STATUS_UNIMPLEMENTED] = 501,
        [STATUS_INTERNAL] = 500,
        [STATUS_UNAVAILABLE] = 503,
        [STATUS_DATA_LOSS] = 500,
        [STATUS_UNAUTHENTICATED] = 401,
    };

    for (int code = STATUS_CANCELLED; code <= STATUS_UNAUTHENTICATED; code++)
        assert_int_equal(find((status_code)code, "SOME_REASON", "a").status, expected[code]);
    assert_int_equal(find((status_code)99, NULL, "a").status, 500);
}

/* API: Errors, B2 to B7. */
static void test_reasons_that_the_public_api_names_go_first(void **state)
{
    static const struct {
        status_code code;
        const char *reason;
        int status;
        const char *word;
    } cases[] = {
        {STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", 402, "out_of_pages"},
        {STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP", 402, "page_cap"},
        {STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED", 429, "rate_limited"},
        {STATUS_RESOURCE_EXHAUSTED, "QUEUE_FULL", 503, "queue_full"},
        {STATUS_RESOURCE_EXHAUSTED, "SQLSTATE_53100", 503, "overloaded"},
        {STATUS_RESOURCE_EXHAUSTED, "SQLSTATE_53300", 503, "overloaded"},
        {STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE", 422, "page_too_large"},
        {STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE", 409, "job_not_done"},
        {STATUS_NOT_FOUND, "JOB_NOT_FOUND", 404, "job_not_found"},
        {STATUS_NOT_FOUND, "JOB_EXPIRED", 404, "expired"},
        {STATUS_INVALID_ARGUMENT, "TOO_LARGE", 400, "too_large"},
        {STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE", 400, "unsupported_type"},
        {STATUS_INVALID_ARGUMENT, "ENCRYPTED", 400, "encrypted"},
        {STATUS_INVALID_ARGUMENT, "CORRUPT", 400, "corrupt"},
        {STATUS_UNAUTHENTICATED, "INVALID_TOKEN", 401, "invalid_token"},
        {STATUS_ALREADY_EXISTS, "ACCOUNT_EXISTS", 409, "account_exists"},
        {STATUS_UNAVAILABLE, "ENGINE_UNAVAILABLE", 503, "engine_unavailable"},
        {STATUS_NOT_FOUND, NULL, 404, "not_found"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error_answer answer = find(cases[i].code, cases[i].reason, "a");

        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(answer.code, cases[i].word);
    }
}

static void test_text_of_a_dependency_is_not_shown(void **state)
{
    const char *text = "last error: ipv4:10.0.0.7:50051: connection refused";

    assert_null(strstr(find(STATUS_UNAVAILABLE, NULL, text).message, "10.0.0.7"));
    assert_null(strstr(find(STATUS_INTERNAL, NULL, text).message, "10.0.0.7"));
    assert_string_equal(find(STATUS_UNAVAILABLE, "DRAINING", "stopping").message, "as given");
    assert_string_equal(find(STATUS_INVALID_ARGUMENT, NULL, "send a file").message, "as given");
}

static void test_waiting_times_are_whole_seconds_and_never_missing(void **state)
{
    struct status st = {0};
    struct error_answer answer;

    (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED", "slow down");
    st.retry_after_ms = 1200;
    error_find(&st, &answer);
    assert_int_equal(answer.retry_after_seconds, 2);
    assert_true(find(STATUS_UNAVAILABLE, NULL, "a").retry_after_seconds > 0);
    assert_int_equal(find(STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "a").retry_after_seconds, 0);
    assert_int_equal(find(STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE", "a").retry_after_seconds, 0);
}

static json_t *body_of(const struct status *st, bool is_problem)
{
    struct error_answer answer;
    struct buf body;
    json_error_t error;

    error_find(st, &answer);
    buf_init(&body, 4096);
    assert_true(error_write_body(&body, st, &answer, "request-1", is_problem));
    json_t *json = json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES, &error);
    buf_deinit(&body);
    assert_non_null(json);
    return json;
}

static void assert_text(const json_t *body, const char *name, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(body, name)), expected);
}

/* API: B1. */
static void test_body_of_402_tells_what_is_used_and_when_it_resets(void **state)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "no pages left");
    (void)status_add_info(&st, "used", "100");
    (void)status_add_info(&st, "cap", "100");
    (void)status_add_info(&st, "period", "month");
    (void)status_add_info(&st, "resets_at", "2026-12-01T00:00:00Z");
    json_t *body = body_of(&st, false);
    assert_text(body, "error", "no pages left");
    assert_text(body, "code", "out_of_pages");
    assert_text(body, "period", "month");
    assert_text(body, "resets_at", "2026-12-01T00:00:00Z");
    assert_text(body, "request_id", "request-1");
    assert_true(json_is_integer(json_object_get(body, "used")));
    assert_int_equal(json_integer_value(json_object_get(body, "cap")), 100);
    assert_null(json_object_get(body, "title"));
    json_decref(body);

    (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP", "too many pages");
    (void)status_add_info(&st, "used", "40");
    (void)status_add_info(&st, "cap", "25");
    (void)status_add_info(&st, "period", "file");
    body = body_of(&st, false);
    assert_true(json_is_null(json_object_get(body, "resets_at")));
    json_decref(body);
}

/* RFC 9457 §3.1. */
static void test_problem_details_are_added_when_they_are_wanted(void **state)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no \"job\"");
    json_t *body = body_of(&st, true);
    assert_text(body, "error", "there is no \"job\"");
    assert_text(body, "detail", "there is no \"job\"");
    assert_text(body, "title", "Not Found");
    assert_text(body, "type", "urn:ocrmesh:error:job_not_found");
    assert_int_equal(json_integer_value(json_object_get(body, "status")), 404);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_grpc_code_has_its_http_status),
        cmocka_unit_test(test_reasons_that_the_public_api_names_go_first),
        cmocka_unit_test(test_text_of_a_dependency_is_not_shown),
        cmocka_unit_test(test_waiting_times_are_whole_seconds_and_never_missing),
        cmocka_unit_test(test_body_of_402_tells_what_is_used_and_when_it_resets),
        cmocka_unit_test(test_problem_details_are_added_when_they_are_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
