/*
 * HTTP/2 as no proper client speaks it, to the real bridge process: requests that would become
 * other ones where a proxy writes them down as HTTP/1.1, and floods. After each the process answers
 * the next client.
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
#include <nghttp2/nghttp2.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http2_frames.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"
#include "lib/wire/http2_flood.h"

enum {
    BLOCK_MAX_BYTES = 64 * 1024,
    FIELDS_MAX = 8,
    RESET = -1, /* the stream is reset: PROTOCOL_ERROR */
    GONE = -2,  /* the connection ends */
    CONTINUATIONS = 40,
    TRICKLE_MS = 50,
    TRICKLES_MAX = 1200,
};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    bridge_process_start_all(NULL, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

static void check_next_client(void)
{
    struct http_answer answer;

    http_client_curl(service_process_port(bridge), "/healthz",
                     (const char *const[]){"--http2-prior-knowledge", NULL}, &answer);
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
}

/* What becomes of stream 1: its status, RESET or GONE. */
static int read_outcome(int fd)
{
    static struct http2_frame frame;

    while (http2_frames_read(fd, &frame)) {
        if (frame.type == NGHTTP2_HEADERS && frame.stream == 1)
            return http2_frames_status(&frame);
        if (frame.type == NGHTTP2_RST_STREAM && frame.stream == 1) {
            assert_int_equal(http2_frames_error(&frame), NGHTTP2_PROTOCOL_ERROR);
            return RESET;
        }
        if (frame.type == NGHTTP2_GOAWAY && http2_frames_error(&frame) != NGHTTP2_NO_ERROR)
            return GONE;
    }
    return GONE;
}

/* --- requests --- */

struct head_case {
    const char *what;
    int outcome;
    struct {
        struct str name, value;
    } fields[FIELDS_MAX];
    const char *body; /* NULL: none */
};

#define FIELD(name, value) {{(name), sizeof(name) - 1}, {(value), sizeof(value) - 1}}
#define METHOD             FIELD(":method", "GET")
#define POST               FIELD(":method", "POST")
#define SCHEME             FIELD(":scheme", "http")
#define PATH               FIELD(":path", "/healthz")
#define AUTHORITY          FIELD(":authority", "a")
#define GET                METHOD, SCHEME, PATH, AUTHORITY

static const struct head_case head_cases[] = {
    {"a sound request", 200, {GET}, NULL},
    {"Host in place of :authority", 200, {METHOD, SCHEME, PATH, FIELD("host", "a")}, NULL},
    {"Host like :authority", 200, {GET, FIELD("host", "A")}, NULL},
    {"Host unlike :authority", 400, {GET, FIELD("host", "b")}, NULL},
    {"two Hosts", RESET, {METHOD, SCHEME, PATH, FIELD("host", "a"), FIELD("host", "b")}, NULL},
    {"no :method", RESET, {SCHEME, PATH, AUTHORITY}, NULL},
    {"no :scheme", RESET, {METHOD, PATH, AUTHORITY}, NULL},
    {"no :path", RESET, {METHOD, SCHEME, AUTHORITY}, NULL},
    {"an empty :path", RESET, {METHOD, SCHEME, FIELD(":path", ""), AUTHORITY}, NULL},
    {"a relative :path", RESET, {METHOD, SCHEME, FIELD(":path", "healthz"), AUTHORITY}, NULL},
    {"a :path with a request in it",
     RESET,
     {METHOD, SCHEME, FIELD(":path", "/healthz HTTP/1.1\r\nHost: b\r\n\r\n"), AUTHORITY},
     NULL},
    {"a :path with a space", RESET, {METHOD, SCHEME, FIELD(":path", "/heal thz"), AUTHORITY}, NULL},
    {"a :path with a fragment",
     400,
     {METHOD, SCHEME, FIELD(":path", "/healthz#a"), AUTHORITY},
     NULL},
    {"a :method with a request in it",
     RESET,
     {FIELD(":method", "GET / HTTP/1.1\r\n\r\nGET"), SCHEME, PATH, AUTHORITY},
     NULL},
    {"an empty :method", RESET, {FIELD(":method", ""), SCHEME, PATH, AUTHORITY}, NULL},
    {"an :authority with a line",
     RESET,
     {METHOD, SCHEME, PATH, FIELD(":authority", "a\r\nX: y")},
     NULL},
    {"two :path", RESET, {GET, PATH}, NULL},
    {"two :method", RESET, {GET, METHOD}, NULL},
    {"two :authority", RESET, {GET, AUTHORITY}, NULL},
    {"an unknown pseudo field", RESET, {GET, FIELD(":other", "a")}, NULL},
    {"a response's pseudo field", RESET, {GET, FIELD(":status", "200")}, NULL},
    {"a pseudo field behind others",
     RESET,
     {METHOD, SCHEME, PATH, FIELD("x", "y"), AUTHORITY},
     NULL},
    {"a name in capitals", RESET, {GET, FIELD("X-Other", "a")}, NULL},
    {"an empty name", RESET, {GET, FIELD("", "a")}, NULL},
    {"a colon in a name", RESET, {GET, FIELD("x:y", "a")}, NULL},
    {"a space in a name", RESET, {GET, FIELD("x y", "a")}, NULL},
    {"a line end in a name", RESET, {GET, FIELD("x\r\ny", "a")}, NULL},
    {"a line end in a value", RESET, {GET, FIELD("x", "a\r\nhost: b")}, NULL},
    {"a bare LF in a value", RESET, {GET, FIELD("x", "a\nhost: b")}, NULL},
    {"a NUL in a value", RESET, {GET, FIELD("x", "a\0b")}, NULL},
    {"connection", RESET, {GET, FIELD("connection", "close")}, NULL},
    {"keep-alive", RESET, {GET, FIELD("keep-alive", "5")}, NULL},
    {"upgrade", RESET, {GET, FIELD("upgrade", "h2c")}, NULL},
    {"transfer-encoding",
     RESET,
     {POST, SCHEME, PATH, AUTHORITY, FIELD("transfer-encoding", "chunked")},
     "0\r\n\r\n"},
    {"te: gzip", RESET, {GET, FIELD("te", "gzip")}, NULL},
    {"te: trailers", 200, {GET, FIELD("te", "trailers")}, NULL},
    {"a length that is none",
     RESET,
     {POST, SCHEME, PATH, AUTHORITY, FIELD("content-length", "+5")},
     "hello"},
    {"a list of lengths",
     RESET,
     {POST, SCHEME, PATH, AUTHORITY, FIELD("content-length", "5, 5")},
     "hello"},
    {"two lengths",
     RESET,
     {POST, SCHEME, PATH, AUTHORITY, FIELD("content-length", "5"), FIELD("content-length", "6")},
     "hello"},
    {"a length and no body", RESET, {GET, FIELD("content-length", "5")}, NULL},
    {"another expectation", 200, {GET, FIELD("expect", "tea")}, NULL},
    {"CONNECT", 405, {FIELD(":method", "CONNECT"), AUTHORITY}, NULL},
    {"CONNECT with a path", RESET, {FIELD(":method", "CONNECT"), SCHEME, PATH, AUTHORITY}, NULL},
};

static bool passes(const struct head_case *head_case)
{
    int fd = http2_frames_connect(service_process_port(bridge));
    int end = head_case->body == NULL ? NGHTTP2_FLAG_END_STREAM : 0;
    struct buf block;

    buf_init(&block, BLOCK_MAX_BYTES);
    for (size_t i = 0; i < FIELDS_MAX && head_case->fields[i].name.p != NULL; i++)
        http2_frames_add_field(&block, head_case->fields[i].name, head_case->fields[i].value);
    http2_frames_send(fd, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | end, 1, buf_str(&block));
    if (head_case->body != NULL)
        http2_frames_send(fd, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, str_of(head_case->body));
    int outcome = read_outcome(fd);
    if (outcome != head_case->outcome)
        print_error("%s: %d, not %d\n", head_case->what, outcome, head_case->outcome);
    buf_deinit(&block);
    (void)close(fd);
    return outcome == head_case->outcome;
}

static void test_heads(void **state)
{
    size_t passed = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(head_cases); i++)
        passed += passes(&head_cases[i]);
    assert_int_equal(passed, ARRAY_LENGTH(head_cases));
    check_next_client();
}

