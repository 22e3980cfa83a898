/* grpc.health.v1.Health, as any stock client asks it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "grpc/health/v1/health.pb-c.h"
#include "lib/rpc/health.h"
#include "lib/rpc/tests/echo.h"

#define SERVING         GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
#define ECHO_SERVICE    "ocrmesh.test.v1.EchoService"

typedef Grpc__Health__V1__HealthCheckRequest health_request;
typedef Grpc__Health__V1__HealthCheckResponse health_response;

static const struct rpc_method check_method = {&grpc__health__v1__health__descriptor, "Check",
                                               RPC_UNARY};
static const struct rpc_method watch_method = {&grpc__health__v1__health__descriptor, "Watch",
                                               RPC_SERVER_STREAM};

/* The status of a service; -1 when the check fails, with the reason in *st. */
static int check(struct echo *echo, const char *service, struct status *st)
{
    health_request request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    health_response *response;

    request.service = (char *)service;
    return rpc_unary(echo->channel, &check_method, NULL, &request, echo->arena, &response, st) ==
                   STATUS_OK
               ? (int)response->status
               : -1;
}

static struct rpc_stream *watch(struct echo *echo, const char *service)
{
    health_request request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;

    request.service = (char *)service;
    return echo_ask(echo, &watch_method, &request, 0);
}

static int next_status(struct rpc_stream *stream)
{
    health_response *response;

    echo_read(stream, &response);
    return (int)response->status;
}

static void test_check_tells_how_a_service_is(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct status st;

    assert_int_equal(check(echo, "", &st), SERVING);
    assert_int_equal(check(echo, ECHO_SERVICE, &st), SERVING);
    rpc_server_set_serving(echo->server, ECHO_SERVICE, false);
    assert_int_equal(check(echo, ECHO_SERVICE, &st), NOT_SERVING);
    assert_int_equal(check(echo, "", &st), SERVING);
    rpc_server_set_serving(echo->server, "nobody", false);
    assert_int_equal(check(echo, "nobody", &st), -1);
    assert_int_equal(st.code, STATUS_NOT_FOUND);
}

static void test_watch_tells_each_change(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = watch(echo, ECHO_SERVICE);
    _cleanup_(rpc_stream_freep) struct rpc_stream *unknown = watch(echo, "nobody");

    assert_int_equal(next_status(unknown), SERVICE_UNKNOWN);
    assert_int_equal(next_status(stream), SERVING);
    for (int i = 0; i < 20; i++) {
        rpc_server_set_serving(echo->server, ECHO_SERVICE, false);
        assert_int_equal(next_status(stream), NOT_SERVING);
        rpc_server_set_serving(echo->server, ECHO_SERVICE, false); /* no change */
        rpc_server_set_serving(echo->server, ECHO_SERVICE, true);
        assert_int_equal(next_status(stream), SERVING);
    }
}

static void test_watchers_hold_no_thread(void **state)
{
    enum { WATCHERS = 50 };
    const struct rpc_server_options options = {.threads_max = 1};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    struct rpc_stream *streams[WATCHERS];
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    for (int i = 0; i < WATCHERS; i++) {
        streams[i] = watch(echo, "");
        assert_int_equal(next_status(streams[i]), SERVING);
    }
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
    rpc_server_set_serving(echo->server, "", false);
    for (int i = 0; i < WATCHERS; i++) {
        assert_int_equal(next_status(streams[i]), NOT_SERVING);
        rpc_stream_free(streams[i]);
    }
}

static void test_check_answers_while_every_thread_is_busy(void **state)
{
    const struct rpc_server_options options = {.threads_max = 1, .queue_max = 1};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(rpc_stream_freep) struct rpc_stream *busy = NULL;
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.waits = true;
    busy = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, 1);
    assert_int_equal(check(echo, "", &st), SERVING);
}

static void test_watchers_beyond_the_limit_are_refused(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_stream *streams[RPC_HEALTH_WATCHERS_MAX];
    int watching = 0;
    struct status st;

    /* The channel is a watcher too. */
    for (; watching < RPC_HEALTH_WATCHERS_MAX - 1; watching++) {
        streams[watching] = watch(echo, "");
        assert_int_equal(next_status(streams[watching]), SERVING);
    }
    _cleanup_(rpc_stream_freep) struct rpc_stream *one_more = watch(echo, "");
    assert_int_equal(rpc_stream_finish(one_more, &st), STATUS_RESOURCE_EXHAUSTED);
    while (watching > 0)
        rpc_stream_free(streams[--watching]);
    _cleanup_(rpc_stream_freep) struct rpc_stream *again = watch(echo, "");
    assert_int_equal(next_status(again), SERVING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_tells_how_a_service_is),
        cmocka_unit_test(test_watch_tells_each_change),
        cmocka_unit_test(test_watchers_hold_no_thread),
        cmocka_unit_test(test_check_answers_while_every_thread_is_busy),
        cmocka_unit_test(test_watchers_beyond_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
