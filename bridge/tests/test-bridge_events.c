/*
 * GET /api/v1/ocr/<uuid>/events/ of the real bridge process, over HTTP/1.1 and HTTP/2, before a
 * service of fixed answers (API: B14).
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

#define EVENTS(job) "/api/v1/ocr/" job "/events/"

#define PROGRESS(job, id, pages_done)                                                              \
    "id: " id "\nevent: progress\ndata: {\"uuid\":\"" job                                          \
    "\",\"status\":\"pending\",\"page_count\":1,\"pages_done\":" pages_done                        \
    ",\"failed_pages\":[]}\n\n"
#define PAGE(job, id, rest)                                                                        \
    "id: " id "\nevent: page\ndata: {\"uuid\":\"" job "\",\"index\":" rest "}\n\n"

#define FIRST(job)  PROGRESS(job, "1", "0")
#define SECOND_PAGE PAGE(FAKE_WAIT, "2p", "1,\"status\":\"done\"")
#define FIRST_PAGE                                                                                 \
    PAGE(                                                                                          \
        FAKE_WAIT, "3p",                                                                           \
        "0,\"status\":\"failed\",\"error\":{\"code\":\"page_corrupt\",\"message\":\"this page is " \
        "damaged\"}")
#define PAGES PROGRESS(FAKE_WAIT, "3", "0")
#define DONE  "id: 7\nevent: done\ndata: {\"uuid\":\"wait\",\"status\":\"done\","

enum { CANCEL_TIMEOUT_MS = 60000 };

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

static int ask_raw(const char *path)
{
    char request[256];
    int fd = http_client_connect(service_process_port(bridge));

    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    http_client_send_text(fd, request);
    return fd;
}

static void test_pages_come_in_order_and_the_end_last(void **state)
{
    static const char events[] = FIRST(FAKE_WAIT) SECOND_PAGE FIRST_PAGE PAGES DONE;

    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, EVENTS(FAKE_WAIT), protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "content-type"),
                            "text/event-stream; charset=utf-8");
        assert_string_equal(http_answer_header(&answer, "x-credits-charged"), "0");
        assert_int_equal(strncmp(answer.body.data, events, strlen(events)), 0);
        assert_null(strstr(answer.body.data + strlen(events), "event:"));
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

static void test_a_failed_job_ends_with_failed(void **state)
{
    struct http_answer answer;

    ASK(&answer, EVENTS(FAKE_FAILED), "--http1.1");
    assert_non_null(strstr(answer.body.data, "id: 7\nevent: failed\ndata: {\"uuid\":\"failed\","));
    assert_null(strstr(answer.body.data, "event: done"));
    http_answer_deinit(&answer);
}

/* Cut off after any event, a client that comes back gets the others, each once. */
static void test_last_event_id_resumes_after_any_event(void **state)
{
    static const struct {
        const char *last_id, *rest;
    } cases[] = {
        {"1", SECOND_PAGE FIRST_PAGE PAGES DONE},
        {"2p", FIRST_PAGE PAGES DONE},
        {"3p", PAGES DONE},
        {"3", DONE},
        {"nonsense", FIRST(FAKE_WAIT) SECOND_PAGE FIRST_PAGE PAGES DONE},
        {"-5", FIRST(FAKE_WAIT) SECOND_PAGE FIRST_PAGE PAGES DONE},
        {"p", FIRST(FAKE_WAIT) SECOND_PAGE FIRST_PAGE PAGES DONE},
        {"9223372036854775808", FIRST(FAKE_WAIT) SECOND_PAGE FIRST_PAGE PAGES DONE},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;
        char field[64];

        (void)snprintf(field, sizeof(field), "Last-Event-ID: %s", cases[i].last_id);
        ASK(&answer, EVENTS(FAKE_WAIT), protocols[i % ARRAY_LENGTH(protocols)], "-H", field);
        assert_int_equal(answer.status, 200);
        if (strncmp(answer.body.data, cases[i].rest, strlen(cases[i].rest)) != 0)
            fail_msg("after %s: %s", cases[i].last_id, answer.body.data);
        http_answer_deinit(&answer);
    }
}