static void test_frames_out_of_place_end_the_connection(void **state)
{
    static const struct {
        const char *what;
        int type, flags;
        int32_t stream;
        struct str payload;
    } cases[] = {
        {"DATA without a stream", NGHTTP2_DATA, 0, 0, {"a", 1}},
        {"DATA of a stream that is not open", NGHTTP2_DATA, 0, 1, {"a", 1}},
        {"HEADERS without a stream", NGHTTP2_HEADERS, 4, 0, {"\x82", 1}},
        {"HEADERS of a server's stream", NGHTTP2_HEADERS, 5, 2, {"\x82\x86\x84", 3}},
        {"a header block that is none", NGHTTP2_HEADERS, 5, 1, {"\xff\xff\xff\xff\xff", 5}},
        {"CONTINUATION without HEADERS", NGHTTP2_CONTINUATION, 4, 1, {"\x82", 1}},
        {"PUSH_PROMISE", NGHTTP2_PUSH_PROMISE, 4, 1, {"\0\0\0\x02\x82", 5}},
        {"SETTINGS of half a value", NGHTTP2_SETTINGS, 0, 0, {"\0\x01\0", 3}},
        {"SETTINGS of a stream", NGHTTP2_SETTINGS, 0, 1, {"", 0}},
        {"a window beyond its end", NGHTTP2_WINDOW_UPDATE, 0, 0, {"\x7f\xff\xff\xff", 4}},
        {"a window of nothing", NGHTTP2_WINDOW_UPDATE, 0, 0, {"\0\0\0\0", 4}},
        {"PING of 4 bytes", NGHTTP2_PING, 0, 0, {"aaaa", 4}},
        {"RST_STREAM of an idle stream", NGHTTP2_RST_STREAM, 0, 1, {"\0\0\0\0", 4}},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int fd = http2_frames_connect(service_process_port(bridge));

        http2_frames_send(fd, cases[i].type, cases[i].flags, cases[i].stream, cases[i].payload);
        if (read_outcome(fd) != GONE)
            fail_msg("%s is let pass", cases[i].what);
        (void)close(fd);
    }
    check_next_client();
}

