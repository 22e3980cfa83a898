/*
 * Chat over the real bridge process: answers whole and in pieces, histories of any length, and who
 * may ask (API: POST /api/v1/chat/<uuid>/, B23, B24).
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_chat.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

enum {
    CANCEL_TIMEOUT_MS = 60000,
    GROWTH_MAX_KIB = 32 * 1024, /* malloc's own ups and downs; what is sent is far more */
    LARGE_BODY_BYTES = 1 << 20,
    OTHER_REQUESTS = 10,
};

#define CHAT    "/api/v1/chat/" FAKE_DONE "/"
#define HISTORY "/api/v1/chat/" FAKE_DONE "/history/"
#define BEARER  "Authorization: Bearer " FAKE_TOKEN
#define EVENTS  "Accept: text/event-stream"

static const char *const protocols[] = {"--http1.1", "--http2-prior-knowledge"};

static struct fake_mesh *mesh;
static struct service_process *bridge; /* that is asked: one of these */
/* The second one comments on silence, and so notices who has left it. On a busy machine the streams
 * of all tests are silent for as long. */
static struct service_process *quiet, *lively;

static int start(void **state)
{
    static const char *const settings[] = {"BRIDGE_EVENTS_KEEP_ALIVE=100ms", NULL};

    bridge_process_start_all(NULL, &mesh, &quiet);
    lively = bridge_process_start(fake_mesh_port(mesh), settings);
    bridge = quiet;
    return 0;
}

static int stop(void **state)
{
    int status = service_process_end(lively, SIGTERM);
    int quiet_status = bridge_process_end_all(mesh, quiet);

    return status != 0 ? status : quiet_status;
}

static int open_gate(void **state)
{
    fake_mesh_open_gate(mesh);
    return 0;
}

static int ask_lively(void **state)
{
    bridge = lively;
    return open_gate(state);
}

static int ask_quiet(void **state)
{
    bridge = quiet;
    return 0;
}

#define ASK(answer, path, ...)                                                                     \
    http_client_curl(service_process_port(bridge), (path),                                         \
                     (const char *const[]){__VA_ARGS__, NULL}, (answer))

static void assert_error(struct http_answer *answer, int status, const char *code)
{
    json_t *json = http_answer_json(answer);

    assert_int_equal(answer->status, status);
    assert_string_equal(json_string_value(json_object_get(json, "code")), code);
    assert_non_null(json_object_get(json, "error"));
    assert_non_null(json_object_get(json, "request_id"));
    json_decref(json);
    http_answer_deinit(answer);
}

/* A raw request for events; returns its socket. */
static int ask_for_events(const char *message)
{
    char request[512];
    int fd = http_client_connect(service_process_port(bridge));

    (void)snprintf(request, sizeof(request),
                   "POST " CHAT " HTTP/1.1\r\nHost: a\r\n" BEARER "\r\n" EVENTS
                   "\r\nContent-Length: %zu\r\n\r\n{\"message\": \"%s\"}",
                   strlen(message) + strlen("{\"message\": \"\"}"), message);
    http_client_send_text(fd, request);
    return fd;
}

/* --- answers --- */

static const char answer_json[] =
    "{\"conversation\":\"c0ffeec0ffeec0ffeec0ffeec0ffee00\",\"message\":{\"role\":\"assistant\","
    "\"content\":\"The \\\"total\\\" is 42 (p. 1).\",\"citations\":[{\"page\":1,\"snippet\":"
    "\"total: "
    "42\",\"bbox\":[[1,2,30,40]],\"block\":3}],\"grounded\":true,\"source\":\"extractive\","
    "\"created_at\":null}}";

static void test_a_question_is_answered(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, CHAT, protocols[i], "-H", BEARER, "--json", "{\"message\": \"total?\"}");
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "content-type"), "application/json");
        assert_int_equal(strncmp(answer.body.data, answer_json, strlen(answer_json)), 0);
        assert_string_equal(answer.body.data + strlen(answer_json), "\n");
        http_answer_deinit(&answer);
    }
}

static void test_the_answer_comes_in_pieces(void **state)
{
    static const char events[] = "event: delta\ndata: {\"content\":\"The \\\"total\\\" \"}\n\n"
                                 "event: delta\ndata: {\"content\":\"is 42 (p. 1).\"}\n\n"
                                 "event: message\ndata: ";

    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, CHAT, protocols[i], "-H", BEARER, "-H", "Accept: text/html, text/event-stream",
            "--json", "{\"message\": \"total?\"}");
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "content-type"),
                            "text/event-stream; charset=utf-8");
        assert_int_equal(strncmp(answer.body.data, events, strlen(events)), 0);
        const char *message = answer.body.data + strlen(events);
        assert_int_equal(strncmp(message, answer_json, strlen(answer_json)), 0);
        assert_string_equal(message + strlen(answer_json), "\n\n");
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

