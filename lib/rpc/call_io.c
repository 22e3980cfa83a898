#include "lib/rpc/call_io.h"

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/rpc/call_output.h"
#include "lib/rpc/header_text.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"

/* Room is made in pieces of this size: a note to the loop for each message would cost more than it
 * gives. */
enum { TAKEN_MIN_BYTES = RPC_LOOKAHEAD_BYTES / 8 };

bool rpc_call_sends_gzip(const struct rpc_call *call)
{
    return call->compresses && call->accepts_gzip;
}

/* --- to the loop --- */

static void post_message(struct rpc_call *call, struct rpc_message *message)
{
    if (message == NULL)
        return;
    call->headers_sent = true;
    atomic_fetch_add(&call->unsent_bytes, message->size);
    rpc_messages_add(&call->shared.to_send, message);
}

void rpc_call_post_exchanged(struct rpc_call *call, struct rpc_message *answer)
{
    rpc_server_loop_lock(call->loop);
    post_message(call, answer);
    call->shared.has_exchanged = true;
    rpc_server_loop_post_and_unlock(call->loop, call);
}

void rpc_call_post_end(struct rpc_call *call, struct rpc_message *message)
{
    rpc_server_loop_lock(call->loop);
    post_message(call, message);
    call->shared.has_ended = true;
    rpc_server_loop_post_and_unlock(call->loop, call);
}

void rpc_call_cancel(struct rpc_call *call, status_code code, const char *message)
{
    rpc_server_loop_lock(call->loop);
    call->shared.cancel_code = code;
    call->shared.cancel_message = message;
    rpc_server_loop_post_and_unlock(call->loop, call);
}

/* --- reading --- */

status_code rpc_call_fail_ended(const struct rpc_call *call, struct status *st)
{
    if (time_mono() >= call->deadline)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the call's deadline passed");
    return FAIL(st, STATUS_CANCELLED, NULL, "the client cancelled the call or went away");
}

status_code rpc_call_fail_received(const struct rpc_call *call, status_code code, size_t too_large,
                                   struct status *st)
{
    if (code == STATUS_RESOURCE_EXHAUSTED)
        return rpc_message_fail_too_large(too_large,
                                          rpc_server_options(call->server)->message_max_bytes, st);
    return FAIL(st, code, NULL, "what was sent is no message of gRPC, or ends early");
}

/* With the loop's mutex; lets it go. */
static void count_taken(struct rpc_call *call, const struct rpc_message *message)
{
    call->shared.taken_bytes += RPC_PREFIX_BYTES + message->size;
    if (call->shared.taken_bytes >= TAKEN_MIN_BYTES)
        rpc_server_loop_post_and_unlock(call->loop, call);
    else
        rpc_server_loop_unlock(call->loop);
}

/* NULL at the end. */
static status_code receive(struct rpc_call *call, struct rpc_message **ret_message,
                           struct status *st)
{
    for (;;) {
        rpc_server_loop_lock(call->loop);
        struct rpc_message *message = rpc_messages_take(&call->shared.received);
        if (message != NULL) {
            count_taken(call, message);
            *ret_message = message;
            return STATUS_OK;
        }
        const bool has_all = call->shared.has_all;
        const status_code code = call->shared.code;
        const size_t too_large = call->shared.too_large;
        const bool has_ended = rpc_call_has_ended(call);
        if (!has_all && !has_ended) {
            call->shared.reads = true;
            rpc_latch_reset(&call->reading);
        }
        rpc_server_loop_unlock(call->loop);
        if (has_ended)
            return rpc_call_fail_ended(call, st);
        if (code != STATUS_OK)
            return rpc_call_fail_received(call, code, too_large, st);
        if (has_all) {
            *ret_message = NULL;
            return STATUS_OK;
        }
        rpc_latch_wait(&call->reading);
    }
}

