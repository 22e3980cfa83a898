#pragma once

/*
 * The server's side of one call. Its public face is `server.h`.
 *
 * A call belongs to two: to the loop of its connection, which moves bytes and frames, and to
 * whoever runs it, a thread of the pool for most. They meet in `shared`, under the loop's mutex:
 * the loop puts messages in that have arrived, the runner what is to be sent, and tells the loop by
 * posting the call. The runner's last act is to post the end. The call object goes back to its loop
 * when it has ended and its stream is gone.
 *
 *     call_head.c    the request's head: what is called, and whether it is gRPC at all
 *     call_input.c   bytes become messages, and are handed over
 *     call_output.c  messages and the status become frames
 *     call.c         its life: dispatch, handler, end, cancellation
 *     call_io.c      what the runner reads and writes
 *     call_each.c    streams answered message by message
 *     call_facts.c   what a handler may ask of it: metadata, peer, deadline
 *     call_follow.c  outgoing calls that end with it
 */

#include <pthread.h>
#include <stdatomic.h>

#include <nghttp2/nghttp2.h>

#include "lib/rpc/container.h"
#include "lib/rpc/deadlines.h"
#include "lib/rpc/fields.h"
#include "lib/rpc/latch.h"
#include "lib/rpc/message.h"
#include "lib/rpc/methods.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/pool.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server.h"
#include "lib/rpc/trace_call.h"

struct rpc_connection;
struct rpc_server_loop;

/* Waits for the end of a call that it must not outlast: rpc_call_follow(). */
struct rpc_follower {
    void (*on_cancel)(struct rpc_follower *follower);
    struct rpc_call *call; /* that it follows; NULL: none */
    struct rpc_follower *previous, *next;
};

/* Between the loop and the runner, under the loop's mutex. */
struct rpc_call_shared {
    struct rpc_messages received;
    bool has_all;       /* nothing more will be received */
    status_code code;   /* why not, where that is a failure of the client's */
    size_t too_large;   /* bytes of a message over the limit: RESOURCE_EXHAUSTED */
    bool reads;         /* the runner waits for a message */
    size_t taken_bytes; /* that the runner has taken, and the loop is to make room for */

    struct rpc_messages to_send;
    bool is_writing; /* of a detached call: its message is on its way */
    bool has_ended;  /* the runner is done with the call */
    bool has_exchanged;
    const char *cancel_message; /* the loop is to cancel it; static text. NULL: it is not */
    status_code cancel_code;

    bool is_posted;
    struct rpc_call *next_posted;
};

struct rpc_call {
    struct rpc_server *server;
    struct rpc_server_loop *loop;
    const struct rpc_server_method *method; /* NULL until known */
    struct rpc_peer *peer;

    /* --- the loop thread's, and nobody else's --- */
    struct rpc_connection *connection; /* NULL once the stream is gone */
    int32_t stream;
    struct rpc_call *previous, *next; /* of the connection, or the next spare one */
    bool runs;                        /* the runner's end is yet to come */
    bool is_input_over;               /* no more of it is taken */
    bool has_dispatched;
    char prefix[RPC_PREFIX_BYTES];
    unsigned prefix_length;
    struct rpc_message *arriving;
    bool is_exchanging; /* of RPC_RUN_EACH: a handler works on a message */
    struct rpc_deadline timer;
    struct rpc_messages sending;
    bool are_headers_submitted, is_deferred;
    bool is_ending;                 /* the status follows what is being sent */
    bool is_answered;               /* the status was handed over */
    struct rpc_fields own_trailers; /* of an end that is the loop's, not the runner's */
    const struct rpc_fields *end_trailers;

    /* --- the head: the loop's, and after that constant --- */
    struct rpc_fields received; /* metadata as it came */
    size_t head_bytes;
    bool is_post, is_grpc, is_head_malformed, is_encoding_unknown;
    char unknown_path[RPC_PATH_MAX]; /* where there is no method; cut */
    rpc_encoding encoding;           /* of what is received */
    bool accepts_gzip;
    int64_t arrival_time, deadline;