static void test_a_piece_is_there_before_the_next_one_is_made(void **state)
{
    struct buf seen;

    buf_init(&seen, 1 << 16);
    fake_mesh_shut_gate(mesh);
    int fd = ask_for_events(FAKE_CHAT_GATE);
    http_client_read_until(fd, "event: delta\ndata: {\"content\":\"The \\\"total\\\" \"}\n\n",
                           &seen);
    assert_null(strstr(seen.data, "is 42"));
    fake_mesh_open_gate(mesh);
    http_client_read_until(fd, "event: message\n", &seen);
    http_client_read_until(fd, "\r\n0\r\n\r\n", &seen);
    (void)close(fd);
    buf_deinit(&seen);
}

static void test_a_silent_stream_gets_comments(void **state)
{
    struct buf seen;

    buf_init(&seen, 1 << 16);
    fake_mesh_shut_gate(mesh);
    int fd = ask_for_events(FAKE_CHAT_SILENT);
    http_client_read_until(fd, "content-type: text/event-stream; charset=utf-8\r\n", &seen);
    http_client_read_until(fd, ": keep-alive\n\n", &seen);
    fake_mesh_open_gate(mesh);
    http_client_read_until(fd, "event: message\n", &seen);
    (void)close(fd);
    buf_deinit(&seen);
}

/* --- failures --- */

static void test_a_failure_before_the_first_piece_has_its_status(void **state)
{
    static const struct {
        const char *path, *body;
        int status;
        const char *code;
    } cases[] = {
        {CHAT, "{}", 400, "invalid_field"},
        {CHAT, "{\"message\": 5}", 400, "invalid_field"},
        {CHAT, "{\"message\": \"\"}", 400, "invalid_field"},
        {CHAT, "", 400, "bad_json"},
        {CHAT, "message=total", 400, "bad_json"},
        {CHAT, "[\"message\"]", 400, "bad_json"},
        {CHAT, "{\"message\": \"\\u0000\"}", 400, "bad_json"},
        {CHAT, "{\"message\": \"a\", \"message\": \"b\"}", 400, "bad_json"},
        {"/api/v1/chat/unknown/", "{\"message\": \"total?\"}", 404, "job_not_found"},
        {"/api/v1/chat/" FAKE_PENDING "/", "{\"message\": \"total?\"}", 409, "job_not_done"},
    };

    for (size_t i = 0; i < 2 * ARRAY_LENGTH(cases); i++) {
        const char *accept = i % 2 == 0 ? "Accept: */*" : EVENTS;
        struct http_answer answer;

        ASK(&answer, cases[i / 2].path, "-H", BEARER, "-H", accept, "-d", cases[i / 2].body);
        assert_error(&answer, cases[i / 2].status, cases[i / 2].code);
    }
}

static void test_a_body_of_a_megabyte_is_400(void **state)
{
    char path[] = "/tmp/test-bridge-XXXXXX", argument[64];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"message\": \"", 13), 13);
    for (int i = 0; i < LARGE_BODY_BYTES / 16; i++)
        assert_int_equal(write(fd, "xxxxxxxxxxxxxxxx", 16), 16);
    assert_int_equal(write(fd, "\"}", 2), 2);
    (void)close(fd);
    (void)snprintf(argument, sizeof(argument), "@%s", path);
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, CHAT, protocols[i], "-H", BEARER, "--data-binary", argument);
        assert_non_null(strstr(answer.body.data, "65536 bytes"));
        assert_error(&answer, 400, "too_large");
    }
    (void)unlink(path);
}

static void test_used_up_questions_are_402_with_their_facts(void **state)
{
    struct http_answer answer;

    ASK(&answer, CHAT, "-H", BEARER, "-d", "{\"message\": \"" FAKE_CHAT_EMPTY_ACCOUNT "\"}");
    json_t *json = http_answer_json(&answer);
    assert_int_equal(json_integer_value(json_object_get(json, "used")), 50);
    assert_int_equal(json_integer_value(json_object_get(json, "cap")), 50);
    assert_string_equal(json_string_value(json_object_get(json, "period")), "day");
    assert_string_equal(json_string_value(json_object_get(json, "resets_at")),
                        "2026-12-01T00:00:00Z");
    json_decref(json);
    assert_error(&answer, 402, "out_of_questions");
}

static void test_a_failure_midway_is_an_event(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, CHAT, protocols[i], "-H", BEARER, "-H", EVENTS, "-H", "X-Request-Id: r-7",
            "-d", "{\"message\": \"" FAKE_CHAT_BREAKS "\"}");
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.body.data, "event: delta\n"));
        assert_non_null(strstr(answer.body.data,
                               "event: error\ndata: {\"error\":\"the process shuts down\",\"code\":"
                               "\"draining\",\"request_id\":\"r-7\"}\n\n"));
        assert_null(strstr(answer.body.data, "event: message"));
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);

        ASK(&answer, CHAT, protocols[i], "-H", BEARER, "-d",
            "{\"message\": \"" FAKE_CHAT_BREAKS "\"}");
        assert_error(&answer, 503, "draining");
    }
}