static void test_an_unknown_frame_is_passed_over(void **state)
{
    int fd = http2_frames_connect(service_process_port(bridge));

    http2_frames_send(fd, 0x42, 0, 0, STR("whatever"));
    http2_frames_send(fd, NGHTTP2_HEADERS, 5, 1,
                      STR("\x82\x86\x84\x41\x01"
                          "a"));
    assert_int_equal(read_outcome(fd), 200);
    (void)close(fd);
}

/* --- floods --- */

/* Sends `count` times; the other side ends, with GOAWAY unless more is unanswered than it keeps. */
static void check_flood(int count, void (*send_one)(int fd, int i))
{
    static struct http2_frame frame;
    int fd = http2_frames_connect(service_process_port(bridge));

    for (int i = 0; i < count; i++)
        send_one(fd, i);
    while (http2_frames_read(fd, &frame))
        if (frame.type == NGHTTP2_GOAWAY)
            assert_int_equal(http2_frames_error(&frame), NGHTTP2_ENHANCE_YOUR_CALM);
    (void)close(fd);
    check_next_client();
}

#define SMALL_GET                                                                                  \
    STR("\x82\x86\x04\x08/healthz\x41\x01"                                                         \
        "a")

/* CVE-2023-44487. */
static void send_request_and_reset(int fd, int i)
{
    http2_frames_send(fd, NGHTTP2_HEADERS, 5, 2 * i + 1, SMALL_GET);
    http2_frames_send(fd, NGHTTP2_RST_STREAM, 0, 2 * i + 1, STR("\0\0\0\x08"));
}

static void test_requests_that_are_taken_back_end_the_connection(void **state)
{
    check_flood(2 * HTTP2_FLOOD_RESETS_MAX, send_request_and_reset);
}

/* CVE-2025-8671: the server is made to take them back, here by a body longer than its length. */
static void send_request_to_be_reset(int fd, int i)
{
    http2_frames_send(fd, NGHTTP2_HEADERS, 4, 2 * i + 1,
                      STR("\x83\x86\x04\x0c/api/v1/ocr/\x41\x01"
                          "a"
                          "\x0f\x0d\x01"
                          "1"));
    http2_frames_send(fd, NGHTTP2_DATA, 0, 2 * i + 1, STR("hello"));
}

