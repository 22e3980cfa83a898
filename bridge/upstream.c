#include "bridge/upstream.h"

#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/session_cookie.h"
#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "lib/rpc/caller.h"

enum { TOKEN_MAX_BYTES = 512 };

struct upstream {
    struct exchange *exchange;
    struct rpc_async_call *call;
    const struct upstream_handler *handler; /* NULL: nobody listens */
    void (*on_reply)(struct exchange *exchange, const void *reply, void *data); /* unary */
    void *data;
    struct exchange_cancel cancel;
};

status_code upstream_token(const struct exchange *exchange, struct str *ret_token,
                           struct status *st)
{
    static const struct str scheme = STR("Bearer ");
    struct str value, token;

    if (exchange_header(exchange, "authorization", &value)) {
        if (value.n < scheme.n || !str_equal_nocase((struct str){value.p, scheme.n}, scheme))
            return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN",
                        "the Authorization header must be 'Bearer' and an API token");
        token = str_trim((struct str){value.p + scheme.n, value.n - scheme.n});
    } else if (exchange_query(exchange, "api_token", &value)) {
        token = value;
    } else {
        TRY(session_cookie_find(exchange, &token, st));
        if (token.n == 0) {
            *ret_token = token;
            return STATUS_OK;
        }
    }
    if (token.n == 0)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN", "the API token is empty");
    if (token.n > TOKEN_MAX_BYTES) /* it would not fit into the metadata of a call */
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN", "the API token is not valid");
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] < 0x21 || token.p[i] > 0x7E)
            return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN", "the API token is not valid");
    *ret_token = token;
    return STATUS_OK;
}

/* Whether upstream_token() looks at the cookie. */
static bool is_of_cookie(const struct exchange *exchange)
{
    struct str unused;

    return !exchange_header(exchange, "authorization", &unused) &&
           !exchange_query(exchange, "api_token", &unused) && session_cookie_is_there(exchange);
}

static void clear_dead_cookie(struct exchange *exchange, const struct status *st)
{
    if (strcmp(st->reason, "INVALID_TOKEN") == 0 && is_of_cookie(exchange))
        session_cookie_clear(exchange);
}

void upstream_fail(struct exchange *exchange, const struct status *st)
{
    clear_dead_cookie(exchange, st);
    error_respond(exchange, st);
}

/* Whoever listened hears no more. */
static void detach(struct upstream *upstream)
{
    if (upstream->handler == NULL)
        return;
    upstream->handler = NULL;
    exchange_remove_cancel(upstream->exchange, &upstream->cancel);
}

static void cancel_with_exchange(void *arg)
{
    struct upstream *upstream = arg;

    upstream->handler = NULL;
    rpc_async_cancel(upstream->call);
}

static void on_message(struct rpc_async_call *call, const void *message, void *arg)
{
    struct upstream *upstream = arg;

    if (upstream->handler == NULL)
        rpc_async_read(call); /* released: what is left is passed over */
    else if (upstream->on_reply != NULL) {
        detach(upstream);
        upstream->on_reply(upstream->exchange, message, upstream->data);
    } else if (upstream->handler->on_message != NULL) {
        upstream->handler->on_message(upstream->exchange, message, upstream->data);
    }
}

static void on_written(struct rpc_async_call *call, void *arg)
{
    struct upstream *upstream = arg;

    if (upstream->handler != NULL && upstream->handler->on_written != NULL)
        upstream->handler->on_written(upstream->exchange, upstream->data);
}

static void on_end(struct rpc_async_call *call, const struct status *st,
                   const struct rpc_metadata *trailers, void *arg)
{
    struct upstream *upstream = arg;
    struct exchange *exchange = upstream->exchange;
    const struct upstream_handler *handler = upstream->handler;

    detach(upstream);
    clear_dead_cookie(exchange, st);
    if (handler != NULL && handler->on_end != NULL)
        handler->on_end(exchange, st, upstream->data);
    else if (handler != NULL && st->code != STATUS_OK)
        error_respond(exchange, st);
    exchange_unref(exchange);
}

static const struct rpc_async_callbacks callbacks = {on_message, on_written, on_end};

