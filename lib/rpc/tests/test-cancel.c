/* Deadlines and cancellation, from either side and through a server to the next one. */

#include <pthread.h>
#include <sched.h>
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

/* SOON_MS: in which a call reaches its handler, on a machine at full load. */
enum { SOON_MS = 1000, BIG_BYTES = 500000 };

static void test_a_deadline_ends_the_call_on_both_sides(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.waits = true;
    echo_connect(echo->channel);
    struct rpc_call_options options = {.deadline = time_mono_after_ms(SOON_MS)};
    assert_int_equal(
        rpc_unary(echo->channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
        STATUS_DEADLINE_EXCEEDED);
    echo_wait(echo, &echo->cancelled, 1);
    echo_wait(echo, &echo->ended, 1);
}

static void test_a_deadline_that_has_passed_fails_at_once(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_call_options options = {.deadline = time_mono() - 1};
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(
        rpc_unary(echo->channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
        STATUS_DEADLINE_EXCEEDED);
}

static void test_a_handler_is_told_that_its_client_cancelled(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.waits = true;
    stream = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);
    rpc_stream_cancel(stream);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_CANCELLED);
    echo_wait(echo, &echo->cancelled, 1);
}

static void test_a_handler_is_told_that_its_client_went_away(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;

    request.waits = true;
    struct rpc_stream *stream = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);
    rpc_stream_free(stream);
    echo_wait(echo, &echo->cancelled, 1);
}

static void test_a_handler_that_reads_is_woken(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &ECHO_TALK, 0);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    echo_read(stream, &response);
    rpc_stream_cancel(stream);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_CANCELLED);
    echo_wait(echo, &echo->ended, 1);
    assert_int_equal(echo->last_code, STATUS_CANCELLED);
}

static void test_a_handler_that_writes_to_nobody_is_woken(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.count = 1000;
    request.padding_bytes = BIG_BYTES;
    stream = echo_ask(echo, &ECHO_REPEAT, &request, 0);
    echo_read(stream, &response);
    assert_int_equal(echo_count(echo, &echo->ended), 0); /* it waits for room */
    rpc_stream_cancel(stream);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_CANCELLED);
    echo_wait(echo, &echo->ended, 1);
    assert_int_equal(echo->last_code, STATUS_CANCELLED);
}

static void test_a_client_that_writes_to_a_server_that_has_answered_is_woken(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &ECHO_COLLECT, 0);
    echo_request request = ECHO_REQUEST;
    int written = 0;
    struct status st;

    request.code = STATUS_PERMISSION_DENIED;
    request.padding.len = BIG_BYTES;
    request.padding.data = arena_calloc(echo->arena, 1, request.padding.len);
    while (written < 1000 && rpc_stream_write(stream, &request, &st) == STATUS_OK)
        written++;
    assert_true(written < 1000);
    assert_string_equal(st.reason, "STREAM_ENDED");
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_PERMISSION_DENIED);
}

/* --- asked late --- */

/* A handler that looks only when its client has gone long since. */
struct late {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_there, may_ask, has_seen;
};

static void late_set(struct late *late, bool *flag)
{
    pthread_mutex_lock(&late->mutex);
    *flag = true;
    pthread_cond_broadcast(&late->changed);
    pthread_mutex_unlock(&late->mutex);
}

static void late_wait(struct late *late, const bool *flag)
{
    pthread_mutex_lock(&late->mutex);
    while (!*flag)
        pthread_cond_wait(&late->changed, &late->mutex);
    pthread_mutex_unlock(&late->mutex);
}

static status_code ask_late(struct rpc_call *call, const void *request, void *response, void *data,
                            struct status *st)
{
    struct late *late = data;

    late_set(late, &late->is_there);
    late_wait(late, &late->may_ask);
    while (!rpc_call_is_cancelled(call))
        (void)sched_yield();
    late_set(late, &late->has_seen);
    return STATUS_OK;
}