    /* --- the runner's --- */
    struct rpc_task task;
    struct trace_context trace;  /* what the handler does belongs to it */
    struct trace_span *span;     /* of the call; NULL: not recorded */
    struct arena *arena;         /* the handler's */
    struct arena *message_arena; /* what rpc_call_read() decodes into; NULL until it does */
    struct rpc_message *request; /* of a unary or server-streaming call */
    struct rpc_metadata metadata;
    bool has_metadata; /* `metadata` was made */
    bool distrusts_forwarded;
    struct rpc_fields headers, trailers; /* the loop's from the first answer, or the end, on */
    bool headers_sent, compresses;
    /* A detached call's: runs on the loop's thread when rpc_call_start_write() is over. */
    void (*on_written)(void *arg);
    void *on_written_arg;

    /* --- for several threads --- */
    atomic_size_t unsent_bytes; /* that the runner wrote and the connection has not taken */
    atomic_bool writes;         /* the runner waits until there are fewer */
    atomic_bool is_cancelled;
    struct rpc_latch reading, writing;
    struct rpc_call_shared shared; /* under the loop's mutex */

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    void (*on_cancel)(void *arg);
    void *on_cancel_arg;
    bool cancel_running;
    pthread_t cancel_thread;
    struct rpc_follower *followers; /* under a mutex of all calls */
};

/* A call of a new stream; NULL when memory is short. The loop's thread. */
struct rpc_call *rpc_call_new(struct rpc_connection *connection, int32_t stream);
/* Frees a spare one. */
void rpc_call_free(struct rpc_call *call);

/* The head is checked: the call begins. The loop's thread. */
void rpc_call_begin(struct rpc_call *call);
/* A whole message of a unary or server-streaming call, taken, or NULL when none came. */
void rpc_call_dispatch(struct rpc_call *call, struct rpc_message *request);
/* The stream is gone, before or after the answer. The call may be over afterwards. The loop's
 * thread. */
void rpc_call_stream_gone(struct rpc_call *call);
/* Answers with a status of the loop's own, and lets the runner know. The loop's thread. */
void rpc_call_abort(struct rpc_call *call, const struct status *st);
/* The runner waits for nothing any longer, and is told. The loop's thread. */
void rpc_call_tell_cancelled(struct rpc_call *call);
/* Gives the call back to its loop when nobody has it any more. The loop's thread. */
void rpc_call_release_if_over(struct rpc_call *call);

/* Cancels it with a status for the client; `message` is static text. Any thread, while the call
 * runs. */
void rpc_call_cancel(struct rpc_call *call, status_code code, const char *message);

/* Sets a child after the call: `follower->on_cancel` is called when the call is cancelled or over,
 * at once if it is already, on any thread and at most once; it must not block. */
void rpc_call_follow(struct rpc_call *call, struct rpc_follower *follower);
/* Waits for it where it is running. Also for one that never followed (zero). */
void rpc_call_unfollow(struct rpc_follower *follower);

/* The call is cancelled or over: whoever follows it is told. */
void rpc_call_tell_followers(struct rpc_call *call);

/* Whether rpc_call_distrust_forwarded() was called. */
bool rpc_call_is_forwarded_distrusted(const struct rpc_call *call);

/* RESOURCE_EXHAUSTED, OVERLOADED. */
status_code rpc_call_fail_overloaded(struct status *st);
/* Why an operation of this call failed: CANCELLED, or DEADLINE_EXCEEDED. */
status_code rpc_call_fail_ended(const struct rpc_call *call, struct status *st);
/* The client cancelled, went away, or the deadline passed. */
bool rpc_call_has_ended(const struct rpc_call *call);

/* --- detached calls and those of RPC_RUN_EACH; one thread at a time does these --- */

/* Starts one write; on_written follows. False when the message cannot be sent: nothing follows. */
bool rpc_call_start_write(struct rpc_call *call, const void *message, void (*on_written)(void *arg),
                          void *arg) _must_check_;
/* Ends the call; it must not be used afterwards. No write may be under way. */
void rpc_call_finish(struct rpc_call *call, const struct status *st);
