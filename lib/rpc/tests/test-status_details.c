/* google.rpc.Status to and from `struct status`. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "lib/rpc/status_details.h"

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_new(1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    arena_free(TAKE(arena));
    return 0;
}

static struct status full_status(void)
{
    struct status st;

    (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "no pages are left today");
    status_set_field(&st, "pages");
    status_add_info(&st, "used", "20");
    status_add_info(&st, "cap", "%d", 20);
    st.retry_after_ms = 61250;
    return st;
}

/* The detail of that type; NULL when there is none. */
static const Google__Protobuf__Any *find_detail(const Google__Rpc__Status *status, const char *type)
{
    for (size_t i = 0; i < status->n_details; i++)
        if (strcmp(status->details[i]->type_url, type) == 0)
            return status->details[i];
    return NULL;
}

static void test_details_come_back_as_they_were(void **state)
{
    struct status sent = full_status(), got;

    (void)FAIL(&got, sent.code, NULL, "%s", sent.message);
    status_details_decode(status_details_encode(&sent, arena), &got);
    assert_string_equal(got.reason, "OUT_OF_PAGES");
    assert_string_equal(got.field, "pages");
    assert_string_equal(status_get_info(&got, "used"), "20");
    assert_string_equal(status_get_info(&got, "cap"), "20");
    assert_int_equal(got.retry_after_ms, 61250);
}

/* What other languages' clients read. */
static void test_details_are_those_of_google_rpc(void **state)
{
    struct status st = full_status();
    struct str bytes = status_details_encode(&st, arena);
    Google__Rpc__Status *status =
        google__rpc__status__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);
    assert_non_null(status);
    assert_int_equal(status->code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(status->message, "no pages are left today");
    assert_int_equal(status->n_details, 4);

    const Google__Protobuf__Any *any =
        find_detail(status, "type.googleapis.com/google.rpc.ErrorInfo");
    assert_non_null(any);
    Google__Rpc__ErrorInfo *info =
        google__rpc__error_info__unpack(NULL, any->value.len, any->value.data);
    assert_string_equal(info->reason, "OUT_OF_PAGES");
    assert_string_equal(info->domain, "ocrmesh");
    assert_int_equal(info->n_metadata, 2);
    google__rpc__error_info__free_unpacked(info, NULL);

    any = find_detail(status, "type.googleapis.com/google.rpc.RetryInfo");
    assert_non_null(any);
    Google__Rpc__RetryInfo *retry =
        google__rpc__retry_info__unpack(NULL, any->value.len, any->value.data);
    assert_int_equal(retry->retry_delay->seconds, 61);
    assert_int_equal(retry->retry_delay->nanos, 250000000);
    google__rpc__retry_info__free_unpacked(retry, NULL);

    assert_non_null(find_detail(status, "type.googleapis.com/google.rpc.BadRequest"));
    assert_non_null(find_detail(status, "type.googleapis.com/google.rpc.QuotaFailure"));
    google__rpc__status__free_unpacked(status, NULL);
}

static void test_a_plain_failure_has_no_details(void **state)
{
    struct status st;

    (void)FAIL(&st, STATUS_INTERNAL, NULL, "something broke");
    assert_int_equal(status_details_encode(&st, arena).n, 0);
}

static void test_bytes_that_are_cut_off_do_no_harm(void **state)
{
    struct status sent = full_status();
    struct str bytes = status_details_encode(&sent, arena);

    for (size_t length = 0; length < bytes.n; length++) {
        struct status got;
        char *copy = malloc(length + 1); /* of its own, so that a sanitizer sees its end */

        memcpy(copy, bytes.p, length);
        (void)FAIL(&got, sent.code, NULL, "as told");
        status_details_decode((struct str){copy, length}, &got);
        assert_int_equal(got.code, STATUS_RESOURCE_EXHAUSTED);
        assert_string_equal(got.message, "as told");
        free(copy);
    }
}

static void test_details_from_elsewhere_are_cut_and_passed_over(void **state)
{
    char long_text[1000];
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Protobuf__Any anys[] = {GOOGLE__PROTOBUF__ANY__INIT, GOOGLE__PROTOBUF__ANY__INIT,
                                    GOOGLE__PROTOBUF__ANY__INIT};
    Google__Protobuf__Any *details[] = {&anys[0], &anys[1], &anys[2]};
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    uint8_t info_bytes[1100], retry_bytes[100], bytes[2000];
    struct status st;

    memset(long_text, 'X', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    info.reason = long_text;
    anys[0].type_url = "type.googleapis.com/example.Unknown";
    anys[1].type_url = "type.googleapis.com/google.rpc.ErrorInfo";
    anys[1].value.data = info_bytes;
    anys[1].value.len = google__rpc__error_info__pack(&info, info_bytes);
    delay.seconds = INT64_MAX;
    retry.retry_delay = &delay;
    anys[2].type_url = "type.googleapis.com/google.rpc.RetryInfo";
    anys[2].value.data = retry_bytes;
    anys[2].value.len = google__rpc__retry_info__pack(&retry, retry_bytes);
    status.n_details = ARRAY_LENGTH(details);
    status.details = details;
    assert_true(google__rpc__status__get_packed_size(&status) <= sizeof(bytes));

    (void)FAIL(&st, STATUS_ABORTED, NULL, "as told");
    status_details_decode(
        (struct str){(const char *)bytes, google__rpc__status__pack(&status, bytes)}, &st);
    assert_int_equal(strlen(st.reason), STATUS_REASON_MAX - 1);
    assert_int_equal(st.retry_after_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_details_come_back_as_they_were, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details_are_those_of_google_rpc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_plain_failure_has_no_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_cut_off_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details_from_elsewhere_are_cut_and_passed_over, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