static void test_requests_that_we_have_to_take_back_end_the_connection(void **state)
{
    check_flood(2 * HTTP2_FLOOD_RESETS_MAX, send_request_to_be_reset);
}

static void send_ping(int fd, int i)
{
    http2_frames_send(fd, NGHTTP2_PING, 0, 0, STR("12345678"));
}

static void send_settings(int fd, int i)
{
    http2_frames_send(fd, NGHTTP2_SETTINGS, 0, 0, STR(""));
}

static void send_priority(int fd, int i)
{
    http2_frames_send(fd, NGHTTP2_PRIORITY, 0, 1, STR("\0\0\0\0\x10"));
}

static void send_empty_data(int fd, int i)
{
    if (i == 0)
        http2_frames_send(fd, NGHTTP2_HEADERS, 4, 1,
                          STR("\x83\x86\x04\x0c/api/v1/ocr/\x41\x01"
                              "a"));
    http2_frames_send(fd, NGHTTP2_DATA, 0, 1, STR(""));
}

static void test_frames_that_carry_nothing_end_the_connection(void **state)
{
    static void (*const floods[])(int fd, int i) = {
        send_ping,
        send_settings,
        send_priority,
        send_empty_data,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(floods); i++)
        check_flood(2 * HTTP2_FLOOD_IDLE_MAX, floods[i]);
}

/* CVE-2024-28182: a header block that never ends. */
static void test_a_header_block_without_end_ends_the_connection(void **state)
{
    int fd = http2_frames_connect(service_process_port(bridge));

    http2_frames_send(fd, NGHTTP2_HEADERS, 0, 1, STR("\x82\x86\x84"));
    for (int i = 0; i < CONTINUATIONS; i++)
        http2_frames_send(fd, NGHTTP2_CONTINUATION, 0, 1, STR("\x90"));
    assert_int_equal(read_outcome(fd), GONE);
    (void)close(fd);
    check_next_client();
}

/* Stream 1's status, which comes in the middle of its body. */
static int trickle(int fd)
{
    static struct http2_frame frame;

    for (int sent = 0; sent < TRICKLES_MAX; sent++) {
        while (!http_client_is_silent(fd, TRICKLE_MS)) {
            if (!http2_frames_read(fd, &frame))
                return GONE;
            if (frame.type == NGHTTP2_HEADERS && frame.stream == 1)
                return http2_frames_status(&frame);
        }
        http2_frames_send(fd, NGHTTP2_DATA, 0, 1, STR("x"));
    }
    return RESET;
}

static void test_a_body_that_trickles_in_is_408(void **state)
{
    static const char *const settings[] = {"BRIDGE_BODY_TIMEOUT=300ms", "BRIDGE_BODY_RATE=1MiB",
                                           NULL};
    struct service_process *hasty = bridge_process_start(fake_mesh_port(mesh), settings);
    int fd = http2_frames_connect(service_process_port(hasty));
    struct buf block;

    buf_init(&block, BLOCK_MAX_BYTES);
    http2_frames_add_field(&block, STR(":method"), STR("POST"));
    http2_frames_add_field(&block, STR(":scheme"), STR("http"));
    http2_frames_add_field(&block, STR(":path"), STR("/api/v1/ocr/"));
    http2_frames_add_field(&block, STR(":authority"), STR("a"));
    http2_frames_add_field(&block, STR("content-type"), STR("multipart/form-data; boundary=b"));
    http2_frames_send(fd, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, buf_str(&block));
    buf_deinit(&block);
    assert_int_equal(trickle(fd), 408);
    (void)close(fd);
    assert_int_equal(service_process_end(hasty, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_frames_out_of_place_end_the_connection),
        cmocka_unit_test(test_an_unknown_frame_is_passed_over),
        cmocka_unit_test(test_requests_that_are_taken_back_end_the_connection),
        cmocka_unit_test(test_requests_that_we_have_to_take_back_end_the_connection),
        cmocka_unit_test(test_frames_that_carry_nothing_end_the_connection),
        cmocka_unit_test(test_a_header_block_without_end_ends_the_connection),
        cmocka_unit_test(test_a_body_that_trickles_in_is_408),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