/* --- who asks --- */

static void test_only_accounts_may_ask(void **state)
{
    static const struct {
        const char *path, *method;
    } cases[] = {{CHAT, "POST"}, {HISTORY, "GET"}, {HISTORY, "DELETE"}};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;

        ASK(&answer, cases[i].path, "-X", cases[i].method);
        assert_string_equal(http_answer_header(&answer, "www-authenticate"), "Bearer");
        assert_error(&answer, 401, "missing_token");
        ASK(&answer, cases[i].path, "-X", cases[i].method, "-H", "Authorization: Bearer wrong");
        assert_error(&answer, 401, "invalid_token");
    }
}

/* A browser's cookie counts with the page's own Origin alone. */
static void test_a_signed_in_browser_may_ask(void **state)
{
    struct http_answer answer;
    char own[64];

    (void)snprintf(own, sizeof(own), "Origin: http://127.0.0.1:%d", service_process_port(bridge));
    ASK(&answer, CHAT, "-b", "ocrmesh_session=" FAKE_TOKEN, "-H", own, "-d",
        "{\"message\": \"total?\"}");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    ASK(&answer, CHAT, "-b", "ocrmesh_session=" FAKE_TOKEN, "-H", "Origin: http://evil.example",
        "-d", "{\"message\": \"total?\"}");
    assert_error(&answer, 403, "cross_site");
    ASK(&answer, CHAT, "-b", "ocrmesh_session=" FAKE_TOKEN, "-d", "{\"message\": \"total?\"}");
    assert_error(&answer, 403, "cross_site");
    ASK(&answer, HISTORY, "-b", "ocrmesh_session=" FAKE_TOKEN);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
}

static void test_the_clients_own_key_goes_along(void **state)
{
    struct http_answer answer;

    ASK(&answer, CHAT, "-H", BEARER, "-H", "Idempotency-Key: mine-7", "-d",
        "{\"message\": \"" FAKE_CHAT_KEY "\"}");
    assert_non_null(strstr(answer.body.data, "\"content\":\"mine-7\""));
    http_answer_deinit(&answer);
    ASK(&answer, CHAT, "-H", BEARER, "-H", "Idempotency-Key: with space", "-d",
        "{\"message\": \"" FAKE_CHAT_KEY "\"}");
    assert_error(&answer, 400, "invalid_field");
}

/* --- clients that stop --- */

static void test_a_client_that_leaves_ends_the_question(void **state)
{
    static const char *const messages[] = {FAKE_CHAT_SILENT, FAKE_CHAT_GATE};

    fake_mesh_shut_gate(mesh);
    for (size_t i = 0; i < ARRAY_LENGTH(messages); i++) {
        int cancelled = fake_mesh_cancelled(mesh);
        int fd = ask_for_events(messages[i]);
        struct buf seen;

        buf_init(&seen, 1 << 16);
        http_client_read_until(fd, "text/event-stream", &seen);
        (void)close(fd);
        assert_true(fake_mesh_wait_cancelled(mesh, cancelled + 1, CANCEL_TIMEOUT_MS));
        buf_deinit(&seen);
    }
}

static void assert_grew_less(int64_t before_kib)
{
    int64_t growth_kib = service_process_peak_kib(bridge) - before_kib;

    print_message("grew by %lld KiB\n", (long long)growth_kib);
    if (getenv("OCRMESH_SANITIZED") == NULL) /* sanitizers keep freed memory back */
        assert_true(growth_kib < GROWTH_MAX_KIB);
}

static void test_a_client_that_does_not_read_holds_the_answer_back(void **state)
{
    int64_t before_kib = service_process_memory_kib(bridge);
    int cancelled = fake_mesh_cancelled(mesh);
    int fd = ask_for_events(FAKE_CHAT_FLOOD);
    struct buf seen;

    buf_init(&seen, 1 << 20);
    http_client_read_until(fd, "event: delta\n", &seen);
    /* Meanwhile others are served; deltas would come much faster than that. */
    for (int i = 0; i < OTHER_REQUESTS; i++) {
        struct http_answer answer;

        ASK(&answer, HISTORY, "-H", BEARER);
        assert_int_equal(answer.status, 200);
        http_answer_deinit(&answer);
    }
    assert_grew_less(before_kib);
    (void)close(fd);
    assert_true(fake_mesh_wait_cancelled(mesh, cancelled + 1, CANCEL_TIMEOUT_MS));
    buf_deinit(&seen);
}

