/* Channels: many addresses, names, retries, servers that come and go. */

#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/service_config.h"
#include "lib/rpc/tests/echo.h"

enum { CALLS = 20, CALL_MS = 60000 };

/* c-ares 1.18 leaks the name in each lookup of localhost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcares\n";
}

static status_code call_method(struct echo *echo, struct rpc_channel *channel,
                               const struct rpc_method *method, struct status *st)
{
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_MS)};
    echo_request request = ECHO_REQUEST;
    echo_response *response;

    return rpc_unary(channel, method, &options, &request, echo->arena, &response, st);
}

static status_code call(struct echo *echo, struct rpc_channel *channel, struct status *st)
{
    return call_method(echo, channel, &ECHO_UNARY, st);
}

static int ended(struct echo *echo)
{
    return echo_count(echo, &echo->ended);
}

/* Calls until each server has answered, as connections come up one after another; then waits until
 * the servers have seen the end of all those calls. */
static void warm_up(struct rpc_channel *channel, struct echo *first, struct echo *second)
{
    int calls = 0;
    struct status st;

    while (ended(first) == 0 || ended(second) == 0) {
        assert_int_equal(call(first, channel, &st), STATUS_OK);
        calls++;
    }
    while (ended(first) + ended(second) < calls)
        (void)sched_yield();
}

static void test_calls_go_round_all_addresses(void **state)
{
    _cleanup_(echo_freep) struct echo *first = echo_new(NULL);
    _cleanup_(echo_freep) struct echo *second = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "ipv4:127.0.0.1:%d,127.0.0.1:%d",
                   rpc_server_port(first->server), rpc_server_port(second->server));
    channel = echo_channel_to(target, NULL);
    warm_up(channel, first, second);
    int first_before = ended(first), second_before = ended(second);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(call(first, channel, &st), STATUS_OK);
    echo_wait(first, &first->ended, first_before + CALLS / 2);
    echo_wait(second, &second->ended, second_before + CALLS / 2);
}

static void test_a_server_that_goes_takes_no_call_with_it(void **state)
{
    _cleanup_(echo_freep) struct echo *first = echo_new(NULL);
    _cleanup_(echo_freep) struct echo *second = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "ipv4:127.0.0.1:%d,127.0.0.1:%d",
                   rpc_server_port(first->server), rpc_server_port(second->server));
    channel = echo_channel_to(target, NULL);
    warm_up(channel, first, second);
    rpc_server_free(TAKE(second->server));
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(call(first, channel, &st), STATUS_OK);
}

static void test_a_name_is_resolved(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "dns:///localhost:%d", rpc_server_port(echo->server));
    channel = echo_channel_to(target, NULL);
    assert_int_equal(call(echo, channel, &st), STATUS_OK);
}

static void test_a_call_is_tried_again_while_the_server_is_unavailable(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct status st;

    echo->refusals = 2;
    assert_int_equal(call(echo, echo->channel, &st), STATUS_OK);
    echo_wait(echo, &echo->ended, 3);
    assert_int_equal(ended(echo), 3);
}

static void test_a_call_that_may_not_be_repeated_is_made_once(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct status st;

    echo->refusals = 1;
    assert_int_equal(call_method(echo, echo->channel, &ECHO_ONCE, &st), STATUS_UNAVAILABLE);
    assert_int_equal(call_method(echo, echo->channel, &ECHO_ONCE, &st), STATUS_OK);
    echo_wait(echo, &echo->ended, 2);
    assert_int_equal(ended(echo), 2);
}

/* gRFC A6: of 10 tokens each failure takes one, and there is no second attempt with 5 or fewer:
 * four attempts, then one for each call. */
static void test_a_server_that_keeps_failing_is_spared(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct status st;

    echo->refusals = INT_MAX;
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(call(echo, echo->channel, &st), STATUS_UNAVAILABLE);
    echo_wait(echo, &echo->ended, RPC_ATTEMPTS_MAX + CALLS - 1);
    assert_int_equal(ended(echo), RPC_ATTEMPTS_MAX + CALLS - 1);
}

static bool config_has(const char *config, const char *service, const char *method)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "{\"service\":\"ocrmesh.%s\",\"method\":\"%s\"}", service,
                   method);
    return strstr(config, name) != NULL;
}

