#pragma once

/*
 * Small things that the runtime's modules share: clocks, paths, channel arguments.
 * Thread rule: any thread.
 */

#include <grpc/grpc.h>

#include "lib/rpc/rpc.h"

enum {
    /* Core's own limit is wider than ours: what lies between gets an exact error from us, and
     * what is beyond is cut off by the transport. */
    RPC_CORE_LIMIT_FACTOR = 2,
    RPC_METADATA_MAX_BYTES = 16384, /* of one header block */
    /* What a call may be sent ahead of its reader: one message of the largest size. Core's own way,
     * to probe for what a connection holds, takes a busy machine for a long line, and lets 16 MiB a
     * hop wait for a reader that is slow. */
    RPC_LOOKAHEAD_BYTES = RPC_MESSAGE_MAX_BYTES,
};

/* Brings core up where it is not yet: a process that only serves never needs it. Until rpc_stop().
 */
void rpc_core_start(void);
/* Has a thread of its own look after core's connections, from the first call of a blocking client
 * on: core does so on threads that wait in a completion queue alone, and between calls there is
 * none. (async.h has such a thread, too.) */
void rpc_core_poll(void);

/* Our monotonic nanoseconds as grpc's deadline. */
gpr_timespec rpc_deadline_to_core(int64_t deadline);

/* "/package.Service/Method" in `ret_path`. Fails with INVALID_ARGUMENT when it does not fit. */
enum { RPC_PATH_MAX = 256 };
status_code rpc_path(const char *service, const char *method, char ret_path[static RPC_PATH_MAX],
                     struct status *st) _must_check_;

/* Channel arguments are declared without const in grpc's headers, and only read. */
#define RPC_ARG_INT(name, number)                                                                  \
    {.type = GRPC_ARG_INTEGER, .key = (char *)(name), .value.integer = (number)}
#define RPC_ARG_STR(name, text)                                                                    \
    {.type = GRPC_ARG_STRING, .key = (char *)(name), .value.string = (char *)(text)}