/* --- history --- */

static void test_the_history_has_all_messages(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;
        char content[32];

        ASK(&answer, HISTORY, protocols[i], "-H", BEARER);
        assert_int_equal(answer.status, 200);
        json_t *json = http_answer_json(&answer);
        assert_string_equal(json_string_value(json_object_get(json, "conversation")),
                            "c0ffeec0ffeec0ffeec0ffeec0ffee00");
        const json_t *messages = json_object_get(json, "messages");
        assert_int_equal(json_array_size(messages), FAKE_CHAT_MESSAGES);
        for (size_t n = 0; n < FAKE_CHAT_MESSAGES; n++) {
            const json_t *message = json_array_get(messages, n);

            (void)snprintf(content, sizeof(content), "message %zu", n);
            assert_string_equal(json_string_value(json_object_get(message, "content")), content);
            assert_string_equal(json_string_value(json_object_get(message, "role")),
                                n % 2 == 0 ? "user" : "assistant");
        }
        json_decref(json);
        http_answer_deinit(&answer);
    }
}

static void test_a_conversation_that_has_not_begun_is_null(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/chat/" FAKE_WAIT "/history", "-H", BEARER);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body.data, "{\"conversation\":null,\"messages\":[]}\n");
    http_answer_deinit(&answer);
}

static void test_a_history_of_any_length_comes_in_bounded_memory(void **state)
{
    int64_t before_kib = service_process_memory_kib(bridge);
    struct http_answer answer;

    ASK(&answer, "/api/v1/chat/" FAKE_MANY "/history/", "-H", BEARER);
    assert_int_equal(answer.status, 200);
    assert_false(answer.is_cut);
    json_t *json = http_answer_json(&answer);
    assert_int_equal(json_array_size(json_object_get(json, "messages")), FAKE_CHAT_MANY_MESSAGES);
    json_decref(json);
    http_answer_deinit(&answer);
    assert_grew_less(before_kib);
}

static void test_a_history_that_breaks_off_is_cut_off(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/chat/" FAKE_BROKEN "/history/", "-H", BEARER);
    assert_int_equal(answer.status, 200);
    assert_true(answer.is_cut);
    http_answer_deinit(&answer);
    ASK(&answer, "/api/v1/chat/unknown/history/", "-H", BEARER);
    assert_error(&answer, 404, "job_not_found");
}

static void test_a_history_is_forgotten(void **state)
{
    struct http_answer answer;

    ASK(&answer, HISTORY, "-X", "DELETE", "-H", BEARER);
    assert_int_equal(answer.status, 204);
    http_answer_deinit(&answer);
    ASK(&answer, "/api/v1/chat/unknown/history/", "-X", "DELETE", "-H", BEARER);
    assert_error(&answer, 404, "job_not_found");
}

static void test_other_methods_are_405(void **state)
{
    struct http_answer answer;

    ASK(&answer, CHAT, "-H", BEARER);
    assert_string_equal(http_answer_header(&answer, "allow"), "POST, OPTIONS");
    assert_error(&answer, 405, "method_not_allowed");
    ASK(&answer, HISTORY, "-X", "POST", "-H", BEARER);
    assert_string_equal(http_answer_header(&answer, "allow"), "GET, HEAD, DELETE, OPTIONS");
    assert_error(&answer, 405, "method_not_allowed");
    ASK(&answer, HISTORY, "--head", "-H", BEARER);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, 0);
    http_answer_deinit(&answer);
}

#define TEST(function)   cmocka_unit_test_setup(function, open_gate)
#define LIVELY(function) cmocka_unit_test_setup_teardown(function, ask_lively, ask_quiet)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_question_is_answered),
        TEST(test_the_answer_comes_in_pieces),
        TEST(test_a_piece_is_there_before_the_next_one_is_made),
        LIVELY(test_a_silent_stream_gets_comments),
        TEST(test_a_failure_before_the_first_piece_has_its_status),
        TEST(test_a_body_of_a_megabyte_is_400),
        TEST(test_used_up_questions_are_402_with_their_facts),
        TEST(test_a_failure_midway_is_an_event),
        TEST(test_only_accounts_may_ask),
        TEST(test_a_signed_in_browser_may_ask),
        TEST(test_the_clients_own_key_goes_along),
        LIVELY(test_a_client_that_leaves_ends_the_question),
        TEST(test_a_client_that_does_not_read_holds_the_answer_back),
        TEST(test_the_history_has_all_messages),
        TEST(test_a_conversation_that_has_not_begun_is_null),
        TEST(test_a_history_of_any_length_comes_in_bounded_memory),
        TEST(test_a_history_that_breaks_off_is_cut_off),
        TEST(test_a_history_is_forgotten),
        TEST(test_other_methods_are_405),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
