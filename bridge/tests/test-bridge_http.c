/*
 * The real bridge process, what it takes and refuses on the wire: heads, bodies, limits, times.
 */

#include <poll.h>
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

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

enum {
    HEAD_MAX_BYTES = 4096,
    CONNECTIONS_MAX = 16,
    STOP_WAIT_MS = 15000, /* half of what a client that does not close is waited for otherwise */
    LOOK_MS = 50,
    TRICKLE_MS = 50,
    TRICKLES_MAX = 1200,
};

static struct fake_mesh *mesh;
static struct service_process *bridge;
/* Without patience, for the tests of that: on a busy machine it would give up the others' requests.
 */
static struct service_process *hasty;

static int start(void **state)
{
    static const char *const settings[] = {"BRIDGE_HEAD_MAX=4KiB", "BRIDGE_CONNECTIONS=16",
                                           "BRIDGE_BODY_MAX=4MiB", NULL};
    static const char *const hasty_settings[] = {
        "BRIDGE_HEAD_TIMEOUT=300ms",  "BRIDGE_BODY_TIMEOUT=300ms",  "BRIDGE_BODY_RATE=1MiB",
        "BRIDGE_IDLE_TIMEOUT=1500ms", "BRIDGE_WRITE_TIMEOUT=500ms", NULL,
    };

    bridge_process_start_all(settings, &mesh, &bridge);
    hasty = bridge_process_start(fake_mesh_port(mesh), hasty_settings);
    return 0;
}

static int stop(void **state)
{
    int status = service_process_end(hasty, SIGTERM);
    int patient_status = bridge_process_end_all(mesh, bridge);

    return status != 0 ? status : patient_status;
}

static int open_connection(void)
{
    return http_client_connect(service_process_port(bridge));
}

static int open_hasty_connection(void)
{
    return http_client_connect(service_process_port(hasty));
}

/* Status of the answer to these bytes; the next request on a new connection works. */
static int ask_length(const char *bytes, size_t length)
{
    struct http_answer answer;
    int fd = open_connection();

    http_client_send(fd, bytes, length);
    http_client_read(fd, &answer);
    int status = answer.status;
    if (status >= 400) {
        assert_non_null(strstr(answer.body.data, "\"error\":\""));
        assert_non_null(strstr(answer.body.data, "\"code\":\""));
        assert_non_null(strstr(answer.body.data, "\"request_id\":\""));
    }
    http_answer_deinit(&answer);
    (void)close(fd);

    fd = open_connection();
    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    (void)close(fd);
    return status;
}

static int ask(const char *text)
{
    return ask_length(text, strlen(text));
}

#define POST_HEAD "POST /api/v1/ocr/ HTTP/1.1\r\nHost: a\r\n"
#define FORM_TYPE "Content-Type: multipart/form-data; boundary=cut\r\n"