status_code upstream_identity(struct exchange *exchange, bool is_of_nobody,
                              struct rpc_metadata_entry entries[static RPC_CALLER_FORWARD_MAX],
                              size_t *ret_count, struct status *st)
{
    struct rpc_caller caller = {
        .client_address = exchange_client_address(exchange),
        .request_id = exchange_request_id(exchange),
    };

    if (!is_of_nobody)
        TRY(upstream_token(exchange, &caller.token, st));
    *ret_count = rpc_caller_forward(&caller, exchange_arena(exchange), entries);
    if (*ret_count == 0)
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static status_code fill_metadata(struct exchange *exchange, bool is_of_nobody,
                                 struct rpc_metadata_entry *entries, size_t *ret_count,
                                 struct status *st)
{
    if (exchange_is_closed(exchange))
        return FAIL(st, STATUS_CANCELLED, NULL, "the client is gone");
    return upstream_identity(exchange, is_of_nobody, entries, ret_count, st);
}

static struct upstream *upstream_new(struct exchange *exchange,
                                     const struct upstream_handler *handler, void *data)
{
    struct upstream *upstream = ARENA_NEW(exchange_arena(exchange), struct upstream);

    if (upstream == NULL)
        return NULL;
    upstream->exchange = exchange;
    upstream->handler = handler;
    upstream->data = data;
    upstream->cancel = (struct exchange_cancel){cancel_with_exchange, upstream, NULL};
    return upstream;
}

status_code upstream_start(struct exchange *exchange, struct rpc_channel *channel,
                           const struct rpc_method *method, int64_t timeout_ms,
                           const struct upstream_handler *handler, void *data,
                           struct upstream **ret_upstream, struct status *st)
{
    struct upstream *upstream = upstream_new(exchange, handler, data);
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options = {.metadata.entries = entries,
                                       .trace = exchange_trace(exchange)};

    if (upstream == NULL)
        return FAIL_MEMORY(st);
    TRY(fill_metadata(exchange, false, entries, &options.metadata.count, st));
    options.deadline = timeout_ms > 0 ? time_mono_after_ms(timeout_ms) : 0;
    TRY(rpc_async_start(exchange_bridge(exchange)->rpc, channel, method, &options, &callbacks,
                        upstream, &upstream->call, st));
    (void)exchange_ref(exchange);
    exchange_add_cancel(exchange, &upstream->cancel);
    *ret_upstream = upstream;
    return STATUS_OK;
}

status_code upstream_ask(struct exchange *exchange, struct rpc_channel *channel,
                         const struct rpc_method *method, int64_t timeout_ms, const void *request,
                         const struct upstream_handler *handler, void *data,
                         struct upstream **ret_upstream, struct status *st)
{
    struct upstream *upstream;

    TRY(upstream_start(exchange, channel, method, timeout_ms, handler, data, &upstream, st));
    if (rpc_async_write(upstream->call, request, st) != STATUS_OK) {
        upstream_cancel(upstream);
        return st->code;
    }
    rpc_async_close_write(upstream->call);
    rpc_async_read(upstream->call);
    *ret_upstream = upstream;
    return STATUS_OK;
}

status_code upstream_write(struct upstream *upstream, const void *message, struct status *st)
{
    return rpc_async_write(upstream->call, message, st);
}

void upstream_close_write(struct upstream *upstream)
{
    rpc_async_close_write(upstream->call);
}

void upstream_read(struct upstream *upstream)
{
    rpc_async_read(upstream->call);
}

void upstream_cancel(struct upstream *upstream)
{
    detach(upstream);
    rpc_async_cancel(upstream->call);
}

void upstream_release(struct upstream *upstream)
{
    detach(upstream);
    rpc_async_read(upstream->call);
}

static void unary(struct exchange *exchange, bool is_of_nobody, struct rpc_channel *channel,
                  const struct rpc_method *method, const void *request,
                  void (*on_reply)(struct exchange *exchange, const void *reply, void *data),
                  void *data)
{
    static const struct upstream_handler handler = {.on_message = NULL};
    struct upstream *upstream = upstream_new(exchange, &handler, data);
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options = {.metadata.entries = entries,
                                       .trace = exchange_trace(exchange)};
    struct status st = {0};
    status_code code = STATUS_OK;

    if (upstream == NULL)
        code = FAIL_MEMORY(&st);
    if (code == STATUS_OK)
        code = fill_metadata(exchange, is_of_nobody, entries, &options.metadata.count, &st);
    if (code == STATUS_OK) {
        upstream->on_reply = on_reply;
        options.deadline = time_mono_after_ms(UPSTREAM_UNARY_TIMEOUT_MS);
        code = rpc_async_unary(exchange_bridge(exchange)->rpc, channel, method, &options, request,
                               &callbacks, upstream, &upstream->call, &st);
    }
    if (code != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    (void)exchange_ref(exchange);
    exchange_add_cancel(exchange, &upstream->cancel);
}

void upstream_unary(struct exchange *exchange, struct rpc_channel *channel,
                    const struct rpc_method *method, const void *request,
                    void (*on_reply)(struct exchange *exchange, const void *reply, void *data),
                    void *data)
{
    unary(exchange, false, channel, method, request, on_reply, data);
}

void upstream_unary_of_nobody(struct exchange *exchange, struct rpc_channel *channel,
                              const struct rpc_method *method, const void *request,
                              void (*on_reply)(struct exchange *exchange, const void *reply,
                                               void *data),
                              void *data)
{
    unary(exchange, true, channel, method, request, on_reply, data);
}

static void on_told(struct rpc_async_call *call, const struct status *st,
                    const struct rpc_metadata *trailers, void *arg)
{
    if (st->code != STATUS_OK)
        log_failure(LOG_WARNING, "a call on behalf of who has gone has failed", st);
}

status_code upstream_tell(struct exchange *exchange, struct rpc_channel *channel,
                          const struct rpc_method *method, const void *request, struct status *st)
{
    static const struct rpc_async_callbacks told = {.on_end = on_told};
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options = {.metadata.entries = entries,
                                       .trace = exchange_trace(exchange),
                                       .deadline = time_mono_after_ms(UPSTREAM_UNARY_TIMEOUT_MS)};

    TRY(upstream_identity(exchange, false, entries, &options.metadata.count, st));
    return rpc_async_unary(exchange_bridge(exchange)->rpc, channel, method, &options, request,
                           &told, NULL, NULL, st);
}