static void test_a_handler_that_asks_late_is_told_of_what_happened_before(void **state)
{
    static const struct rpc_handler handlers[] = {{"Echo", RPC_UNARY, ask_late}};
    struct late late = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct rpc_service service = {&ocrmesh__test__v1__echo_service__descriptor, handlers,
                                  ARRAY_LENGTH(handlers), &late};
    const struct rpc_service *const services[] = {&service};
    const struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL); /* its time limit */
    _cleanup_(rpc_server_freep) struct rpc_server *server = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct rpc_stream *stream;
    echo_request request = ECHO_REQUEST;
    struct status st;
    char target[64];

    assert_int_equal(rpc_server_new(&options, services, 1, &server, &st), STATUS_OK);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(server));
    channel = echo_channel_to(target, NULL);
    assert_int_equal(rpc_stream_open(channel, &ECHO_UNARY, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    late_wait(&late, &late.is_there);
    rpc_stream_free(stream);
    late_set(&late, &late.may_ask);
    late_wait(&late, &late.has_seen);
}

/* --- through a server --- */

/* Calls the echo service behind it on behalf of its own call. */
static status_code forward(struct rpc_call *call, const void *request, void *response, void *data,
                           struct status *st)
{
    struct rpc_call_options options = {.parent = call};
    struct echo *behind = data;
    echo_response *answer;

    TRY(rpc_unary(behind->channel, &ECHO_UNARY, &options, request, rpc_call_arena(call), &answer,
                  st));
    ((echo_response *)response)->text = answer->text;
    return STATUS_OK;
}

static const struct rpc_handler forward_handlers[] = {{"Echo", RPC_UNARY, forward}};

/* A server in front of the echo service, and a channel to it. */
struct front {
    struct rpc_server *server;
    struct rpc_channel *channel;
};

static struct front *front_new(struct echo *behind)
{
    struct rpc_service service = {&ocrmesh__test__v1__echo_service__descriptor, forward_handlers,
                                  ARRAY_LENGTH(forward_handlers), behind};
    const struct rpc_service *const services[] = {&service};
    struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };
    struct front *front = calloc(1, sizeof(*front));
    struct status st;
    char target[64];

    assert_int_equal(rpc_server_new(&options, services, 1, &front->server, &st), STATUS_OK);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(front->server));
    front->channel = echo_channel_to(target, NULL);
    return front;
}

static void front_free(struct front *front)
{
    rpc_channel_free(front->channel);
    rpc_server_free(front->server);
    free(front);
}
DEFINE_CLEANUP(struct front *, front)

static void test_a_call_goes_on_to_the_next_server(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(front_freep) struct front *front = front_new(echo);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.text = "far";
    assert_int_equal(
        rpc_unary(front->channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
        STATUS_OK);
    assert_string_equal(response->text, "far");
    request.code = STATUS_NOT_FOUND;
    assert_int_equal(
        rpc_unary(front->channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
        STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "AS_TOLD");
}

static void test_a_deadline_goes_on_to_the_next_server(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(front_freep) struct front *front = front_new(echo);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.waits = true;
    echo_connect(echo->channel);
    echo_connect(front->channel);
    struct rpc_call_options options = {.deadline = time_mono_after_ms(SOON_MS)};
    assert_int_equal(
        rpc_unary(front->channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
        STATUS_DEADLINE_EXCEEDED);
    echo_wait(echo, &echo->cancelled, 1);
}

static void test_a_cancellation_goes_on_to_the_next_server(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(front_freep) struct front *front = front_new(echo);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.waits = true;
    assert_int_equal(rpc_stream_open(front->channel, &ECHO_UNARY, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    echo_wait(echo, &echo->waiting, 1);
    rpc_stream_cancel(stream);
    echo_wait(echo, &echo->cancelled, 1);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deadline_ends_the_call_on_both_sides),
        cmocka_unit_test(test_a_deadline_that_has_passed_fails_at_once),
        cmocka_unit_test(test_a_handler_is_told_that_its_client_cancelled),
        cmocka_unit_test(test_a_handler_is_told_that_its_client_went_away),
        cmocka_unit_test(test_a_handler_that_reads_is_woken),
        cmocka_unit_test(test_a_handler_that_writes_to_nobody_is_woken),
        cmocka_unit_test(test_a_client_that_writes_to_a_server_that_has_answered_is_woken),
        cmocka_unit_test(test_a_handler_that_asks_late_is_told_of_what_happened_before),
        cmocka_unit_test(test_a_call_goes_on_to_the_next_server),
        cmocka_unit_test(test_a_deadline_goes_on_to_the_next_server),
        cmocka_unit_test(test_a_cancellation_goes_on_to_the_next_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
