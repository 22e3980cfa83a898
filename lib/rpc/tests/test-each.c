/* Streams that are answered message by message, and hold no thread in between. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"
#include "lib/rpc/tests/echo_descriptor_set.h"

#define DESCRIPTOR (&ocrmesh__test__v1__echo_service__descriptor)

enum { STREAMS = 8, MESSAGES = 50, BIG_BYTES = 300000, UNREAD_MAX = 200 };

/* A server whose Talk is answered message by message, beside the echo of the fixture, whose time
 * limit and arena it uses. */
struct each {
    struct echo *echo;
    struct rpc_server *server;
    struct rpc_channel *channel;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    int messages; /* that were handled */
    int waiting;  /* handlers that wait now */
    bool is_released;
    int ended;
    status_code last_code;
};

static void note(struct each *each, int *counter)
{
    pthread_mutex_lock(&each->mutex);
    ++*counter;
    pthread_cond_broadcast(&each->changed);
    pthread_mutex_unlock(&each->mutex);
}

static void wait_for(struct each *each, const int *counter, int value)
{
    pthread_mutex_lock(&each->mutex);
    while (*counter < value)
        pthread_cond_wait(&each->changed, &each->mutex);
    pthread_mutex_unlock(&each->mutex);
}

static int messages_now(struct each *each)
{
    pthread_mutex_lock(&each->mutex);
    int messages = each->messages;
    pthread_mutex_unlock(&each->mutex);
    return messages;
}

static void wait_until_released(struct each *each)
{
    pthread_mutex_lock(&each->mutex);
    each->waiting++;
    pthread_cond_broadcast(&each->changed);
    while (!each->is_released)
        pthread_cond_wait(&each->changed, &each->mutex);
    pthread_mutex_unlock(&each->mutex);
}

/* The text comes back behind the value of "x-header". */
static status_code answer(struct rpc_call *call, const void *request_data, void *response_data,
                          void *data, struct status *st)
{
    const echo_request *request = request_data;
    echo_response *response = response_data;
    struct each *each = data;
    struct str header = STR("");

    note(each, &each->messages);
    if (request->waits)
        wait_until_released(each);
    if (request->code != 0)
        return FAIL(st, (status_code)request->code, "AS_TOLD", "told to fail");
    (void)rpc_metadata_get(rpc_call_metadata(call), "x-header", &header);
    response->text =
        arena_printf(rpc_call_arena(call), "%.*s%s", (int)header.n, header.p, request->text);
    response->padding.len = (size_t)request->padding_bytes;
    response->padding.data = arena_calloc(rpc_call_arena(call), 1, response->padding.len);
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"Echo", RPC_UNARY, answer},
    {"Talk", RPC_BIDI_STREAM, .each = answer},
};

static void on_call_end(struct rpc_call *call, const struct status *st, int64_t duration_ns,
                        void *data)
{
    struct each *each = data;

    pthread_mutex_lock(&each->mutex);
    each->last_code = st->code;
    pthread_mutex_unlock(&each->mutex);
    note(each, &each->ended);
}

static struct each *each_new(int threads_max, int queue_max, size_t message_max_bytes)
{
    struct each *each = calloc(1, sizeof(*each));
    struct rpc_service service = {DESCRIPTOR, handlers, ARRAY_LENGTH(handlers), each};
    const struct rpc_service *const services[] = {&service};
    const struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .threads_max = threads_max,
        .queue_max = queue_max,
        .message_max_bytes = message_max_bytes,
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
        .on_call_end = on_call_end,
        .on_call_end_data = each,
    };
    struct status st;
    char target[64];

    each->echo = echo_new(NULL);
    (void)pthread_mutex_init(&each->mutex, NULL);
    (void)pthread_cond_init(&each->changed, NULL);
    if (rpc_server_new(&options, services, 1, &each->server, &st) != STATUS_OK)
        fail_msg("server: %s", st.message);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(each->server));
    each->channel = echo_channel_to(target, NULL);
    echo_connect(each->channel);
    return each;
}

static void release(struct each *each)
{
    pthread_mutex_lock(&each->mutex);
    each->is_released = true;
    pthread_cond_broadcast(&each->changed);
    pthread_mutex_unlock(&each->mutex);
}

static void each_free(struct each *each)
{
    release(each);
    rpc_channel_free(each->channel);
    rpc_server_free(each->server);
    echo_free(each->echo);
    pthread_cond_destroy(&each->changed);
    pthread_mutex_destroy(&each->mutex);
    free(each);
}
DEFINE_CLEANUP(struct each *, each)

static struct rpc_stream *open_talk(struct each *each, const struct rpc_call_options *options)
{
    struct rpc_stream *stream;
    struct status st;

    if (rpc_stream_open(each->channel, &ECHO_TALK, options, each->echo->arena, &stream, &st) !=
        STATUS_OK)
        fail_msg("open: %s", st.message);
    return stream;
}

static void write_text(struct rpc_stream *stream, const char *text)
{
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.text = (char *)text;
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
}

static void assert_answer(struct rpc_stream *stream, const char *text)
{
    echo_response *response;

    echo_read(stream, &response);
    assert_string_equal(response->text, text);
}

static void assert_ends(struct rpc_stream *stream, status_code code)
{
    struct status st;

    assert_int_equal(rpc_stream_finish(stream, &st), code);
}

