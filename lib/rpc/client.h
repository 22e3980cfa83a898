#pragma once

/*
 * gRPC clients that block: one service calling another from a handler or a worker thread.
 *
 * A channel is shared by all threads and reconnects by itself. Targets are grpc's: "host:port",
 * "dns:///host:port", "unix:/path", "xds:///name"; addresses are balanced round_robin. A method
 * whose .proto says that it is idempotent is tried again when it fails with UNAVAILABLE, with
 * back-off and jitter, inside the caller's deadline.
 */

#include "lib/base/arena.h"
#include "lib/rpc/identity.h"
#include "lib/rpc/rpc.h"

struct rpc_channel;
struct rpc_call; /* server.h */
struct trace_context;

struct rpc_channel_options {
    const char *target;
    /* TLS, with the identity's certificate, to servers that show `peer_id`, a SPIFFE ID, in one of
     * an authority that the identity trusts. The identity's new files are taken up without a call
     * that fails: the connections before stay in use until there is one with the new files. NULL:
     * plain text. Borrowed for as long as the channel lives. */
    struct rpc_identity *identity;
    const char *peer_id;
    /* JSON service config; NULL for the default described above. */
    const char *service_config;
    /* For that default, more than this project's own .proto files: a serialised
     * google.protobuf.FileDescriptorSet, or NULL. */
    const void *descriptor_set;
    size_t descriptor_set_size;
    /* Least time between two lookups of the target's name; 0: 10 s. It is looked up again when a
     * connection ends or cannot be made. */
    int64_t dns_interval_ms;
    /* How long a server may be silent, with calls under way, before it is asked whether it is
     * there; 0: 30 s. Servers here take it for abuse below 10 s. */
    int64_t keepalive_ms;
    int64_t reconnect_max_ms; /* longest pause between two attempts to connect; 0: 5 s */
};

status_code rpc_channel_new(const struct rpc_channel_options *options,
                            struct rpc_channel **ret_channel, struct status *st) _must_check_;
void rpc_channel_free(struct rpc_channel *channel);
DEFINE_CLEANUP(struct rpc_channel *, rpc_channel)

/* Waits until the channel is connected, or fails with UNAVAILABLE at the deadline. Any thread. */
status_code rpc_channel_wait_ready(struct rpc_channel *channel, int64_t deadline,
                                   struct status *st) _must_check_;

/* The same, but at once where it has been connected before: for what a process needs before it
 * takes its first call, and can do without for a while later. Any thread. */
status_code rpc_channel_wait_first_ready(struct rpc_channel *channel, int64_t deadline,
                                         struct status *st) _must_check_;

/* How a call is to be made. All of it is borrowed for the call; zero is a good default. */
struct rpc_call_options {
    int64_t deadline;             /* monotonic; 0 or TIME_NEVER: the parent's, or none. A call whose
                                   * deadline has passed does not start: DEADLINE_EXCEEDED */
    struct rpc_call *parent;      /* server call whose deadline and cancellation this follows */
    struct rpc_metadata metadata; /* request headers */
    bool wait_for_ready;          /* wait for a connection rather than fail at once */
    bool compress;                /* gzip */
    /* The trace that the call belongs to; NULL: the parent's, or the calling thread's. It goes with
     * the call as `traceparent`, and the call is a span of it. */
    const struct trace_context *trace;
};

/* A unary call. Any thread; blocks.
 * @request: borrowed. @ret_response: message of the method's output type, in `arena`.
 * Fails with the server's status, its details decoded into *st. */
status_code rpc_unary(struct rpc_channel *channel, const struct rpc_method *method,
                      const struct rpc_call_options *options, const void *request,
                      struct arena *arena, void *ret_response, struct status *st) _must_check_;

/* A call of any kind, message by message. One thread at a time. */
struct rpc_stream;

/* `options->parent` and `options->deadline` hold for the whole stream; `arena` takes what is
 * read and must outlive the stream. */
status_code rpc_stream_open(struct rpc_channel *channel, const struct rpc_method *method,
                            const struct rpc_call_options *options, struct arena *arena,
                            struct rpc_stream **ret_stream, struct status *st) _must_check_;
/* Fails when the call has ended; rpc_stream_finish() then tells why. */
status_code rpc_stream_write(struct rpc_stream *stream, const void *message,
                             struct status *st) _must_check_;
/* Half-close: nothing more will be written. Not a failure when the call has ended. */
status_code rpc_stream_close_write(struct rpc_stream *stream, struct status *st) _must_check_;
/* *ret_message is NULL when the server sends no more; rpc_stream_finish() tells the status. */
status_code rpc_stream_read(struct rpc_stream *stream, void *ret_message,
                            struct status *st) _must_check_;
/* The call's final status. Reads and drops what is left. */
status_code rpc_stream_finish(struct rpc_stream *stream, struct status *st) _must_check_;
/* Any thread. */
void rpc_stream_cancel(struct rpc_stream *stream);
/* Response headers (after the first read) and trailers (after finish). Live as the stream. */
const struct rpc_metadata *rpc_stream_headers(const struct rpc_stream *stream);
const struct rpc_metadata *rpc_stream_trailers(const struct rpc_stream *stream);
/* Cancels what is still under way. */
void rpc_stream_free(struct rpc_stream *stream);
DEFINE_CLEANUP(struct rpc_stream *, rpc_stream)
