#include "lib/rpc/tests/echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo_descriptor_set.h"

#define DESCRIPTOR (&ocrmesh__test__v1__echo_service__descriptor)

const struct rpc_method ECHO_UNARY = {DESCRIPTOR, "Echo", RPC_UNARY};
const struct rpc_method ECHO_ONCE = {DESCRIPTOR, "EchoOnce", RPC_UNARY};
const struct rpc_method ECHO_COLLECT = {DESCRIPTOR, "Collect", RPC_CLIENT_STREAM};
const struct rpc_method ECHO_REPEAT = {DESCRIPTOR, "Repeat", RPC_SERVER_STREAM};
const struct rpc_method ECHO_TALK = {DESCRIPTOR, "Talk", RPC_BIDI_STREAM};
const struct rpc_method ECHO_MISSING = {DESCRIPTOR, "Missing", RPC_UNARY};

/* --- handlers --- */

static void on_cancel(void *data)
{
    struct echo *echo = data;

    pthread_mutex_lock(&echo->mutex);
    echo->cancelled++;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mutex);
}

static void wait_in_handler(struct echo *echo, struct rpc_call *call)
{
    rpc_call_on_cancel(call, on_cancel, echo);
    pthread_mutex_lock(&echo->mutex);
    echo->waiting++;
    pthread_cond_broadcast(&echo->changed);
    while (!echo->is_released && !rpc_call_is_cancelled(call))
        pthread_cond_wait(&echo->changed, &echo->mutex);
    echo->waiting--;
    pthread_mutex_unlock(&echo->mutex);
    rpc_call_on_cancel(call, NULL, NULL);
}

static void fill(struct rpc_call *call, const echo_request *request, echo_response *response)
{
    response->text = request->text;
    response->padding.len = (size_t)request->padding_bytes;
    response->padding.data = arena_calloc(rpc_call_arena(call), 1, response->padding.len);
}

static status_code echo_metadata(struct rpc_call *call, struct status *st)
{
    struct str value;

    if (rpc_metadata_get(rpc_call_metadata(call), "x-header", &value))
        TRY(rpc_call_add_header(call, "x-header", value, st));
    if (rpc_metadata_get(rpc_call_metadata(call), "x-trailer-bin", &value))
        TRY(rpc_call_add_trailer(call, "x-trailer-bin", value, st));
    if (rpc_metadata_get(rpc_call_metadata(call), "x-compress", &value))
        rpc_call_compress(call);
    return STATUS_OK;
}

static status_code fail_as_told(const echo_request *request, struct status *st)
{
    if (request->code == 0)
        return STATUS_OK;
    (void)FAIL(st, (status_code)request->code, "AS_TOLD", "told to fail: %s", request->text);
    status_set_field(st, "code");
    status_add_info(st, "cap", "20");
    st->retry_after_ms = 1500;
    return st->code;
}

static status_code refuse_at_first(struct echo *echo, struct status *st)
{
    pthread_mutex_lock(&echo->mutex);
    bool refuses = echo->refusals > 0;
    if (refuses)
        echo->refusals--;
    pthread_mutex_unlock(&echo->mutex);
    return refuses ? FAIL(st, STATUS_UNAVAILABLE, NULL, "not yet") : STATUS_OK;
}

static status_code echo_handler(struct rpc_call *call, const void *request_data, void *response,
                                void *data, struct status *st)
{
    const echo_request *request = request_data;

    TRY(refuse_at_first(data, st));
    TRY(echo_metadata(call, st));
    if (request->waits)
        wait_in_handler(data, call);
    TRY(fail_as_told(request, st));
    fill(call, request, response);
    return STATUS_OK;
}

static status_code collect_handler(struct rpc_call *call, const void *no_request,
                                   void *response_data, void *data, struct status *st)
{
    echo_response *response = response_data;
    const char *text = "";
    echo_request *request;

    TRY(echo_metadata(call, st));
    for (;;) {
        TRY(rpc_call_read(call, &request, st));
        if (request == NULL)
            break;
        if (request->waits)
            wait_in_handler(data, call);
        TRY(fail_as_told(request, st));
        text = arena_printf(rpc_call_arena(call), "%s%s", text, request->text);
        response->count++;
    }
    response->text = (char *)text;
    return STATUS_OK;
}

static status_code repeat_handler(struct rpc_call *call, const void *request_data,
                                  void *no_response, void *data, struct status *st)
{
    const echo_request *request = request_data;
    echo_response response = OCRMESH__TEST__V1__ECHO_RESPONSE__INIT;

    TRY(echo_metadata(call, st));
    fill(call, request, &response);
    for (int i = 0; i < request->count; i++) {
        response.count = i + 1;
        TRY(rpc_call_write(call, &response, st));
    }
    if (request->waits)
        wait_in_handler(data, call);
    return fail_as_told(request, st);
}

static status_code talk_handler(struct rpc_call *call, const void *no_request, void *no_response,
                                void *data, struct status *st)
{
    TRY(echo_metadata(call, st));
    for (;;) {
        echo_response response = OCRMESH__TEST__V1__ECHO_RESPONSE__INIT;
        echo_request *request;

        TRY(rpc_call_read_reset(call, &request, st));
        if (request == NULL)
            return STATUS_OK;
        TRY(fail_as_told(request, st));
        fill(call, request, &response);
        TRY(rpc_call_write(call, &response, st));
    }
}