static void test_malformed_heads_are_400(void **state)
{
    assert_int_equal(ask("GET / HTTP/1.1\nHost: a\n\n"), 400);
    assert_int_equal(ask("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_int_equal(ask("nonsense\r\n\r\n"), 400);
    assert_int_equal(ask("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), 505);
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    assert_int_equal(ask("GET /%zz?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    assert_int_equal(ask_length("\0\0\0\0\r\n\r\n", 8), 400);
    assert_int_equal(ask(POST_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    assert_int_equal(ask("FROB / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), 417);
}

static void test_heads_over_the_limits_are_refused(void **state)
{
    char text[3 * HEAD_MAX_BYTES];
    int used = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: ");

    memset(text + used, 'x', 2 * HEAD_MAX_BYTES);
    used += 2 * HEAD_MAX_BYTES;
    (void)snprintf(text + used, sizeof(text) - (size_t)used, "\r\n\r\n");
    assert_int_equal(ask(text), 431);

    used = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 101; i++)
        used += snprintf(text + used, sizeof(text) - (size_t)used, "X: y\r\n");
    (void)snprintf(text + used, sizeof(text) - (size_t)used, "\r\n");
    assert_int_equal(ask(text), 431);
}

/* Issue: Bad input. */
static void test_bodies_that_are_no_form_with_a_file_are_400(void **state)
{
    static const char *const bodies[] = {
        POST_HEAD "\r\n",
        POST_HEAD "Content-Length: 0\r\n\r\n",
        POST_HEAD FORM_TYPE "Content-Length: 0\r\n\r\n",
        POST_HEAD FORM_TYPE "\r\n",
        POST_HEAD "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        POST_HEAD "Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\nab",
        POST_HEAD FORM_TYPE "Content-Length: 9\r\n\r\n--cut--\r\n",
        POST_HEAD FORM_TYPE "Content-Length: 7\r\n\r\nno form",
        POST_HEAD FORM_TYPE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST_HEAD FORM_TYPE "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST_HEAD FORM_TYPE "Transfer-Encoding: chunked\r\n\r\n5\r\n--cutX\r\n",
        POST_HEAD FORM_TYPE "Content-Length: 57\r\n\r\n--cut\r\n"
                            "Content-Disposition: form-data; name=\"file\"\r\n\r\nPNG",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        int status = ask(bodies[i]);
        if (status != 400)
            fail_msg("%d for %s", status, bodies[i]);
    }
}

static void test_body_over_the_limit_is_refused_before_it_is_read(void **state)
{
    assert_int_equal(ask(POST_HEAD FORM_TYPE "Content-Length: 4194305\r\n"
                                             "Expect: 100-continue\r\n\r\n"),
                     400);
    /* The plan's limit is smaller, and a form may add 1 MiB to its file. */
    assert_int_equal(ask(POST_HEAD FORM_TYPE "Authorization: Bearer " FAKE_TOKEN_SMALL "\r\n"
                                             "Content-Length: 2097153\r\n"
                                             "Expect: 100-continue\r\n\r\n"),
                     400);
}

/* Also where the router itself refuses. */
static void test_a_refused_submission_tells_that_it_cost_nothing(void **state)
{
    struct http_answer answer;
    int fd = open_connection();

    http_client_send_text(fd, POST_HEAD FORM_TYPE "Content-Length: 4194305\r\n"
                                                  "Expect: 100-continue\r\n\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 400);
    assert_non_null(http_answer_header(&answer, "x-credits-charged"));
    assert_string_equal(http_answer_header(&answer, "x-credits-charged"), "0");
    http_answer_deinit(&answer);
    (void)close(fd);
}

/* API: B5: 401 is answered before the body is read. */
static void test_wrong_token_is_401_before_the_body_is_asked_for(void **state)
{
    static const char *const tokens[] = {"Authorization: Bearer wrong\r\n",
                                         "Authorization: Bearer\r\n",
                                         "Authorization: Basic YTpi\r\n", "Authorization: \r\n"};

    for (size_t i = 0; i < ARRAY_LENGTH(tokens); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text),
                       POST_HEAD FORM_TYPE "%sContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
                       tokens[i]);
        assert_int_equal(ask(text), 401);
    }
}

/* API: B5: so is 402, where the body is worth saving. */
static void test_caller_without_pages_is_402_before_the_body_is_asked_for(void **state)
{
    assert_int_equal(ask(POST_HEAD FORM_TYPE "Authorization: Bearer " FAKE_TOKEN_EMPTY "\r\n"
                                             "Content-Length: 100\r\n"
                                             "Expect: 100-continue\r\n\r\n"),
                     402);
    assert_int_equal(ask(POST_HEAD FORM_TYPE "Authorization: Bearer " FAKE_TOKEN_EMPTY "\r\n"
                                             "Content-Length: 1000000\r\n\r\n"),
                     402);
}

static void test_continue_is_said_to_a_client_that_waits_for_it(void **state)
{
    static const char form[] = "--cut\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n"
                               "PNG\r\n--cut--\r\n";
    char head[512];
    struct http_answer answer;
    int fd = open_connection();

    (void)snprintf(head, sizeof(head),
                   POST_HEAD FORM_TYPE "Authorization: Bearer " FAKE_TOKEN
                                       "\r\nContent-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
                   sizeof(form) - 1);
    http_client_send_text(fd, head);
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 100);
    http_answer_deinit(&answer);
    http_client_send_text(fd, form);
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    (void)close(fd);
}

static void test_requests_on_one_connection_are_answered_in_order(void **state)
{
    struct http_answer answer;
    int fd = open_connection();

    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                              "\r\nGET /nothing HTTP/1.1\r\nHost: a\r\nX-Request-Id: two\r\n\r\n"
                              "GET /api/v1/ocr/done/ HTTP/1.1\r\nHost: a\r\n"
                              "Connection: close\r\n\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 404);
    assert_string_equal(http_answer_header(&answer, "x-request-id"), "two");
    assert_non_null(strstr(answer.body.data, "\"request_id\":\"two\""));
    http_answer_deinit(&answer);
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_false(answer.is_cut);
    assert_string_equal(http_answer_header(&answer, "connection"), "close");
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(fd));
    (void)close(fd);
}

static void test_http10_is_answered_and_closed(void **state)
{
    struct http_answer answer;
    int fd = open_connection();

    http_client_send_text(fd, "GET /api/v1/ocr/done HTTP/1.0\r\n\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_null(http_answer_header(&answer, "transfer-encoding"));
    assert_non_null(strstr(answer.body.data, "\"uuid\":\"done\""));
    http_answer_deinit(&answer);
    (void)close(fd);
}

/* A slow client does not hold a connection for good. */
static void test_head_that_stops_arriving_is_408(void **state)
{
    struct http_answer answer;
    int fd = open_hasty_connection();

    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHo");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 408);
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(fd));
    (void)close(fd);
}

static void test_body_that_stops_arriving_is_408(void **state)
{
    struct http_answer answer;
    int fd = open_hasty_connection();

    http_client_send_text(fd, POST_HEAD FORM_TYPE "Content-Length: 1000\r\n\r\n--cut\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 408);
    http_answer_deinit(&answer);
    (void)close(fd);
}

static void test_idle_connection_is_closed(void **state)
{
    int silent = open_hasty_connection(), used = open_hasty_connection();
    struct http_answer answer;

    http_client_send_text(used, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(used, &answer);
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(silent));
    assert_true(http_client_is_closed(used));
    (void)close(silent);
    (void)close(used);
}

static void test_connections_over_the_limit_are_closed_and_others_work(void **state)
{
    int connections[CONNECTIONS_MAX + 1];
    struct http_answer answer;

    for (size_t i = 0; i < ARRAY_LENGTH(connections); i++)
        connections[i] = open_connection();
    assert_true(http_client_is_closed(connections[CONNECTIONS_MAX]));
    /* That it was closed is seen by the bridge once it looks at the socket: ask on one that has its
     * place already, and then on a new one. */
    http_client_send_text(connections[0], "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(connections[0], &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    for (size_t i = 1; i < ARRAY_LENGTH(connections); i++)
        (void)close(connections[i]);
    http_client_send_text(connections[0], "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(connections[0], &answer);
    http_answer_deinit(&answer);
    (void)close(connections[0]);
    assert_int_equal(ask("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
}

/* The rest of a body that nobody wants is read over, so that the answer is seen. */
static void test_answer_is_seen_by_a_client_that_goes_on_sending(void **state)
{
    static char piece[64 * 1024];
    struct http_answer answer;
    int fd = open_connection();

    memset(piece, 'x', sizeof(piece));
    http_client_send_text(fd, POST_HEAD FORM_TYPE "Content-Length: 4000000\r\n\r\n");
    for (size_t sent = 0; sent < 4000000; sent += sizeof(piece))
        http_client_send(fd, piece, sizeof(piece));
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.body.data, "bad_multipart"));
    http_answer_deinit(&answer);
    (void)close(fd);
}

/* --- HTTP/2 frames by hand (RFC 9113 §4.1) --- */

enum {
    FRAME_HEADER_BYTES = 9,
    FRAME_MAX_BYTES = 16384,
    FRAME_HEADERS = 1,
    FRAME_RST_STREAM = 3,
};

static void read_exactly(int fd, unsigned char *bytes, size_t length)
{
    while (length > 0) {
        assert_false(http_client_is_silent(fd, HTTP_CLIENT_TIMEOUT_MS));
        ssize_t count = read(fd, bytes, length);
        assert_true(count > 0);
        bytes += count;
        length -= (size_t)count;
    }
}

/* Reads frames up to the next of this type; returns its stream. */
static int read_frame(int fd, int type)
{
    unsigned char header[FRAME_HEADER_BYTES];
    static unsigned char payload[FRAME_MAX_BYTES];

    do {
        read_exactly(fd, header, sizeof(header));
        size_t length = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
        assert_true(length <= sizeof(payload));
        read_exactly(fd, payload, length);
    } while (header[3] != type);
    return header[5] << 24 | header[6] << 16 | header[7] << 8 | header[8];
}

/* It opens no window for the answer's body, and so must not hold it for good. */
static void test_http2_client_that_takes_nothing_is_reset(void **state)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                  "\0\0\x06\x04\0\0\0\0\0" /* SETTINGS: initial window 0 */
                                  "\0\x04\0\0\0\0"
                                  /* HEADERS, end of stream and of headers: GET, http, path, host */
                                  "\0\0\x0F\x01\x05\0\0\0\x01"
                                  "\x82\x86\x04\x08/healthz\x41\x01"
                                  "a";
    struct http_answer answer;
    int fd = open_hasty_connection();

    http_client_send(fd, preface, sizeof(preface) - 1);
    assert_int_equal(read_frame(fd, FRAME_HEADERS), 1);
    assert_int_equal(read_frame(fd, FRAME_RST_STREAM), 1);
    (void)close(fd);

    fd = open_hasty_connection();
    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    (void)close(fd);
}

/* Its answer is out, and it stays where it is. */
static void test_client_that_does_not_close_does_not_hold_up_the_stop(void **state)
{
    static const char *const settings[] = {"BRIDGE_DRAIN_TIMEOUT=1m", NULL};
    struct service_process *stopping = bridge_process_start(fake_mesh_port(mesh), settings);
    int fd = http_client_connect(service_process_port(stopping));
    struct http_answer answer;

    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    http_client_read(fd, &answer);
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(fd));

    service_process_signal(stopping, SIGTERM);
    for (int waited_ms = 0;
         waited_ms < STOP_WAIT_MS && !service_process_has_logged(stopping, "\"stopped\"");
         waited_ms += LOOK_MS)
        (void)poll(NULL, 0, LOOK_MS);
    assert_true(service_process_has_logged(stopping, "\"stopped\""));
    assert_int_equal(service_process_wait(stopping), 0);
    (void)close(fd);
}

/* No pause is long, and the body would never end. */
static void test_body_that_trickles_in_is_408(void **state)
{
    struct http_answer answer;
    int fd = open_hasty_connection();

    http_client_send_text(fd, POST_HEAD FORM_TYPE "Content-Length: 1000000\r\n\r\n--cut\r\n");
    for (int sent = 0; http_client_is_silent(fd, TRICKLE_MS); sent++) {
        assert_true(sent < TRICKLES_MAX);
        (void)http_client_try_send(fd, "x", 1);
    }
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 408);
    http_answer_deinit(&answer);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_heads_are_400),
        cmocka_unit_test(test_heads_over_the_limits_are_refused),
        cmocka_unit_test(test_bodies_that_are_no_form_with_a_file_are_400),
        cmocka_unit_test(test_body_over_the_limit_is_refused_before_it_is_read),
        cmocka_unit_test(test_a_refused_submission_tells_that_it_cost_nothing),
        cmocka_unit_test(test_wrong_token_is_401_before_the_body_is_asked_for),
        cmocka_unit_test(test_caller_without_pages_is_402_before_the_body_is_asked_for),
        cmocka_unit_test(test_continue_is_said_to_a_client_that_waits_for_it),
        cmocka_unit_test(test_requests_on_one_connection_are_answered_in_order),
        cmocka_unit_test(test_http10_is_answered_and_closed),
        cmocka_unit_test(test_head_that_stops_arriving_is_408),
        cmocka_unit_test(test_body_that_stops_arriving_is_408),
        cmocka_unit_test(test_body_that_trickles_in_is_408),
        cmocka_unit_test(test_idle_connection_is_closed),
        cmocka_unit_test(test_connections_over_the_limit_are_closed_and_others_work),
        cmocka_unit_test(test_http2_client_that_takes_nothing_is_reset),
        cmocka_unit_test(test_client_that_does_not_close_does_not_hold_up_the_stop),
        cmocka_unit_test(test_answer_is_seen_by_a_client_that_goes_on_sending),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