static void test_who_knows_the_end_is_told_to_stop(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, EVENTS(FAKE_WAIT), protocols[i], "-H", "Last-Event-ID: 7");
        assert_int_equal(answer.status, 204);
        http_answer_deinit(&answer);
    }
}

static void test_a_silent_stream_gets_comments(void **state)
{
    struct buf seen;

    buf_init(&seen, 1 << 16);
    fake_mesh_shut_gate(mesh);
    int fd = ask_raw(EVENTS(FAKE_WAIT));
    http_client_read_until(fd, FIRST(FAKE_WAIT), &seen);
    http_client_read_until(fd, ": keep-alive\n\n", &seen);
    assert_null(strstr(seen.data, "event: page"));
    fake_mesh_open_gate(mesh);
    http_client_read_until(fd, "event: done\n", &seen);
    http_client_read_until(fd, "\r\n0\r\n\r\n", &seen);
    (void)close(fd);
    buf_deinit(&seen);
}

static void test_a_failure_before_the_first_event_has_its_status(void **state)
{
    struct http_answer answer;

    ASK(&answer, EVENTS("unknown"), "--http1.1");
    assert_int_equal(answer.status, 404);
    assert_non_null(strstr(answer.body.data, "\"code\":\"job_not_found\""));
    http_answer_deinit(&answer);
    ASK(&answer, EVENTS(FAKE_WAIT), "--http1.1", "-X", "POST");
    assert_int_equal(answer.status, 405);
    http_answer_deinit(&answer);
}

/* The service stops: the stream ends as one whose client comes back. The job goes: it is told. */
static void test_a_watch_that_breaks_off(void **state)
{
    struct http_answer answer;

    ASK(&answer, EVENTS(FAKE_BROKEN), "--http1.1");
    assert_int_equal(answer.status, 200);
    assert_false(answer.is_cut);
    assert_non_null(strstr(answer.body.data, "event: page"));
    assert_null(strstr(answer.body.data, "event: error"));
    http_answer_deinit(&answer);

    ASK(&answer, EVENTS(FAKE_SPLIT), "--http1.1");
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body.data, "event: error\ndata: {\"error\":"));
    assert_non_null(strstr(answer.body.data, "\"code\":\"job_not_found\""));
    http_answer_deinit(&answer);
}

static void test_head_does_not_wait_for_the_end(void **state)
{
    struct http_answer answer;

    ASK(&answer, EVENTS(FAKE_PENDING), "--http1.1", "--head");
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_answer_header(&answer, "content-type"),
                        "text/event-stream; charset=utf-8");
    http_answer_deinit(&answer);
}

static void test_a_client_that_leaves_ends_the_watch(void **state)
{
    struct buf seen;
    int before = fake_mesh_cancelled(mesh);

    buf_init(&seen, 1 << 16);
    int fd = ask_raw(EVENTS(FAKE_PENDING));
    http_client_read_until(fd, "event: progress\n", &seen);
    (void)close(fd);
    assert_true(fake_mesh_wait_cancelled(mesh, before + 1, CANCEL_TIMEOUT_MS));
    buf_deinit(&seen);
}

#define TEST(function)   cmocka_unit_test_setup(function, open_gate)
#define LIVELY(function) cmocka_unit_test_setup_teardown(function, ask_lively, ask_quiet)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pages_come_in_order_and_the_end_last),
        TEST(test_a_failed_job_ends_with_failed),
        TEST(test_last_event_id_resumes_after_any_event),
        TEST(test_who_knows_the_end_is_told_to_stop),
        LIVELY(test_a_silent_stream_gets_comments),
        TEST(test_a_failure_before_the_first_event_has_its_status),
        TEST(test_a_watch_that_breaks_off),
        TEST(test_head_does_not_wait_for_the_end),
        LIVELY(test_a_client_that_leaves_ends_the_watch),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
