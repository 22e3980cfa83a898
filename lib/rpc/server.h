#pragma once

/*
 * gRPC servers.
 *
 * A service is one table of plain C functions over a descriptor that protoc-c generated:
 *
 *     static const struct rpc_handler handlers[] = {
 *         {"GetJob", RPC_UNARY, get_job},
 *         {"WatchJob", RPC_SERVER_STREAM, watch_job},
 *     };
 *     static const struct rpc_service ocr_service = {
 *         &ocrmesh__ocr__v1__ocr_service__descriptor, handlers, ARRAY_LENGTH(handlers)};
 *
 * Adding an RPC is a line in the .proto, a function and a line in the table. A method of the
 * descriptor that has no line answers UNIMPLEMENTED. Every server answers grpc.health.v1.Health
 * and server reflection (v1 and v1alpha) by itself.
 *
 * Threads: handlers run on a bounded pool and may block. When every thread of the pool is busy,
 * up to `queue_max` calls wait and the next one is refused with RESOURCE_EXHAUSTED. Sockets are
 * read and written on threads of their own, so cancellation is seen while a handler works.
 */

#include "lib/base/arena.h"
#include "lib/rpc/identity.h"
#include "lib/rpc/rpc.h"

struct rpc_server;
struct rpc_call;

/*
 * A handler.
 *
 * @call: the call; valid until the handler returns.
 * @request: the decoded request of a unary or server-streaming method; NULL for the other kinds,
 *     which read with rpc_call_read(). Lives in the call's arena. Borrowed.
 * @response: an initialised message of the method's output type to be filled by a unary or
 *     client-streaming handler; NULL for the other kinds, which send with rpc_call_write(). What
 *     it points to must live in the call's arena or be static.
 * @data: `data` of the service.
 *
 * Returns STATUS_OK, or fills *st; the status goes to the client with ErrorInfo (reason, info),
 * BadRequest (field), RetryInfo (retry_after_ms) and, for RESOURCE_EXHAUSTED with a "cap" fact,
 * QuotaFailure as google.rpc.Status details. What it waits for is not waited for any longer once
 * the client has gone (lib/base/wanted.h), statements of the database above all.
 */
typedef status_code (*rpc_handler_function)(struct rpc_call *call, const void *request,
                                            void *response, void *data, struct status *st);

struct rpc_handler {
    const char *name; /* the method's name in the .proto */
    rpc_kind kind;
    rpc_handler_function function;
    /* In place of `function`, for RPC_BIDI_STREAM where each message has its answer: called once a
     * message, with `request` and `response`, and what it fills in is sent. Between messages the
     * stream holds no thread. The call's arena is that of the message. Once the client has closed
     * its side the call ends with STATUS_OK; a failure ends it at once. It neither reads nor
     * writes. */
    rpc_handler_function each;
};

struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct rpc_handler *handlers;
    size_t handler_count;
    void *data; /* handed to every handler; borrowed, outlives the server */
};

struct rpc_server_options {
    const char *address; /* "127.0.0.1:50051", "[::]:50051", "unix:/path"; port 0 picks one,
                          * 0 is told of a Unix socket */
    /* TLS, at which clients must show a certificate of an authority that the identity trusts. New
     * files of the identity hold for every connection made from then on. NULL: plain text. Borrowed
     * for as long as the server lives. */
    struct rpc_identity *identity;
    /* Whether the call may be made, by who makes it (rpc_call_peer_id): anything but STATUS_OK ends
     * it, and no handler runs. Asked for every method, health and reflection included, on a
     * thread that many connections share: it must not block. NULL: everyone may call everything. */
    status_code (*authorize)(struct rpc_call *call, void *data, struct status *st);
    void *authorize_data;
    /* A connection of this age, give or take a tenth, is to be made anew by its client: calls under
     * way go on for the grace, new ones go to whatever addresses the name has by then. 0: neither
     * ends a connection. */
    int64_t connection_age_ms, connection_grace_ms;
    int threads_max;          /* handlers at once; 0: 64 */
    int queue_max;            /* calls that wait for a thread; 0: 256 */
    size_t arena_max_bytes;   /* per call; 0: 64 MiB */
    size_t message_max_bytes; /* either way; 0: RPC_MESSAGE_MAX_BYTES */
    /* More for reflection than this project's own .proto files, which every server has: a
     * serialised google.protobuf.FileDescriptorSet with its imports, or NULL. Borrowed for as
     * long as the server lives. */
    const void *descriptor_set;
    size_t descriptor_set_size;
    /* Called once a call of one of the `services` ended, as its answer goes out, on the thread that
     * ran it (or refused it, so it must not block); for logs and metrics. May be NULL. */
    void (*on_call_end)(struct rpc_call *call, const struct status *st, int64_t duration_ns,
                        void *data);
    void *on_call_end_data;
};

