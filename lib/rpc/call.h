#pragma once

/*
 * The server's side of one call: a slot that waits for a call of its method, then the call.
 *
 * A call object is made by rpc_call_request(), lives through arrival, handler and end, and goes
 * back to its server when grpc core is done with it. Its public face is `server.h`.
 */

#include <pthread.h>
#include <stdatomic.h>

#include <grpc/grpc.h>

#include "lib/rpc/event.h"
#include "lib/rpc/gate.h"
#include "lib/rpc/metadata.h"
#include "lib/rpc/pool.h"
#include "lib/rpc/server.h"
#include "lib/rpc/trace_call.h"

/* How a method's function is run. */
typedef enum {
    RPC_RUN_POOLED,   /* on a thread of the pool, within its bounds */
    RPC_RUN_INLINE,   /* on the polling thread: it never blocks */
    RPC_RUN_DETACHED, /* as inline, and the call goes on until rpc_call_finish() */
    RPC_RUN_EACH,     /* on a thread of the pool, for each message of the stream */
} rpc_run;

/* One method that a server offers. */
struct rpc_server_method {
    struct rpc_server *server;
    char *path; /* "/package.Service/Method" */
    rpc_kind kind;
    rpc_run run;
    rpc_handler_function function;
    const ProtobufCMessageDescriptor *input, *output;
    void *data;
    void *registered; /* grpc core's handle; NULL: stands for every unknown method */
    bool is_told;     /* to on_call_end: a method of the server's owner */
    /* Slots that could not be offered for want of memory; offered again when a call is over. */
    atomic_int missing_slots;
};

struct rpc_call {
    struct rpc_server *server;
    struct rpc_server_method *method;
    grpc_call *core;

    struct rpc_event arrived; /* the slot is filled, or the server shuts down */
    struct rpc_event closed;  /* core knows how the call ended; for those who asked before that */
    struct rpc_event finished;
    struct rpc_event read, written;
    struct rpc_task task;
    struct rpc_event
        exchanged; /* of RPC_RUN_EACH: the answer is sent, and the next message there */
    struct rpc_task exchange;
    atomic_int holders; /* `closed`, `finished` and who runs it; the last one retires the call */
    atomic_bool is_watched; /* core was asked to tell how the call ends */

    gpr_timespec core_deadline;
    grpc_call_details details; /* of unknown methods */
    grpc_metadata_array received;
    grpc_byte_buffer *payload; /* the request of a unary or server-streaming call */
    int64_t arrival_time, deadline;
    int close_cancelled; /* core's answer on `closed`, or with `finished` */

    struct trace_context trace; /* what the handler does belongs to it */
    struct trace_span *span;    /* of the call; NULL: not recorded */

    struct arena *arena;         /* the handler's */
    struct arena *message_arena; /* what rpc_call_read() decodes into */
    struct rpc_metadata metadata;
    bool has_metadata;   /* `metadata` was made */
    char *peer;          /* core's string, or NULL until asked for */
    const char *peer_id; /* in `arena`, or NULL until asked for */
    bool distrusts_forwarded;

    struct rpc_metadata_out headers, trailers;
    bool headers_sent, compresses;
    grpc_byte_buffer *sending, *receiving;
    struct rpc_gate reading, writing; /* closed while core reads, or writes */
    bool write_failed;                /* to be looked at when `writing` is open */

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    void (*on_cancel)(void *arg);
    void *on_cancel_arg;
    bool cancel_running;
    pthread_t cancel_thread;
    atomic_bool is_cancelled;

    /* A detached call's: runs on a polling thread when rpc_call_start_write() is over. */
    void (*on_written)(void *arg);
    void *on_written_arg;

    struct rpc_call *next_free;
};

/* A spare call of the server; NULL when memory is short. */
struct rpc_call *rpc_call_new(struct rpc_server *server);
void rpc_call_free(struct rpc_call *call);
/* Offers a slot for the method; false when the server shuts down or memory is short. */
bool rpc_call_request(struct rpc_server_method *method);

/* Whether rpc_call_distrust_forwarded() was called. */
bool rpc_call_is_forwarded_distrusted(const struct rpc_call *call);

/* RESOURCE_EXHAUSTED, OVERLOADED. */
status_code rpc_call_fail_overloaded(struct status *st);

/* Core's call, for a client call that follows it. */
grpc_call *rpc_call_core(struct rpc_call *call);

/* --- detached calls; the caller makes sure that one thread at a time does these --- */

/* Starts one write; on_written follows. False when the message cannot be sent: nothing follows. */
bool rpc_call_start_write(struct rpc_call *call, const void *message, void (*on_written)(void *arg),
                          void *arg) _must_check_;
/* Ends the call; it must not be used afterwards. No write may be under way. */
void rpc_call_finish(struct rpc_call *call, const struct status *st);
