#pragma once

/*
 * gRPC clients for an event loop: nothing here blocks, and every callback runs on the loop thread.
 *
 * Completion events are polled on a thread of the `rpc_loop`; it queues them and calls `wake`,
 * upon which the event loop calls rpc_loop_dispatch() on its own thread (with libuv: uv_async_t).
 * Thread rule: everything but `wake` is for the loop thread.
 *
 * Callbacks may start, write to, read from and cancel any call, their own included; they must not
 * dispatch or free the loop. A function that cannot start its operation because the call is over
 * says nothing: on_end is on its way.
 */

#include "lib/base/arena.h"
#include "lib/rpc/client.h"
#include "lib/rpc/rpc.h"

struct rpc_loop;

/* `wake(arg)` is called from another thread and must only signal the loop. One signal may stand
 * for many events; none comes after rpc_loop_free() has returned. */
status_code rpc_loop_new(void (*wake)(void *arg), void *arg, struct rpc_loop **ret_loop,
                         struct status *st) _must_check_;
/* Runs the callbacks of all events that are due. */
void rpc_loop_dispatch(struct rpc_loop *loop);
/* Cancels the calls that are left and waits for them; their on_end callbacks run. NULL is let
 * pass. Before the channels of its calls are freed. */
void rpc_loop_free(struct rpc_loop *loop);
DEFINE_CLEANUP(struct rpc_loop *, rpc_loop)

struct rpc_async_call;

/* Those that a call has no use for may be NULL, but for on_end. */
struct rpc_async_callbacks {
    /* A message arrived that rpc_async_read() asked for. Borrowed for the callback: it lives in
     * an arena of the call that the next message reuses. */
    void (*on_message)(struct rpc_async_call *call, const void *message, void *arg);
    /* The message of rpc_async_write() was taken by the transport; write the next one. */
    void (*on_written)(struct rpc_async_call *call, void *arg);
    /* The last callback, always, exactly once: st->code is STATUS_OK or the failure, details
     * decoded. The call is freed after it returns. Trailers are borrowed. */
    void (*on_end)(struct rpc_async_call *call, const struct status *st,
                   const struct rpc_metadata *trailers, void *arg);
};

/* Starts a call of any kind; on failure no callback runs. `options` as for client.h; its `parent`
 * must be NULL. `callbacks` must outlive the call, all else is borrowed for this function.
 * `ret_call` may be NULL where the call is only followed through its callbacks. */
status_code rpc_async_start(struct rpc_loop *loop, struct rpc_channel *channel,
                            const struct rpc_method *method, const struct rpc_call_options *options,
                            const struct rpc_async_callbacks *callbacks, void *arg,
                            struct rpc_async_call **ret_call, struct status *st) _must_check_;

/* One write at a time: the next one after on_written. The message is serialised before this
 * returns. Fails with FAILED_PRECONDITION while a write is under way or after
 * rpc_async_close_write(), RESOURCE_EXHAUSTED for a message over RPC_MESSAGE_MAX_BYTES; the call
 * goes on. When the call ends first there is no on_written. */
status_code rpc_async_write(struct rpc_async_call *call, const void *message,
                            struct status *st) _must_check_;
/* Half-close; may be called while a write is under way, and then follows it. */
void rpc_async_close_write(struct rpc_async_call *call);
/* Asks for one message: on_message follows, or on_end when there is none. This is the
 * back-pressure: nothing is read that was not asked for, and a call whose messages are not read
 * does not end. So a client-streaming call asks for its one response at once, and learns of an
 * early refusal while it still writes. Asking twice before on_message counts once. */
void rpc_async_read(struct rpc_async_call *call);
/* on_end follows, with CANCELLED unless the call ended otherwise first. */
void rpc_async_cancel(struct rpc_async_call *call);

/* A unary call in one step: on_message follows with the response, unless the call fails, then
 * on_end. */
status_code rpc_async_unary(struct rpc_loop *loop, struct rpc_channel *channel,
                            const struct rpc_method *method, const struct rpc_call_options *options,
                            const void *request, const struct rpc_async_callbacks *callbacks,
                            void *arg, struct rpc_async_call **ret_call,
                            struct status *st) _must_check_;