/* Fails with INVALID_ARGUMENT for a handler that its descriptor does not have or whose kind is
 * not the .proto's, UNAVAILABLE when the address cannot be bound. Serves at once. */
status_code rpc_server_new(const struct rpc_server_options *options,
                           const struct rpc_service *const *services, size_t service_count,
                           struct rpc_server **ret_server, struct status *st) _must_check_;

/* The bound port. */
int rpc_server_port(const struct rpc_server *server);

/* Sets what grpc.health.v1 answers for `service` (full name) or for the whole server (""), and
 * tells watchers. Everything starts as SERVING. Any thread. */
void rpc_server_set_serving(struct rpc_server *server, const char *service, bool is_serving);

/* Health to NOT_SERVING; for a moment still serves, so that clients that watch it go elsewhere;
 * then no new call, waits for those under way until `grace_ms` in all is over, cancels the rest and
 * waits for their handlers. Blocks; call once, before rpc_server_free(). */
void rpc_server_drain(struct rpc_server *server, int64_t grace_ms);
void rpc_server_free(struct rpc_server *server);
DEFINE_CLEANUP(struct rpc_server *, rpc_server)

/* --- inside a handler; the handler's thread unless said otherwise --- */

/* Reads the next request of a client-streaming or bidirectional call into the call's arena.
 * *ret_message is NULL once the client closed its side. Fails with CANCELLED or
 * DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED for a message over the limit, INVALID_ARGUMENT for
 * bytes that do not decode.
 * `rpc_call_read_reset` gives the arena's memory of earlier messages back first: for streams that
 * are longer than memory; earlier messages die with it. */
status_code rpc_call_read(struct rpc_call *call, void *ret_message, struct status *st) _must_check_;
status_code rpc_call_read_reset(struct rpc_call *call, void *ret_message,
                                struct status *st) _must_check_;

/* Sends one response of a streaming call; blocks while the transport has no room (back-pressure).
 * The message is borrowed. Fails with CANCELLED when the client is gone. */
status_code rpc_call_write(struct rpc_call *call, const void *message,
                           struct status *st) _must_check_;

/* Request's arena; dies when the handler has returned and the response is sent. */
struct arena *rpc_call_arena(struct rpc_call *call);
/* Monotonic nanoseconds, or TIME_NEVER. Any thread. */
int64_t rpc_call_deadline(const struct rpc_call *call);
/* The same, or `max_ms` milliseconds from now where that is earlier. Any thread. */
int64_t rpc_call_deadline_within(const struct rpc_call *call, int64_t max_ms);
/* True once the client cancelled, went away, or the deadline passed. Any thread. */
bool rpc_call_is_cancelled(const struct rpc_call *call);
/* Calls `function(arg)` once when the call is cancelled, at once if it is already; on a thread
 * that many connections share, so it must not block. NULL removes it and waits for one that is
 * running. */
void rpc_call_on_cancel(struct rpc_call *call, void (*function)(void *arg), void *arg);

/* Request metadata, made when it is first asked for. Lives as long as the call. */
const struct rpc_metadata *rpc_call_metadata(struct rpc_call *call);
/* "/ocrmesh.ocr.v1.OcrService/GetJob". */
const char *rpc_call_method(const struct rpc_call *call);
/* "ipv4:127.0.0.1:40000". */
const char *rpc_call_peer(const struct rpc_call *call);
/* The SPIFFE ID in the certificate that the client has shown, "spiffe://ocrmesh.local/bridge"; ""
 * without TLS, and for a certificate that names none. Lives as long as the call. */
const char *rpc_call_peer_id(const struct rpc_call *call);
/* For authorize(): what the call says of the client behind it (caller.h: its address) is not to be
 * believed, for the peer speaks for itself. */
void rpc_call_distrust_forwarded(struct rpc_call *call);
/* Response headers, to be set before the first response is sent; and trailers. Copied. */
status_code rpc_call_add_header(struct rpc_call *call, const char *key, struct str value,
                                struct status *st) _must_check_;
status_code rpc_call_add_trailer(struct rpc_call *call, const char *key, struct str value,
                                 struct status *st) _must_check_;
/* Compresses (gzip) what this call sends, when the client accepts it. Before the first response. */
void rpc_call_compress(struct rpc_call *call);
