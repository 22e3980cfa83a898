/*
 * What grpc.health.v1 and the admin port tell about a process whose check is turned on and off.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "grpc/health/v1/health.pb-c.h"
#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "lib/rpc/client.h"
#include "lib/service/readiness.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"

#define SERVICE "ocrmesh.chat.v1.ChatService"

enum {
    CALL_TIMEOUT_MS = 50000,
    SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING,
    NOT_SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING,
};

static const struct rpc_method health_watch = {&grpc__health__v1__health__descriptor, "Watch",
                                               RPC_SERVER_STREAM};
static const struct rpc_service service = {&ocrmesh__chat__v1__chat_service__descriptor};
static const struct rpc_service *const services[] = {&service};

/* A server with a readiness, and a client that watches its health. */
struct fixture {
    struct rpc_server *server;
    struct rpc_channel *channel;
    struct readiness *readiness;
    struct arena *arena;
    struct rpc_stream *watch;
    atomic_bool works; /* what the check says */
};

static status_code check_works(void *data, struct status *st)
{
    const struct fixture *fixture = data;

    return atomic_load(&fixture->works)
               ? STATUS_OK
               : FAIL(st, STATUS_UNAVAILABLE, "BROKEN", "the thing behind is broken");
}

static void fixture_init(struct fixture *fixture, bool works, bool has_check)
{
    struct status st = {0};
    char target[64];

    *fixture = (struct fixture){0};
    atomic_store(&fixture->works, works);
    assert_int_equal(rpc_server_new(&(struct rpc_server_options){.address = "127.0.0.1:0"},
                                    services, 1, &fixture->server, &st),
                     STATUS_OK);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(fixture->server));
    /* The default service config sends nothing to a server that is not serving. */
    assert_int_equal(
        rpc_channel_new(&(struct rpc_channel_options){.target = target, .service_config = "{}"},
                        &fixture->channel, &st),
        STATUS_OK);
    assert_int_equal(readiness_new(
                         &(struct readiness_options){
                             .server = fixture->server,
                             .services = services,
                             .service_count = 1,
                             .check = has_check ? check_works : NULL,
                             .data = fixture,
                         },
                         &fixture->readiness, &st),
                     STATUS_OK);
}

static void fixture_deinit(struct fixture *fixture)
{
    rpc_stream_free(fixture->watch);
    arena_free(fixture->arena);
    readiness_free(fixture->readiness);
    rpc_channel_free(fixture->channel);
    rpc_server_drain(fixture->server, 0);
    rpc_server_free(fixture->server);
}

static void watch_health(struct fixture *fixture, const char *name)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    struct status st = {0};

    fixture->arena = arena_new(1 << 20);
    request.service = (char *)name;
    assert_int_equal(rpc_stream_open(fixture->channel, &health_watch, &options, fixture->arena,
                                     &fixture->watch, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(fixture->watch, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(fixture->watch, &st), STATUS_OK);
}

static int next_health(struct fixture *fixture)
{
    Grpc__Health__V1__HealthCheckResponse *message;
    struct status st = {0};

    assert_int_equal(rpc_stream_read(fixture->watch, &message, &st), STATUS_OK);
    assert_non_null(message);
    return (int)message->status;
}

static void test_health_of_a_service_follows_the_check(void **state)
{
    struct fixture fixture;

    fixture_init(&fixture, false, true);
    watch_health(&fixture, SERVICE);
    assert_int_equal(next_health(&fixture), NOT_SERVING);
    atomic_store(&fixture.works, true);
    assert_int_equal(next_health(&fixture), SERVING);
    atomic_store(&fixture.works, false);
    assert_int_equal(next_health(&fixture), NOT_SERVING);
    fixture_deinit(&fixture);
}

static void test_health_of_the_whole_server_follows_the_check(void **state)
{
    struct fixture fixture;

    fixture_init(&fixture, true, true);
    watch_health(&fixture, "");
    assert_int_equal(next_health(&fixture), SERVING);
    atomic_store(&fixture.works, false);
    assert_int_equal(next_health(&fixture), NOT_SERVING);
    fixture_deinit(&fixture);
}

static void test_the_reason_is_kept_for_the_admin_port(void **state)
{
    struct fixture fixture;
    struct status st = {0};

    fixture_init(&fixture, false, true);
    assert_int_equal(readiness_last(fixture.readiness, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "BROKEN");
    fixture_deinit(&fixture);
}

static void test_a_process_without_a_check_is_ready(void **state)
{
    struct fixture fixture;
    struct status st = {0};

    fixture_init(&fixture, false, false);
    assert_int_equal(readiness_last(fixture.readiness, &st), STATUS_OK);
    fixture_deinit(&fixture);
}

static void test_a_stopped_readiness_is_draining(void **state)
{
    struct fixture fixture;
    struct status st = {0};

    fixture_init(&fixture, true, true);
    readiness_stop(fixture.readiness);
    assert_int_equal(readiness_last(fixture.readiness, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "DRAINING");
    fixture_deinit(&fixture);
}

static int start(void **state)
{
    log_start("test", LOG_ERROR);
    rpc_start();
    return 0;
}

static int stop(void **state)
{
    rpc_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_of_a_service_follows_the_check),
        cmocka_unit_test(test_health_of_the_whole_server_follows_the_check),
        cmocka_unit_test(test_the_reason_is_kept_for_the_admin_port),
        cmocka_unit_test(test_a_process_without_a_check_is_ready),
        cmocka_unit_test(test_a_stopped_readiness_is_draining),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