static const struct rpc_handler handlers[] = {
    {"Echo", RPC_UNARY, echo_handler},
    {"EchoOnce", RPC_UNARY, echo_handler},
    {"Collect", RPC_CLIENT_STREAM, collect_handler},
    {"Repeat", RPC_SERVER_STREAM, repeat_handler},
    {"Talk", RPC_BIDI_STREAM, talk_handler},
};

/* --- fixture --- */

static void on_call_end(struct rpc_call *call, const struct status *st, int64_t duration_ns,
                        void *data)
{
    struct echo *echo = data;

    pthread_mutex_lock(&echo->mutex);
    echo->ended++;
    echo->last_code = st->code;
    (void)snprintf(echo->last_peer, sizeof(echo->last_peer), "%s", rpc_call_peer(call));
    (void)snprintf(echo->last_peer_id, sizeof(echo->last_peer_id), "%s", rpc_call_peer_id(call));
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mutex);
}

struct rpc_channel *echo_channel_to(const char *target, const char *service_config)
{
    struct rpc_channel_options options = {
        .target = target,
        .service_config = service_config,
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
        .dns_interval_ms = 100,
    };
    struct rpc_channel *channel;
    struct status st;

    if (rpc_channel_new(&options, &channel, &st) != STATUS_OK)
        fail_msg("channel: %s", st.message);
    return channel;
}

void echo_connect(struct rpc_channel *channel)
{
    struct status st;

    if (rpc_channel_wait_ready(channel, time_mono_after_ms(ECHO_TIMEOUT_S * 1000), &st) !=
        STATUS_OK)
        fail_msg("connect: %s", st.message);
}

struct rpc_channel *echo_channel(const struct echo *echo)
{
    char target[64];

    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(echo->server));
    return echo_channel_to(target, NULL);
}

struct echo *echo_new(const struct rpc_server_options *options)
{
    struct echo *echo = calloc(1, sizeof(*echo));
    struct rpc_server_options all = {0};
    struct rpc_service service = {DESCRIPTOR, handlers, ARRAY_LENGTH(handlers), echo};
    const struct rpc_service *const services[] = {&service};
    struct status st;

    (void)alarm(ECHO_TIMEOUT_S);
    rpc_start();
    if (options != NULL)
        all = *options;
    all.address = "127.0.0.1:0";
    all.descriptor_set = echo_descriptor_set_start;
    all.descriptor_set_size = echo_descriptor_set_size;
    all.on_call_end = on_call_end;
    all.on_call_end_data = echo;
    (void)pthread_mutex_init(&echo->mutex, NULL);
    (void)pthread_cond_init(&echo->changed, NULL);
    echo->arena = arena_new(64 << 20);
    if (rpc_server_new(&all, services, ARRAY_LENGTH(services), &echo->server, &st) != STATUS_OK)
        fail_msg("server: %s", st.message);
    echo->channel = echo_channel(echo);
    return echo;
}

void echo_free(struct echo *echo)
{
    echo_release(echo);
    rpc_channel_free(echo->channel);
    rpc_server_free(echo->server);
    arena_free(echo->arena);
    pthread_cond_destroy(&echo->changed);
    pthread_mutex_destroy(&echo->mutex);
    free(echo);
    rpc_stop();
    (void)alarm(0);
}

void echo_wait(struct echo *echo, const int *counter, int value)
{
    pthread_mutex_lock(&echo->mutex);
    while (*counter < value)
        pthread_cond_wait(&echo->changed, &echo->mutex);
    pthread_mutex_unlock(&echo->mutex);
}

int echo_count(struct echo *echo, const int *counter)
{
    pthread_mutex_lock(&echo->mutex);
    int value = *counter;
    pthread_mutex_unlock(&echo->mutex);
    return value;
}

void echo_release(struct echo *echo)
{
    pthread_mutex_lock(&echo->mutex);
    echo->is_released = true;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mutex);
}

status_code echo_call(struct echo *echo, const echo_request *request, echo_response **ret_response,
                      struct status *st)
{
    struct rpc_call_options options = {.deadline = time_mono_after_ms(20000)};

    return rpc_unary(echo->channel, &ECHO_UNARY, &options, request, echo->arena, ret_response, st);
}

struct rpc_stream *echo_open(struct echo *echo, const struct rpc_method *method, int64_t deadline)
{
    struct rpc_call_options options = {.deadline = deadline};
    struct rpc_stream *stream;
    struct status st;

    if (rpc_stream_open(echo->channel, method, &options, echo->arena, &stream, &st) != STATUS_OK)
        fail_msg("open: %s", st.message);
    return stream;
}

struct rpc_stream *echo_ask(struct echo *echo, const struct rpc_method *method, const void *request,
                            int64_t deadline)
{
    struct rpc_stream *stream = echo_open(echo, method, deadline);
    struct status st;

    if (rpc_stream_write(stream, request, &st) != STATUS_OK ||
        rpc_stream_close_write(stream, &st) != STATUS_OK)
        fail_msg("write: %s", st.message);
    return stream;
}

void echo_read(struct rpc_stream *stream, void *ret_message)
{
    struct status st;

    if (rpc_stream_read(stream, ret_message, &st) != STATUS_OK)
        fail_msg("read: %s", st.message);
    assert_non_null(*(void **)ret_message);
}
