/* How a server ends: health says so, calls under way are finished or cancelled, no new one. */

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "grpc/health/v1/health.pb-c.h"
#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"

typedef Grpc__Health__V1__HealthCheckRequest health_request;
typedef Grpc__Health__V1__HealthCheckResponse health_response;

static const struct rpc_method watch_method = {&grpc__health__v1__health__descriptor, "Watch",
                                               RPC_SERVER_STREAM};

enum { LONG_MS = 20000, SHORT_MS = 50 };

/* A drain in a thread of its own. */
struct drain {
    struct rpc_server *server;
    int64_t grace_ms;
    pthread_t thread;
};

static void *drain_main(void *data)
{
    struct drain *drain = data;

    rpc_server_drain(drain->server, drain->grace_ms);
    return NULL;
}

static void drain_start(struct drain *drain, const struct echo *echo, int64_t grace_ms)
{
    *drain = (struct drain){.server = echo->server, .grace_ms = grace_ms};
    assert_int_equal(pthread_create(&drain->thread, NULL, drain_main, drain), 0);
}

static void drain_join(struct drain *drain)
{
    assert_int_equal(pthread_join(drain->thread, NULL), 0);
}

static void test_an_idle_server_drains_at_once(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;
    int64_t start = time_mono();

    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
    rpc_server_drain(echo->server, LONG_MS);
    rpc_server_drain(echo->server, LONG_MS);
    assert_true(time_mono() - start < LONG_MS * NANOSECONDS_PER_MS / 2);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_UNAVAILABLE);
}

static void test_a_call_under_way_is_finished_and_watchers_are_told(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *call = NULL, *watcher = NULL;
    health_request health = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    health_response *seen;
    echo_request request = ECHO_REQUEST;
    struct drain drain;
    struct status st;

    watcher = echo_ask(echo, &watch_method, &health, 0);
    echo_read(watcher, &seen);
    assert_int_equal(seen->status,
                     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    request.waits = true;
    call = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);

    drain_start(&drain, echo, LONG_MS);
    echo_read(watcher, &seen);
    assert_int_equal(seen->status,
                     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
    assert_int_equal(rpc_stream_finish(watcher, &st), STATUS_UNAVAILABLE);
    assert_int_equal(echo_count(echo, &echo->cancelled), 0);
    echo_release(echo);
    assert_int_equal(rpc_stream_finish(call, &st), STATUS_OK);
    drain_join(&drain);
}

static void test_a_call_that_outlasts_the_grace_is_cancelled(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *waiting = NULL, *reading = NULL, *writing = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.waits = true;
    waiting = echo_ask(echo, &ECHO_UNARY, &request, 0);
    request.waits = false;
    reading = echo_open(echo, &ECHO_TALK, 0);
    assert_int_equal(rpc_stream_write(reading, &request, &st), STATUS_OK);
    echo_read(reading, &response);
    request.count = 1000;
    request.padding_bytes = 500000;
    writing = echo_ask(echo, &ECHO_REPEAT, &request, 0);
    echo_read(writing, &response);
    echo_wait(echo, &echo->waiting, 1);

    rpc_server_drain(echo->server, SHORT_MS);
    echo_wait(echo, &echo->ended, 3);
    echo_wait(echo, &echo->cancelled, 1);
    assert_int_not_equal(rpc_stream_finish(waiting, &st), STATUS_OK);
    assert_int_not_equal(rpc_stream_finish(reading, &st), STATUS_OK);
    assert_int_not_equal(rpc_stream_finish(writing, &st), STATUS_OK);
}

static void *drain_once_busy(void *data)
{
    struct echo *echo = data;

    echo_wait(echo, &echo->waiting, 1);
    rpc_server_drain(echo->server, SHORT_MS);
    return NULL;
}

/* The retries find nobody. Core 1.51 can lose a retried call then; without a deadline it would
 * never end. */
static void test_a_call_whose_server_went_away_ends(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    pthread_t thread;
    struct status st;

    request.waits = true;
    assert_int_equal(pthread_create(&thread, NULL, drain_once_busy, echo), 0);
    assert_int_not_equal(
        rpc_unary(echo->channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
        STATUS_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void test_calls_that_wait_for_a_thread_are_not_forgotten(void **state)
{
    enum { CALLS = 4 };
    const struct rpc_server_options options = {.threads_max = 1};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    struct rpc_stream *streams[CALLS];
    echo_request request = ECHO_REQUEST;
    struct drain drain;
    struct status st;

    request.waits = true;
    for (int i = 0; i < CALLS; i++)
        streams[i] = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);
    drain_start(&drain, echo, LONG_MS);
    echo_release(echo);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(rpc_stream_finish(streams[i], &st), STATUS_OK);
        rpc_stream_free(streams[i]);
    }
    drain_join(&drain);
}

/* Calls one after the other until it is told to stop. */
struct caller {
    struct rpc_channel *channel;
    atomic_bool stops;
    atomic_int answered;
    _Atomic status_code failure; /* the first one */
    pthread_t thread;
};

static void *caller_main(void *data)
{
    struct caller *caller = data;
    struct status st;

    while (!atomic_load(&caller->stops) && caller->failure == STATUS_OK) {
        _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
        struct rpc_call_options options = {.deadline = time_mono_after_ms(LONG_MS)};
        echo_request request = ECHO_REQUEST;
        echo_response *response;

        caller->failure =
            rpc_unary(caller->channel, &ECHO_UNARY, &options, &request, arena, &response, &st);
        if (caller->failure == STATUS_OK)
            atomic_fetch_add(&caller->answered, 1);
    }
    return NULL;
}

static void test_one_of_two_servers_drains_and_no_call_fails(void **state)
{
    enum { CALLERS = 4 };
    _cleanup_(echo_freep) struct echo *staying = echo_new(NULL);
    _cleanup_(echo_freep) struct echo *leaving = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct caller callers[CALLERS];
    char target[64];

    (void)snprintf(target, sizeof(target), "ipv4:127.0.0.1:%d,127.0.0.1:%d",
                   rpc_server_port(staying->server), rpc_server_port(leaving->server));
    channel = echo_channel_to(target, NULL);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.channel = channel};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]), 0);
    }
    echo_wait(staying, &staying->ended, 1);
    echo_wait(leaving, &leaving->ended, 1);
    rpc_server_drain(leaving->server, LONG_MS);
    for (int i = 0; i < CALLERS; i++) {
        int answered = atomic_load(&callers[i].answered);

        while (atomic_load(&callers[i].answered) < answered + 10 && callers[i].failure == STATUS_OK)
            (void)sched_yield();
        atomic_store(&callers[i].stops, true);
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(callers[i].failure, STATUS_OK);
}

static void test_a_server_is_freed_with_calls_under_way(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *call = NULL;
    echo_request request = ECHO_REQUEST;

    request.waits = true;
    call = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);
    rpc_server_free(TAKE(echo->server));
    assert_int_equal(echo_count(echo, &echo->cancelled), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_server_drains_at_once),
        cmocka_unit_test(test_a_call_under_way_is_finished_and_watchers_are_told),
        cmocka_unit_test(test_a_call_that_outlasts_the_grace_is_cancelled),
        cmocka_unit_test(test_a_call_whose_server_went_away_ends),
        cmocka_unit_test(test_calls_that_wait_for_a_thread_are_not_forgotten),
        cmocka_unit_test(test_one_of_two_servers_drains_and_no_call_fails),
        cmocka_unit_test(test_a_server_is_freed_with_calls_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
