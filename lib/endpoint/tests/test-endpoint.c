/* Attempts, turns and the breaker, with a server that plays recorded answers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/endpoint/endpoint.h"
#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"

/* SILENT_MS: in which a request goes out, on a machine at full load. */
enum { LONG_MS = 60000, SHORT_MS = 50, SILENT_MS = 1000, ANSWER_MAX_BYTES = 1000 };

#define GOOD {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nyes", false}
#define BUSY                                                                                       \
    {"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false}
#define REFUSED {"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false}
#define TOO_LATE                                                                                   \
    {"HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",   \
     false}

struct stand {
    struct scripted_server *server;
    struct endpoint *endpoint;
    struct http_client *client;
    struct buf body;
};

static struct stand open_stand(const struct scripted_answer *answers, size_t count)
{
    struct stand stand = {.server = scripted_server_start(answers, count),
                          .client = http_client_new()};

    stand.endpoint = endpoint_new(&(struct endpoint_settings){
        .name = "test",
        .api_key = "s3cret",
        .ca_file = "",
        .connect_ms = LONG_MS,
        .first_byte_ms = LONG_MS,
        .stall_ms = LONG_MS,
        .calls_max = 1,
        .retries = 1,
        .breaker_failures = 2,
        .breaker_pause_ms = LONG_MS,
    });
    assert_non_null(stand.endpoint);
    buf_init(&stand.body, ANSWER_MAX_BYTES);
    return stand;
}

static void close_stand(struct stand *stand)
{
    endpoint_free(stand->endpoint);
    http_client_free(stand->client);
    scripted_server_stop(stand->server);
    buf_deinit(&stand->body);
}

static void begin(void *arg)
{
    buf_clear(arg);
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    return buf_append(arg, piece.p, piece.n);
}

static status_code end(void *arg, struct status *st)
{
    return str_equal(buf_str(arg), STR("yes")) ? STATUS_OK
                                               : FAIL(st, STATUS_DATA_LOSS, NULL, "its no");
}

static status_code ask(struct stand *stand, int64_t timeout_ms, struct status *st)
{
    return endpoint_call(stand->endpoint,
                         &(struct endpoint_call){.url = scripted_server_url(stand->server),
                                                 .body = STR("{}"),
                                                 .client = stand->client,
                                                 .timeout_ms = timeout_ms,
                                                 .answer_max_bytes = ANSWER_MAX_BYTES,
                                                 .begin = begin,
                                                 .on_body = on_body,
                                                 .end = end,
                                                 .arg = &stand->body},
                         st);
}

static void test_a_busy_server_is_asked_again(void **state)
{
    static const struct scripted_answer answers[] = {BUSY, GOOD};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct status st;

    assert_int_equal(ask(&stand, LONG_MS, &st), STATUS_OK);
    assert_int_equal(scripted_server_count(stand.server), 2);
    assert_non_null(strstr(scripted_server_request(stand.server, 1), "Bearer s3cret"));
    close_stand(&stand);
}

static void test_a_refusal_is_final(void **state)
{
    static const struct scripted_answer answers[] = {REFUSED};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct status st;

    assert_int_equal(ask(&stand, LONG_MS, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.message, "it answered with HTTP status 401");
    assert_int_equal(scripted_server_count(stand.server), 1);
    close_stand(&stand);
}

static void test_nobody_waits_longer_than_the_call_has(void **state)
{
    static const struct scripted_answer answers[] = {TOO_LATE};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct status st;

    assert_int_equal(ask(&stand, LONG_MS, &st), STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(stand.server), 1);
    close_stand(&stand);
}

static void test_a_silent_server_costs_the_calls_time_until_it_is_left_alone(void **state)
{
    static const struct scripted_answer answers[] = {{"", true}};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct status st;
    int64_t openings;

    assert_int_equal(ask(&stand, SILENT_MS, &st), STATUS_DEADLINE_EXCEEDED);
    assert_false(endpoint_is_left_alone(stand.endpoint, &openings));
    assert_int_equal(ask(&stand, SILENT_MS, &st), STATUS_DEADLINE_EXCEEDED);
    scripted_server_wait(stand.server, 2);
    assert_true(endpoint_is_left_alone(stand.endpoint, &openings));
    assert_int_equal(ask(&stand, LONG_MS, &st), STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(stand.server), 2);
    close_stand(&stand);
}

/* While a call of another client goes on. */
struct inner_call {
    struct stand *stand;
    struct status st;
    status_code code;
};

static void call_meanwhile(void *arg)
{
    struct inner_call *inner = arg;
    struct http_client *client = http_client_new();

    inner->code =
        endpoint_call(inner->stand->endpoint,
                      &(struct endpoint_call){.url = scripted_server_url(inner->stand->server),
                                              .body = STR("{}"),
                                              .client = client,
                                              .timeout_ms = SHORT_MS,
                                              .counts_waiting = true,
                                              .begin = begin,
                                              .on_body = on_body,
                                              .end = end,
                                              .arg = &inner->stand->body},
                      &inner->st);
    http_client_free(client);
}

static status_code end_of_any(void *arg, struct status *st)
{
    return STATUS_OK;
}

static bool drop(void *arg, const struct http_answer *answer, struct str piece)
{
    return true;
}

static void test_a_turn_that_does_not_come_in_time_ends_the_call(void **state)
{
    static const struct scripted_answer answers[] = {GOOD};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct inner_call inner = {.stand = &stand};
    struct status st;

    assert_int_equal(endpoint_call(stand.endpoint,
                                   &(struct endpoint_call){.url = scripted_server_url(stand.server),
                                                           .body = STR("{}"),
                                                           .client = stand.client,
                                                           .timeout_ms = LONG_MS,
                                                           .answer_max_bytes = ANSWER_MAX_BYTES,
                                                           .begin = call_meanwhile,
                                                           .on_body = drop,
                                                           .end = end_of_any,
                                                           .arg = &inner},
                                   &st),
                     STATUS_OK);
    assert_int_equal(inner.code, STATUS_UNAVAILABLE);
    assert_string_equal(inner.st.message, "it had all the calls that it may have at once");
    assert_int_equal(scripted_server_count(stand.server), 1);
    close_stand(&stand);
}

static void test_metrics_name_the_endpoint(void **state)
{
    static const struct scripted_answer answers[] = {BUSY, GOOD};
    struct stand stand = open_stand(answers, ARRAY_LENGTH(answers));
    struct status st;
    struct buf out;

    buf_init(&out, 1 << 20);
    endpoint_write_metrics(&out, NULL, 0);
    assert_int_equal(out.length, 0);
    assert_int_equal(ask(&stand, LONG_MS, &st), STATUS_OK);
    endpoint_write_metrics(&out, &stand.endpoint, 1);
    static const char *const lines[] = {
        "ocrmesh_endpoint_calls_total{endpoint=\"test\",end=\"ok\"} 1\n",
        "ocrmesh_endpoint_calls_total{endpoint=\"test\",end=\"refused\"} 1\n",
        "ocrmesh_endpoint_call_seconds_bucket{endpoint=\"test\",le=\"+Inf\"} 2\n",
        "ocrmesh_endpoint_call_seconds_count{endpoint=\"test\"} 2\n",
        "ocrmesh_endpoint_retries_total{endpoint=\"test\"} 1\n",
        "ocrmesh_endpoint_calls_now{endpoint=\"test\"} 0\n",
        "ocrmesh_endpoint_breaker_open{endpoint=\"test\"} 0\n",
        "ocrmesh_endpoint_breaker_openings_total{endpoint=\"test\"} 0\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        if (strstr(out.data, lines[i]) == NULL)
            fail_msg("no %s in:\n%s", lines[i], out.data);
    assert_null(strstr(out.data, "s3cret"));
    buf_deinit(&out);
    close_stand(&stand);
}

static void assert_url(const char *url, const char *expected)
{
    struct buf out;

    buf_init(&out, ENDPOINT_URL_MAX);
    assert_true(endpoint_append_url(&out, url, "/chat/completions"));
    assert_string_equal(out.data, expected);
    buf_deinit(&out);
}

static void test_a_url_may_name_the_call_itself(void **state)
{
    assert_url("http://h/v1", "http://h/v1/chat/completions");
    assert_url("http://h/v1//", "http://h/v1/chat/completions");
    assert_url("http://h/v1/chat/completions", "http://h/v1/chat/completions");
    assert_url("http://h/v1/chat/completions/", "http://h/v1/chat/completions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_busy_server_is_asked_again),
        cmocka_unit_test(test_a_refusal_is_final),
        cmocka_unit_test(test_nobody_waits_longer_than_the_call_has),
        cmocka_unit_test(test_a_silent_server_costs_the_calls_time_until_it_is_left_alone),
        cmocka_unit_test(test_a_turn_that_does_not_come_in_time_ends_the_call),
        cmocka_unit_test(test_metrics_name_the_endpoint),
        cmocka_unit_test(test_a_url_may_name_the_call_itself),
    };
    struct status st;

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
