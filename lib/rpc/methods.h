#pragma once

/*
 * What a server offers: methods by their paths. Made before the server serves, and constant then.
 * Thread rule: any thread, once it is made.
 */

#include "lib/rpc/descriptors.h"
#include "lib/rpc/server.h"

/* How a method's function is run. */
typedef enum {
    RPC_RUN_POOLED,   /* on a thread of the pool, within its bounds */
    RPC_RUN_INLINE,   /* on the loop's thread: it never blocks */
    RPC_RUN_DETACHED, /* as inline, and the call goes on until rpc_call_finish() */
    RPC_RUN_EACH,     /* on a thread of the pool, for each message of the stream */
} rpc_run;

struct rpc_server_method {
    char *path; /* "/package.Service/Method" */
    rpc_kind kind;
    rpc_run run;
    rpc_handler_function function;
    const ProtobufCMessageDescriptor *input, *output;
    void *data;
    bool is_told; /* to on_call_end: a method of the server's owner */
};

struct rpc_methods {
    struct rpc_server_method *list; /* in the order of their paths, once they are sorted */
    size_t count, capacity;
};

/* For so many of them, once; false when out of memory. */
bool rpc_methods_init(struct rpc_methods *methods, size_t capacity) _must_check_;
/* Also for zero. */
void rpc_methods_deinit(struct rpc_methods *methods);

/* One handler of `service`, under whose full name a client calls it; that of the descriptor may be
 * another one. A handler that answers message by message is RPC_RUN_EACH whatever `run` says.
 * Fails with INVALID_ARGUMENT where descriptor or .proto have it not, or otherwise. */
status_code rpc_methods_add(struct rpc_methods *methods, const struct rpc_descriptors *descriptors,
                            const char *service_name, const struct rpc_service *service,
                            const struct rpc_handler *handler, rpc_run run, bool is_told,
                            void *data, struct status *st) _must_check_;
/* After the last one. Fails with INVALID_ARGUMENT where two have the same path. */
status_code rpc_methods_sort(struct rpc_methods *methods, struct status *st) _must_check_;

/* NULL when there is none. */
const struct rpc_server_method *rpc_methods_find(const struct rpc_methods *methods,
                                                 struct str path);