/* Each is known from what the public API says of it. */
static void test_what_changes_something_each_time_is_never_repeated(void **state)
{
    static const char *const never[][2] = {
        {"ocr.v1.OcrService", "SubmitJob"},
        {"ocr.v1.WebhookService", "ResendWebhook"},
        {"ocr.v1.WebhookService", "RotateWebhookSecret"},
        {"chat.v1.ChatService", "AskQuestion"},
        {"billing.v1.AccountService", "CreateAccount"},
        {"billing.v1.AccountService", "CreateToken"},
        {"billing.v1.AccountService", "RotateToken"},
        {"billing.v1.AccountService", "CreateSession"},
        {"billing.v1.AccountService", "ChangePassword"},
        {"billing.v1.AccountService", "RequestPasswordReset"},
        {"billing.v1.AccountService", "CreatePurchase"},
        {"billing.v1.BillingAdminService", "GrantCredits"},
        {"billing.v1.BillingAdminService", "RefundCredits"},
    };
    static const char *const again[][2] = {
        {"ocr.v1.OcrService", "GetJob"},
        {"ocr.v1.OcrService", "DeleteJob"},
        {"export.v1.ExportService", "ExportDocument"},
        {"chat.v1.ChatService", "GetConversation"},
        {"billing.v1.BillingService", "Authenticate"},
        {"billing.v1.BillingService", "CommitReservation"},
    };
    char *config;
    struct status st;

    assert_int_equal(rpc_service_config_new(NULL, 0, &config, &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(never); i++)
        assert_false(config_has(config, never[i][0], never[i][1]));
    for (size_t i = 0; i < ARRAY_LENGTH(again); i++)
        assert_true(config_has(config, again[i][0], again[i][1]));
    free(config);
}

/* A connection's age is nothing that a caller notices. */
static void test_a_connection_that_is_too_old_takes_no_call_with_it(void **state)
{
    const struct rpc_server_options options = {.connection_age_ms = 50,
                                               .connection_grace_ms = 60000};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    char first_peer[sizeof(echo->last_peer)];
    struct status st;

    assert_int_equal(call(echo, echo->channel, &st), STATUS_OK);
    echo_wait(echo, &echo->ended, 1);
    memcpy(first_peer, echo->last_peer, sizeof(first_peer));
    for (int calls = 2;; calls++) {
        assert_int_equal(call(echo, echo->channel, &st), STATUS_OK);
        echo_wait(echo, &echo->ended, calls);
        if (strcmp(echo->last_peer, first_peer) != 0)
            break;
    }
}

/* --- what a client streams --- */

static status_code refuse_upload(struct rpc_call *call, const void *no_request, void *response,
                                 void *data, struct status *st)
{
    atomic_fetch_add((atomic_int *)data, 1);
    return FAIL(st, STATUS_UNAVAILABLE, NULL, "not now");
}

static void test_an_upload_is_not_sent_again(void **state)
{
    static const ProtobufCMethodDescriptor methods[] = {
        {"SubmitJob", &ocrmesh__test__v1__echo_request__descriptor,
         &ocrmesh__test__v1__echo_response__descriptor}};
    static const unsigned by_name[] = {0};
    static const ProtobufCServiceDescriptor ocr = {PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
                                                   "ocrmesh.ocr.v1.OcrService",
                                                   "OcrService",
                                                   "ocr",
                                                   "ocrmesh.ocr.v1",
                                                   1,
                                                   methods,
                                                   by_name};
    static const struct rpc_handler handlers[] = {{"SubmitJob", RPC_CLIENT_STREAM, refuse_upload}};
    static const struct rpc_method submit = {&ocr, "SubmitJob", RPC_CLIENT_STREAM};
    atomic_int calls = 0;
    struct rpc_service service = {&ocr, handlers, ARRAY_LENGTH(handlers), &calls};
    const struct rpc_service *const services[] = {&service};
    const struct rpc_server_options options = {.address = "127.0.0.1:0"};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL); /* its arena, and its alarm */
    struct rpc_channel *channel;
    struct rpc_stream *stream;
    struct rpc_server *server;
    struct status st;
    char target[64];

    assert_int_equal(rpc_server_new(&options, services, 1, &server, &st), STATUS_OK);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(server));
    channel = echo_channel_to(target, NULL);
    assert_int_equal(rpc_stream_open(channel, &submit, NULL, echo->arena, &stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_UNAVAILABLE);
    assert_int_equal(atomic_load(&calls), 1);
    rpc_stream_free(stream);
    rpc_channel_free(channel);
    rpc_server_free(server);
}

static void test_a_service_config_of_ones_own_is_obeyed(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(echo->server));
    channel = echo_channel_to(target, "{}");
    echo->refusals = 1;
    assert_int_equal(call(echo, channel, &st), STATUS_UNAVAILABLE);
    assert_int_equal(call(echo, channel, &st), STATUS_OK);
}

static void test_a_call_may_wait_for_its_server(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = echo_channel_to("127.0.0.1:1", NULL);
    struct rpc_call_options options = {.deadline = time_mono_after_ms(200), .wait_for_ready = true};
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(
        rpc_unary(channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
        STATUS_DEADLINE_EXCEEDED);
}

static void test_an_address_in_use_is_told(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_server *server;
    struct status st;
    char address[64];

    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", rpc_server_port(echo->server));
    const struct rpc_server_options options = {.address = address};
    assert_int_equal(rpc_server_new(&options, NULL, 0, &server, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "ADDRESS_IN_USE");
    assert_non_null(strstr(st.message, address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_go_round_all_addresses),
        cmocka_unit_test(test_a_server_that_goes_takes_no_call_with_it),
        cmocka_unit_test(test_a_name_is_resolved),
        cmocka_unit_test(test_a_call_is_tried_again_while_the_server_is_unavailable),
        cmocka_unit_test(test_a_call_that_may_not_be_repeated_is_made_once),
        cmocka_unit_test(test_a_server_that_keeps_failing_is_spared),
        cmocka_unit_test(test_what_changes_something_each_time_is_never_repeated),
        cmocka_unit_test(test_a_connection_that_is_too_old_takes_no_call_with_it),
        cmocka_unit_test(test_an_upload_is_not_sent_again),
        cmocka_unit_test(test_a_service_config_of_ones_own_is_obeyed),
        cmocka_unit_test(test_a_call_may_wait_for_its_server),
        cmocka_unit_test(test_an_address_in_use_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
