#include "lib/rpc/call_output.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/rpc/call_each.h"
#include "lib/rpc/call_input.h"
#include "lib/rpc/connection.h"
#include "lib/rpc/header_text.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"
#include "lib/rpc/status_details.h"

/* Those of the application, of the status (3) and of HTTP (status, type, two of encodings). */
enum { HEADERS_MAX = RPC_METADATA_MAX + 7, DETAILS_TEXT_MAX = 8192 };

/* --- status --- */

void rpc_call_write_status(struct rpc_fields *trailers, const struct status *st,
                           struct arena *arena)
{
    _cleanup_(buf_deinit) struct buf text;
    char code[12];

    buf_init(&text, DETAILS_TEXT_MAX);
    const int digits = snprintf(code, sizeof(code), "%d", (int)st->code);
    (void)!rpc_fields_add(trailers, STR("grpc-status"), (struct str){code, (size_t)digits});
    if (st->code == STATUS_OK)
        return;
    if (rpc_header_percent(str_of(st->message), &text))
        (void)!rpc_fields_add(trailers, STR("grpc-message"), buf_str(&text));
    buf_clear(&text);
    if (arena == NULL)
        return;
    const struct str details = status_details_encode(st, arena);
    if (details.n > 0 && base64_append(details, &text))
        (void)!rpc_fields_add(trailers, STR("grpc-status-details-bin"), buf_str(&text));
}

/* --- header fields --- */

struct header_list {
    nghttp2_nv entries[HEADERS_MAX];
    size_t count;
};

static void add(struct header_list *list, struct str name, struct str value)
{
    if (list->count < HEADERS_MAX)
        list->entries[list->count++] = (nghttp2_nv){(uint8_t *)name.p, (uint8_t *)value.p, name.n,
                                                    value.n, NGHTTP2_NV_FLAG_NONE};
}

static void add_all(struct header_list *list, const struct rpc_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        add(list, rpc_fields_name(fields, i), rpc_fields_value(fields, i));
}

static void add_head(struct header_list *list, const char *http_status)
{
    add(list, STR(":status"), str_of(http_status));
    add(list, STR("content-type"), STR("application/grpc"));
}

static void submit_trailers(struct rpc_call *call)
{
    struct header_list list = {.count = 0};

    add_all(&list, call->end_trailers);
    call->is_answered = true;
    rpc_connection_check(call->connection,
                         nghttp2_submit_trailer(rpc_connection_session(call->connection),
                                                call->stream, list.entries, list.count));
}

/* Head and status in one. */
static void submit_status_alone(struct rpc_call *call, const char *http_status)
{
    struct header_list list = {.count = 0};

    add_head(&list, http_status);
    if (call->is_encoding_unknown)
        add(&list, STR("grpc-accept-encoding"), STR("identity,deflate,gzip"));
    add_all(&list, call->end_trailers);
    call->are_headers_submitted = call->is_ending = call->is_answered = true;
    rpc_connection_check(call->connection,
                         nghttp2_submit_response(rpc_connection_session(call->connection),
                                                 call->stream, list.entries, list.count, NULL));
}

/* --- messages --- */

/* The connection has taken so many bytes of the runner's. */
static void count_sent(struct rpc_call *call, size_t count)
{
    const size_t before = atomic_fetch_sub(&call->unsent_bytes, count);

    if (before - count < RPC_WRITE_AHEAD_BYTES && atomic_load(&call->writes) &&
        atomic_exchange(&call->writes, false))
        rpc_latch_set(&call->writing);
}

static void drop_unsent(struct rpc_call *call)
{
    struct rpc_message *message;

    while ((message = rpc_messages_take(&call->sending)) != NULL) {
        count_sent(call, message->size - message->used);
        free(message);
    }
}

/* A detached call's write is over. */
static void tell_written(struct rpc_call *call)
{
    rpc_server_loop_lock(call->loop);
    const bool was_writing = call->shared.is_writing;
    call->shared.is_writing = false;
    rpc_server_loop_unlock(call->loop);
    if (was_writing)
        call->on_written(call->on_written_arg);
}

static size_t copy_messages(struct rpc_call *call, uint8_t *to, size_t room)
{
    size_t used = 0;

    while (call->sending.first != NULL && used < room) {
        struct rpc_message *message = call->sending.first;
        const size_t left = message->size - message->used;
        const size_t count = left < room - used ? left : room - used;

        memcpy(to + used, message->bytes + message->used, count);
        message->used += (uint32_t)count;
        used += count;
        if (message->used == message->size)
            free(rpc_messages_take(&call->sending));
    }
    return used;
}

static ssize_t read_output(nghttp2_session *session, int32_t stream, uint8_t *data, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct rpc_call *call = source->ptr;
    const size_t used = copy_messages(call, data, room);

    if (used > 0)
        count_sent(call, used);
    if (call->sending.first == NULL && !call->is_ending) {
        if (call->method->run == RPC_RUN_DETACHED)
            tell_written(call);
        else if (call->method->run == RPC_RUN_EACH && used > 0)
            rpc_call_each_go_on(call);
    }
    if (call->sending.first == NULL && call->is_ending) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        submit_trailers(call);
    } else if (used == 0) {
        call->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)used;
}

