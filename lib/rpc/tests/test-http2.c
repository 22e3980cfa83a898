/* The server towards clients that are none of ours: what it takes, what it refuses, and what it
 * bounds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"
#include "lib/rpc/tests/echo_descriptor_set.h"
#include "lib/rpc/tests/http2_peer.h"

/* EchoRequest{text: "well"}, and the same of EchoResponse, in their frames. */
#define ECHO_WELL STR("\0\0\0\0\6\x0a\4well")

enum { SMALL_BYTES = 1000, LOOKAHEAD_BYTES = RPC_MESSAGE_MAX_BYTES };

static void assert_status(const struct http2_answer *answer, const char *http, status_code code)
{
    char number[12];

    (void)snprintf(number, sizeof(number), "%d", (int)code);
    assert_string_equal(http2_answer_field(answer, ":status"), http);
    assert_string_equal(http2_answer_field(answer, "content-type"), "application/grpc");
    assert_string_equal(http2_answer_field(answer, "grpc-status"), number);
}

static void test_a_call_by_hand_is_answered(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct http2_answer *answer =
        http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, ECHO_WELL, true));

    assert_status(answer, "200", STATUS_OK);
    assert_true(str_equal(buf_str(&answer->body), ECHO_WELL));
    assert_false(answer->is_reset);
}

/* A request that is taken, and the head that is refused. */
struct refusal {
    const char *more[5];
    const char *http;
    status_code code;
};

static void test_heads_that_are_no_calls_are_refused(void **state)
{
    static char long_value[20000];
    const struct refusal refusals[] = {
        {{":method", "GET"}, "405", STATUS_INTERNAL},
        {{"content-type", "application/json"}, "415", STATUS_INVALID_ARGUMENT},
        {{"content-type", "application/grpcx"}, "415", STATUS_INVALID_ARGUMENT},
        {{"content-type", ""}, "415", STATUS_INVALID_ARGUMENT},
        {{":path", "/nobody.Service/Nothing"}, "200", STATUS_UNIMPLEMENTED},
        {{":path", "/ocrmesh.test.v1.EchoService/Ech"}, "200", STATUS_UNIMPLEMENTED},
        {{":path", "/ocrmesh.test.v1.EchoService/Echoo"}, "200", STATUS_UNIMPLEMENTED},
        {{"grpc-encoding", "snappy"}, "200", STATUS_UNIMPLEMENTED},
        {{"grpc-timeout", "1x"}, "200", STATUS_INTERNAL},
        {{"grpc-timeout", "123456789S"}, "200", STATUS_INTERNAL},
        {{"x-long", long_value}, "200", STATUS_RESOURCE_EXHAUSTED},
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    memset(long_value, 'a', sizeof(long_value) - 1);
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        const struct http2_answer *answer = http2_peer_finish(
            peer, http2_peer_request(peer, "Echo", refusals[i].more, ECHO_WELL, true));

        assert_status(answer, refusals[i].http, refusals[i].code);
        assert_int_equal(answer->body.length, 0);
    }
    assert_int_equal(echo_count(echo, &echo->ended), 0);
    assert_status(http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, ECHO_WELL, true)),
                  "200", STATUS_OK);
}

static void test_heads_of_other_clients_are_taken(void **state)
{
    const char *const heads[][5] = {
        {"content-type", "application/grpc+proto"},
        {"content-type", "application/grpc;charset=utf-8"},
        {"te", ""},
        {"grpc-timeout", "99999999H"},
        {"grpc-encoding", "identity", "grpc-accept-encoding", "deflate, gzip"},
        {"x-spaces", " between spaces ", "x-a-bin", "AAEC,AAEC="},
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        assert_status(
            http2_peer_finish(peer, http2_peer_request(peer, "Echo", heads[i], ECHO_WELL, true)),
            "200", STATUS_OK);
}

static void test_an_unknown_encoding_is_told_which_are_known(void **state)
{
    const char *const more[] = {"grpc-encoding", "snappy", NULL};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct http2_answer *answer =
        http2_peer_finish(peer, http2_peer_request(peer, "Echo", more, ECHO_WELL, true));

    assert_string_equal(http2_answer_field(answer, "grpc-accept-encoding"),
                        "identity,deflate,gzip");
}

static void test_a_message_for_which_no_encoding_was_named_is_refused(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct str compressed = STR("\1\0\0\0\1x"), unknown = STR("\2\0\0\0\1x");

    assert_status(http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, compressed, true)),
                  "200", STATUS_INTERNAL);
    assert_status(http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, unknown, true)),
                  "200", STATUS_INTERNAL);
    assert_status(http2_peer_finish(peer, http2_peer_request(peer, "Talk", NULL, unknown, true)),
                  "200", STATUS_INTERNAL);
}

