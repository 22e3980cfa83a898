#pragma once

/*
 * RPCs made for an exchange: the caller's identity goes along, the exchange's end cancels them.
 *
 * While a call is under way it holds a reference to its exchange. Once the exchange is closed no
 * callback comes any more. A failure that the handler does not take itself (on_end NULL) answers
 * the exchange by the error table. When a service does not know the sign-in of the browser's cookie
 * any more, the answer takes the cookie away.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/rpc/async.h"
#include "lib/rpc/caller.h"

enum {
    UPSTREAM_UNARY_TIMEOUT_MS = 15000,
    UPSTREAM_STREAM_TIMEOUT_MS = 600000,
};

struct upstream;

struct upstream_handler {
    /* As rpc_async_callbacks. The message is borrowed for the callback. */
    void (*on_message)(struct exchange *exchange, const void *message, void *data);
    void (*on_written)(struct exchange *exchange, void *data);
    /* The call is over, and its upstream gone. NULL: a failure answers the exchange. */
    void (*on_end)(struct exchange *exchange, const struct status *st, void *data);
};

/* The token that came with the request: Authorization: Bearer, else ?api_token= (API:
 * Authentication), else the cookie of who has signed in (session_cookie.h). *ret_token is empty
 * without one. Fails with UNAUTHENTICATED for a header that holds no bearer token: present but
 * wrong is never anonymous. */
status_code upstream_token(const struct exchange *exchange, struct str *ret_token,
                           struct status *st) _must_check_;

/* The caller's identity, as lib/rpc/caller.h has it; text lives as long as the exchange.
 * @is_of_nobody: without the token. */
status_code upstream_identity(struct exchange *exchange, bool is_of_nobody,
                              struct rpc_metadata_entry entries[static RPC_CALLER_FORWARD_MAX],
                              size_t *ret_count, struct status *st) _must_check_;
/* Answers with the failure of a call. */
void upstream_fail(struct exchange *exchange, const struct status *st);

/* @timeout_ms: of the whole call; 0: none. `handler` is static. */
status_code upstream_start(struct exchange *exchange, struct rpc_channel *channel,
                           const struct rpc_method *method, int64_t timeout_ms,
                           const struct upstream_handler *handler, void *data,
                           struct upstream **ret_upstream, struct status *st) _must_check_;
/* Starts a call that takes one message and streams its answer; the first message is asked for. */
status_code upstream_ask(struct exchange *exchange, struct rpc_channel *channel,
                         const struct rpc_method *method, int64_t timeout_ms, const void *request,
                         const struct upstream_handler *handler, void *data,
                         struct upstream **ret_upstream, struct status *st) _must_check_;
status_code upstream_write(struct upstream *upstream, const void *message,
                           struct status *st) _must_check_;
void upstream_close_write(struct upstream *upstream);
void upstream_read(struct upstream *upstream);
/* No callback comes any more; the call is cancelled. */
void upstream_cancel(struct upstream *upstream);
/* No callback comes any more, but the call may end in its own time. */
void upstream_release(struct upstream *upstream);

/* A unary call. `on_reply` gets the answer (borrowed for the callback) and runs at most once; a
 * failure answers the exchange, also one to start the call. */
void upstream_unary(struct exchange *exchange, struct rpc_channel *channel,
                    const struct rpc_method *method, const void *request,
                    void (*on_reply)(struct exchange *exchange, const void *reply, void *data),
                    void *data);
/* The same without the token or the cookie that came with the request, neither of which is looked
 * at: for who signs in or up, and is nobody yet. */
void upstream_unary_of_nobody(struct exchange *exchange, struct rpc_channel *channel,
                              const struct rpc_method *method, const void *request,
                              void (*on_reply)(struct exchange *exchange, const void *reply,
                                               void *data),
                              void *data);
/* A unary call whose answer nobody waits for, also of an exchange that closes just now; that it
 * fails is logged. */
status_code upstream_tell(struct exchange *exchange, struct rpc_channel *channel,
                          const struct rpc_method *method, const void *request,
                          struct status *st) _must_check_;