static void submit_headers(struct rpc_call *call)
{
    const nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_output};
    struct header_list list = {.count = 0};

    add_head(&list, "200");
    if (call->compresses && call->accepts_gzip)
        add(&list, STR("grpc-encoding"), STR("gzip"));
    add_all(&list, &call->headers);
    call->are_headers_submitted = true;
    rpc_connection_check(call->connection, nghttp2_submit_response(
                                               rpc_connection_session(call->connection),
                                               call->stream, list.entries, list.count, &provider));
}

/* Messages or an end are there: they are taken when the connection has room. */
static void submit(struct rpc_call *call)
{
    if (call->is_answered || (call->sending.first == NULL && !call->is_ending))
        return;
    if (!call->are_headers_submitted) {
        if (call->sending.first == NULL && call->headers.count == 0)
            submit_status_alone(call, "200");
        else
            submit_headers(call);
    } else if (call->is_deferred) {
        call->is_deferred = false;
        rpc_connection_check(
            call->connection,
            nghttp2_session_resume_data(rpc_connection_session(call->connection), call->stream));
    }
    rpc_connection_wake(call->connection);
}

void rpc_call_drop_output(struct rpc_call *call)
{
    drop_unsent(call);
    if (call->runs && call->method->run == RPC_RUN_DETACHED)
        tell_written(call);
}

/* --- ends of the loop's own --- */

/* Drops what is not sent yet. A message that is half gone cannot be taken back: then the stream is.
 */
static void end_by_loop(struct rpc_call *call, const char *http_status, const struct status *st)
{
    const bool is_torn = call->sending.first != NULL && call->sending.first->used > 0;

    if (call->connection == NULL || call->is_answered)
        return;
    rpc_call_drop_output(call);
    rpc_fields_clear(&call->own_trailers);
    /* While somebody runs the call, its arena is not ours. */
    if (!call->runs && call->arena == NULL)
        call->arena = arena_new(rpc_server_options(call->server)->arena_max_bytes);
    rpc_call_write_status(&call->own_trailers, st, call->runs ? NULL : call->arena);
    call->end_trailers = &call->own_trailers;
    call->is_ending = true;
    if (is_torn) {
        call->is_answered = true;
        rpc_connection_reset(call->connection, call->stream, NGHTTP2_CANCEL);
    } else if (!call->are_headers_submitted) {
        submit_status_alone(call, http_status);
        rpc_connection_wake(call->connection);
    } else {
        submit(call);
    }
}

void rpc_call_refuse(struct rpc_call *call, const char *http_status, const struct status *st)
{
    rpc_call_input_stop(call);
    end_by_loop(call, http_status, st);
}

void rpc_call_abort(struct rpc_call *call, const struct status *st)
{
    rpc_call_input_stop(call);
    end_by_loop(call, "200", st);
    rpc_call_drop_output(call);
    rpc_call_tell_cancelled(call);
}

/* --- what the runner posted --- */

struct posted {
    size_t taken_bytes;
    bool has_ended, has_exchanged;
    const char *cancel_message;
    status_code cancel_code;
};

static struct posted take_posted(struct rpc_call *call)
{
    struct rpc_call_shared *shared = &call->shared;

    rpc_server_loop_lock(call->loop);
    const struct posted posted = {
        .taken_bytes = shared->taken_bytes,
        .has_ended = shared->has_ended,
        .has_exchanged = shared->has_exchanged,
        .cancel_message = shared->cancel_message,
        .cancel_code = shared->cancel_code,
    };
    shared->taken_bytes = 0;
    shared->has_exchanged = false;
    shared->cancel_message = NULL;
    shared->is_posted = false;
    rpc_messages_move(&shared->to_send, &call->sending);
    rpc_server_loop_unlock(call->loop);
    return posted;
}

static void send_posted(struct rpc_call *call, const struct posted *posted)
{
    if (posted->taken_bytes > 0)
        rpc_connection_consume(call->connection, call->stream, posted->taken_bytes);
    if (posted->has_ended && !call->is_ending) {
        call->is_ending = true;
        call->end_trailers = &call->trailers;
    }
    submit(call);
}

void rpc_call_output(struct rpc_call *call)
{
    const struct posted posted = take_posted(call);

    if (posted.has_ended)
        call->runs = false;
    if (call->connection != NULL && !call->is_answered && call->end_trailers != &call->own_trailers)
        send_posted(call, &posted);
    else
        rpc_call_drop_output(call);
    if (posted.cancel_message != NULL && call->runs) {
        struct status st;

        (void)FAIL(&st, posted.cancel_code, NULL, "%s", posted.cancel_message);
        rpc_call_abort(call, &st);
    }
    if (posted.has_exchanged) {
        call->is_exchanging = false;
        rpc_call_each_go_on(call);
    }
    rpc_call_release_if_over(call);
}