static void test_each_message_is_answered_in_order(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, NULL);
    struct status st;
    char text[32];

    for (int i = 0; i < MESSAGES; i++) { /* several are on their way at a time */
        (void)snprintf(text, sizeof(text), "message %d", i);
        write_text(stream, text);
    }
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    for (int i = 0; i < MESSAGES; i++) {
        (void)snprintf(text, sizeof(text), "message %d", i);
        assert_answer(stream, text);
    }
    assert_ends(stream, STATUS_OK);
    wait_for(each, &each->ended, 1);
    assert_int_equal(each->last_code, STATUS_OK);
}

static void test_streams_between_messages_hold_no_thread(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(1, 0, 0);
    struct rpc_stream *streams[STREAMS];
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    for (int i = 0; i < STREAMS; i++) {
        streams[i] = open_talk(each, NULL);
        write_text(streams[i], "first");
        assert_answer(streams[i], "first");
    }
    request.text = "beside";
    assert_int_equal(
        rpc_unary(each->channel, &ECHO_UNARY, NULL, &request, each->echo->arena, &response, &st),
        STATUS_OK);
    for (int i = 0; i < STREAMS; i++) {
        write_text(streams[i], "second");
        assert_answer(streams[i], "second");
        rpc_stream_free(streams[i]);
    }
}

static void test_every_message_sees_the_calls_metadata(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    const struct rpc_metadata_entry entry = {"x-header", STR("well: ")};
    const struct rpc_call_options options = {.metadata = {&entry, 1}};
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, &options);

    for (int i = 0; i < 2; i++) {
        write_text(stream, "known");
        assert_answer(stream, "well: known");
    }
}

static void test_a_failure_ends_the_stream(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, NULL);
    echo_request request = ECHO_REQUEST;
    struct status st;

    write_text(stream, "before");
    assert_answer(stream, "before");
    request.code = STATUS_NOT_FOUND;
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "AS_TOLD");
}

static void test_a_message_over_the_limit_ends_the_stream(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 1000);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, NULL);
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.padding.len = 1001;
    request.padding.data = arena_calloc(each->echo->arena, 1, request.padding.len);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
}

static void test_an_idle_stream_ends_with_its_client(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    struct rpc_stream *stream = open_talk(each, NULL);

    write_text(stream, "one");
    assert_answer(stream, "one");
    rpc_stream_free(stream);
    wait_for(each, &each->ended, 1);
    assert_int_equal(each->last_code, STATUS_CANCELLED);
}

static void test_a_stream_ends_at_its_deadline(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(500)};
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, &options);

    assert_ends(stream, STATUS_DEADLINE_EXCEEDED);
    wait_for(each, &each->ended, 1);
    /* The client's clock or the server's, whichever goes off first. */
    assert_true(each->last_code == STATUS_DEADLINE_EXCEEDED || each->last_code == STATUS_CANCELLED);
}

static void test_a_full_server_refuses_a_message(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(1, 1, 0);
    _cleanup_(rpc_stream_freep) struct rpc_stream *runs = open_talk(each, NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *first = open_talk(each, NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *second = open_talk(each, NULL);
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.waits = true;
    assert_int_equal(rpc_stream_write(runs, &request, &st), STATUS_OK);
    wait_for(each, &each->waiting, 1);
    /* Of these one waits for the thread, and the other is refused. */
    write_text(first, "queued or refused");
    write_text(second, "queued or refused");
    wait_for(each, &each->ended, 1);
    assert_int_equal(each->last_code, STATUS_RESOURCE_EXHAUSTED);
    release(each);
    echo_response *response;
    echo_read(runs, &response);
}

/* Core's window and one message are all that is taken; the rest waits at the client. */
static void test_a_client_that_takes_no_answers_is_not_read_on(void **state)
{
    _cleanup_(each_freep) struct each *each = each_new(0, 0, 0);
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(1500)};
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = open_talk(each, &options);
    echo_request request = ECHO_REQUEST;
    struct status st;
    int written = 0;

    request.padding_bytes = BIG_BYTES;
    request.padding.len = BIG_BYTES;
    request.padding.data = arena_calloc(each->echo->arena, 1, BIG_BYTES);
    while (written < UNREAD_MAX && rpc_stream_write(stream, &request, &st) == STATUS_OK)
        written++;
    assert_in_range(messages_now(each), 1, UNREAD_MAX / 4);
    assert_true(written < UNREAD_MAX);
}

static void test_a_unary_method_cannot_be_answered_so(void **state)
{
    static const struct rpc_handler wrong[] = {{"Echo", RPC_UNARY, .each = answer}};
    static const struct rpc_service service = {DESCRIPTOR, wrong, ARRAY_LENGTH(wrong), NULL};
    const struct rpc_service *const services[] = {&service};
    const struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_server *server;
    struct status st;

    assert_int_equal(rpc_server_new(&options, services, 1, &server, &st), STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_message_is_answered_in_order),
        cmocka_unit_test(test_streams_between_messages_hold_no_thread),
        cmocka_unit_test(test_every_message_sees_the_calls_metadata),
        cmocka_unit_test(test_a_failure_ends_the_stream),
        cmocka_unit_test(test_a_message_over_the_limit_ends_the_stream),
        cmocka_unit_test(test_an_idle_stream_ends_with_its_client),
        cmocka_unit_test(test_a_stream_ends_at_its_deadline),
        cmocka_unit_test(test_a_full_server_refuses_a_message),
        cmocka_unit_test(test_a_client_that_takes_no_answers_is_not_read_on),
        cmocka_unit_test(test_a_unary_method_cannot_be_answered_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