static status_code read_message(struct rpc_call *call, void *ret_message, struct status *st)
{
    struct rpc_message *received;
    void *message;

    TRY(receive(call, &received, st));
    if (received == NULL) {
        *(void **)ret_message = NULL;
        return STATUS_OK;
    }
    const status_code code = rpc_message_decode(received, call->encoding, call->method->input,
                                                rpc_server_options(call->server)->message_max_bytes,
                                                call->message_arena, &message, st);
    free(received);
    if (code == STATUS_OK)
        *(void **)ret_message = message;
    return code;
}

static status_code have_arena(struct rpc_call *call, struct status *st)
{
    if (call->message_arena == NULL)
        call->message_arena = arena_new(rpc_server_options(call->server)->arena_max_bytes);
    return call->message_arena != NULL ? STATUS_OK : FAIL_MEMORY(st);
}

status_code rpc_call_read(struct rpc_call *call, void *ret_message, struct status *st)
{
    TRY(have_arena(call, st));
    return read_message(call, ret_message, st);
}

status_code rpc_call_read_reset(struct rpc_call *call, void *ret_message, struct status *st)
{
    TRY(have_arena(call, st));
    arena_reset(call->message_arena);
    return read_message(call, ret_message, st);
}

/* --- writing --- */

/* Until little enough waits for the connection. */
static void wait_for_room(struct rpc_call *call)
{
    while (atomic_load(&call->unsent_bytes) >= RPC_WRITE_AHEAD_BYTES &&
           !atomic_load(&call->is_cancelled)) {
        rpc_latch_reset(&call->writing);
        atomic_store(&call->writes, true);
        /* Whoever sends some, or cancels, looks at `writes` after that. */
        if ((atomic_load(&call->unsent_bytes) < RPC_WRITE_AHEAD_BYTES ||
             atomic_load(&call->is_cancelled)) &&
            atomic_exchange(&call->writes, false))
            return;
        rpc_latch_wait(&call->writing);
    }
}

status_code rpc_call_write(struct rpc_call *call, const void *message, struct status *st)
{
    struct rpc_message *encoded;

    TRY(rpc_message_encode(message, rpc_server_options(call->server)->message_max_bytes,
                           rpc_call_sends_gzip(call), &encoded, st));
    wait_for_room(call);
    if (rpc_call_has_ended(call)) {
        free(encoded);
        return rpc_call_fail_ended(call, st);
    }
    rpc_server_loop_lock(call->loop);
    post_message(call, encoded);
    rpc_server_loop_post_and_unlock(call->loop, call);
    return STATUS_OK;
}

bool rpc_call_start_write(struct rpc_call *call, const void *message, void (*on_written)(void *arg),
                          void *arg)
{
    struct rpc_message *encoded;
    struct status st;

    if (rpc_message_encode(message, rpc_server_options(call->server)->message_max_bytes,
                           rpc_call_sends_gzip(call), &encoded, &st) != STATUS_OK)
        return false;
    rpc_server_loop_lock(call->loop);
    call->on_written = on_written;
    call->on_written_arg = arg;
    call->shared.is_writing = true;
    post_message(call, encoded);
    rpc_server_loop_post_and_unlock(call->loop, call);
    return true;
}

/* --- metadata --- */

static status_code add_field(struct rpc_fields *fields, const char *key, struct str value,
                             struct status *st)
{
    const struct str name = str_of(key);
    _cleanup_(buf_deinit) struct buf text;

    buf_init(&text, RPC_METADATA_MAX_BYTES);
    TRY(rpc_header_check(key, value, fields->count, st));
    if (rpc_header_is_binary(name)) {
        if (!base64_append(value, &text))
            return FAIL_MEMORY(st);
        value = buf_str(&text);
    }
    return rpc_fields_add(fields, name, value) ? STATUS_OK : FAIL_MEMORY(st);
}

status_code rpc_call_add_header(struct rpc_call *call, const char *key, struct str value,
                                struct status *st)
{
    if (call->headers_sent)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "the headers were sent already");
    return add_field(&call->headers, key, value, st);
}

status_code rpc_call_add_trailer(struct rpc_call *call, const char *key, struct str value,
                                 struct status *st)
{
    return add_field(&call->trailers, key, value, st);
}

void rpc_call_compress(struct rpc_call *call)
{
    call->compresses = true;
}