static void test_a_request_that_ends_early_is_refused(void **state)
{
    const char *const methods[] = {"Echo", "Collect", "Repeat", "Talk"};
    const struct str torn[] = {STR("\0"), STR("\0\0\0\0"), STR("\0\0\0\0\6"),
                               STR("\0\0\0\0\6\x0a\4w")};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(torn); j++)
            assert_status(
                http2_peer_finish(peer, http2_peer_request(peer, methods[i], NULL, torn[j], true)),
                "200", STATUS_INTERNAL);
}

/* The prefix alone is sent: nobody waits for the rest. */
static void test_a_message_over_the_limit_is_refused_by_its_prefix(void **state)
{
    const struct rpc_server_options options = {.message_max_bytes = SMALL_BYTES};
    const char *const methods[] = {"Echo", "Collect", "Repeat", "Talk"};
    const struct str prefix = STR("\0\xff\xff\xff\xff");
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        const struct http2_answer *answer =
            http2_peer_finish(peer, http2_peer_request(peer, methods[i], NULL, prefix, false));

        assert_status(answer, "200", STATUS_RESOURCE_EXHAUSTED);
        assert_non_null(strstr(http2_answer_field(answer, "grpc-message"), "4294967295"));
    }
}

static void test_an_answer_ahead_of_its_request_ends_it(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct http2_answer *answer =
        http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, ECHO_WELL, false));

    assert_status(answer, "200", STATUS_OK);
    assert_true(str_equal(buf_str(&answer->body), ECHO_WELL));
    assert_true(answer->is_reset);
    assert_int_equal(answer->reset_error, NGHTTP2_NO_ERROR);
}

static void test_text_in_messages_is_escaped(void **state)
{
    /* text: "100% caf\u00e9\n", code: 5 */
    const struct str request = STR("\0\0\0\0\x0f\x0a\x0b"
                                   "100% caf\xc3\xa9\n"
                                   "\x10\5");
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct http2_answer *answer =
        http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, request, true));

    assert_status(answer, "200", STATUS_NOT_FOUND);
    assert_string_equal(http2_answer_field(answer, "grpc-message"),
                        "told to fail: 100%25 caf%C3%A9%0A");
}

/* --- bounds --- */

/* The handler waits, and reads no second message: what may come ahead of it is bounded. */
static void test_a_stream_that_is_not_read_takes_a_bounded_part(void **state)
{
    enum { MESSAGE_BYTES = 100000, MESSAGES = 30 };
    static char zeros[MESSAGE_BYTES];
    _cleanup_(buf_deinit) struct buf body;
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    buf_init(&body, 64 << 20);
    http2_frame_message(&body, 0, STR("\x28\1")); /* waits: true */
    /* text, padding: a field of so many bytes that is passed over */
    zeros[0] = 0x7a;
    zeros[1] = (char)0x9c;
    zeros[2] = (char)0x8d;
    zeros[3] = 6; /* 99,996 bytes */
    for (int i = 0; i < MESSAGES; i++)
        http2_frame_message(&body, 0, (struct str){zeros, sizeof(zeros)});
    const int32_t stream = http2_peer_request(peer, "Collect", NULL, buf_str(&body), true);
    echo_wait(echo, &echo->waiting, 1);
    for (int i = 0; i < 3; i++)
        http2_peer_catch_up(peer);
    assert_in_range(peer->data_bytes_max, LOOKAHEAD_BYTES, 2 * LOOKAHEAD_BYTES);
    echo_release(echo);
    assert_status(http2_peer_finish(peer, stream), "200", STATUS_OK);
    assert_int_equal(peer->data_bytes_max, body.length);
}

/* Another call of the same connection goes on beside one that takes nothing. */
static void test_a_client_that_takes_nothing_holds_nobody_else_up(void **state)
{
    /* count: 1000, padding_bytes: 10000 */
    const struct str much = STR("\0\0\0\0\6\x18\xe8\7\x20\x90\x4e");
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *holding =
        http2_peer_new(rpc_server_port(echo->server), true);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    const int32_t stream = http2_peer_request(holding, "Repeat", NULL, much, true);
    http2_peer_wait(holding, &holding->answers[(stream - 1) / 2].has_headers);
    http2_peer_catch_up(holding);
    assert_in_range(holding->answers[(stream - 1) / 2].body.length, 1, 65535);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
}

static void test_calls_that_are_taken_back_in_a_row_end_the_connection(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (int i = 0; i < 300; i++) {
        const int32_t stream = http2_peer_request(peer, "Collect", NULL, STR(""), false);

        assert_int_equal(
            nghttp2_submit_rst_stream(peer->session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL), 0);
        http2_peer_send(peer);
    }
    http2_peer_wait_end(peer);
    assert_true(peer->is_refused);
    assert_int_equal(peer->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void test_pings_without_calls_end_the_connection(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (int i = 0; i < 4; i++) {
        assert_int_equal(nghttp2_submit_ping(peer->session, NGHTTP2_FLAG_NONE, NULL), 0);
        http2_peer_send(peer);
    }
    http2_peer_wait_end(peer);
    assert_int_equal(peer->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(str_starts_with(buf_str(&peer->goaway_reason), STR("too_many_pings")));
}

static void test_pings_beside_calls_are_answered(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);

    for (int i = 0; i < 20; i++) {
        http2_peer_catch_up(peer);
        assert_status(
            http2_peer_finish(peer, http2_peer_request(peer, "Echo", NULL, ECHO_WELL, true)), "200",
            STATUS_OK);
    }
    assert_false(peer->is_refused);
}

static void test_what_is_no_http2_is_closed(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    static const char request[] = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

    /* Behind a preface it is a frame of nonsense. */
    assert_int_equal(send(peer->fd, request, sizeof(request) - 1, MSG_NOSIGNAL),
                     sizeof(request) - 1);
    http2_peer_wait_end(peer);
}

/* --- the end of connections --- */

static void test_a_connection_of_its_age_is_left_in_two_steps(void **state)
{
    const struct rpc_server_options options = {.connection_age_ms = 10,
                                               .connection_grace_ms = 60000};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct str waits = STR("\0\0\0\0\2\x28\1");
    const int32_t stream = http2_peer_request(peer, "Echo", NULL, waits, true);

    echo_wait(echo, &echo->waiting, 1);
    http2_peer_wait(peer, &peer->is_refused);
    assert_int_equal(peer->goaway_error, NGHTTP2_NO_ERROR);
    /* The first one is for no stream in particular. */
    while (peer->goaway_count < 2)
        http2_peer_catch_up(peer);
    assert_int_equal(peer->goaway_stream, stream);
    echo_release(echo);
    assert_status(http2_peer_finish(peer, stream), "200", STATUS_OK);
    http2_peer_wait_end(peer);
}

static void test_a_call_that_outlasts_the_grace_of_its_connection_is_cancelled(void **state)
{
    const struct rpc_server_options options = {.connection_age_ms = 10, .connection_grace_ms = 10};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct str waits = STR("\0\0\0\0\2\x28\1");

    (void)http2_peer_request(peer, "Echo", NULL, waits, true);
    http2_peer_wait_end(peer);
    echo_wait(echo, &echo->cancelled, 1);
}

static void *drain(void *server)
{
    rpc_server_drain(server, ECHO_TIMEOUT_S * 1000);
    return NULL;
}

/* The first GOAWAY names no call: one that is sent before the client reads it is taken. */
static void test_a_call_that_meets_a_drain_is_served(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(http2_peer_freep) struct http2_peer *peer =
        http2_peer_new(rpc_server_port(echo->server), false);
    const struct str waits = STR("\0\0\0\0\2\x28\1");
    const int32_t first = http2_peer_request(peer, "Echo", NULL, waits, true);
    pthread_t thread;

    echo_wait(echo, &echo->waiting, 1);
    assert_int_equal(pthread_create(&thread, NULL, drain, echo->server), 0);
    http2_peer_await_bytes(peer, NGHTTP2_GOAWAY);
    const int32_t second = http2_peer_request(peer, "Echo", NULL, ECHO_WELL, true);
    assert_status(http2_peer_finish(peer, second), "200", STATUS_OK);
    echo_release(echo);
    assert_status(http2_peer_finish(peer, first), "200", STATUS_OK);
    http2_peer_wait_end(peer);
    assert_int_equal(peer->goaway_count, 2);
    assert_int_equal(peer->goaway_stream, second);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* --- Unix sockets --- */

static status_code give_peer(struct rpc_call *call, const void *request, void *response, void *data,
                             struct status *st)
{
    ((echo_response *)response)->text = arena_strdup(rpc_call_arena(call), rpc_call_peer(call));
    return STATUS_OK;
}

/* Also where a server before has left its file. */
static void test_a_unix_socket_is_served(void **state)
{
    static const struct rpc_handler handlers[] = {{"Echo", RPC_UNARY, give_peer}};
    static const struct rpc_service service = {&ocrmesh__test__v1__echo_service__descriptor,
                                               handlers, ARRAY_LENGTH(handlers), NULL};
    const struct rpc_service *const services[] = {&service};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL); /* its time limit */
    char address[64];
    const struct rpc_server_options options = {
        .address = address,
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };

    (void)snprintf(address, sizeof(address), "unix:/tmp/ocrmesh-http2-%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        _cleanup_(rpc_server_freep) struct rpc_server *server = NULL;
        _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
        echo_request request = ECHO_REQUEST;
        echo_response *response;
        struct status st;

        assert_int_equal(rpc_server_new(&options, services, 1, &server, &st), STATUS_OK);
        channel = echo_channel_to(address, NULL);
        assert_int_equal(
            rpc_unary(channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
            STATUS_OK);
        assert_string_equal(response->text, "unix:");
    }
    (void)unlink(address + strlen("unix:"));
}

static void test_a_port_is_not_shared(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    char address[64];
    const struct rpc_server_options options = {.address = address};
    struct rpc_server *server;
    struct status st;

    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", rpc_server_port(echo->server));
    assert_int_equal(rpc_server_new(&options, NULL, 0, &server, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "ADDRESS_IN_USE");
    (void)snprintf(address, sizeof(address), "no address");
    assert_int_equal(rpc_server_new(&options, NULL, 0, &server, &st), STATUS_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_by_hand_is_answered),
        cmocka_unit_test(test_heads_that_are_no_calls_are_refused),
        cmocka_unit_test(test_heads_of_other_clients_are_taken),
        cmocka_unit_test(test_an_unknown_encoding_is_told_which_are_known),
        cmocka_unit_test(test_a_message_for_which_no_encoding_was_named_is_refused),
        cmocka_unit_test(test_a_request_that_ends_early_is_refused),
        cmocka_unit_test(test_a_message_over_the_limit_is_refused_by_its_prefix),
        cmocka_unit_test(test_an_answer_ahead_of_its_request_ends_it),
        cmocka_unit_test(test_text_in_messages_is_escaped),
        cmocka_unit_test(test_a_stream_that_is_not_read_takes_a_bounded_part),
        cmocka_unit_test(test_a_client_that_takes_nothing_holds_nobody_else_up),
        cmocka_unit_test(test_calls_that_are_taken_back_in_a_row_end_the_connection),
        cmocka_unit_test(test_pings_without_calls_end_the_connection),
        cmocka_unit_test(test_pings_beside_calls_are_answered),
        cmocka_unit_test(test_what_is_no_http2_is_closed),
        cmocka_unit_test(test_a_connection_of_its_age_is_left_in_two_steps),
        cmocka_unit_test(test_a_call_that_outlasts_the_grace_of_its_connection_is_cancelled),
        cmocka_unit_test(test_a_call_that_meets_a_drain_is_served),
        cmocka_unit_test(test_a_unix_socket_is_served),
        cmocka_unit_test(test_a_port_is_not_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
