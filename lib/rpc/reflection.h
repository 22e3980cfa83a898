#pragma once

/*
 * grpc.reflection.v1 (and v1alpha, which has the same wire format), which every server answers.
 *
 * Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "lib/rpc/descriptors.h"
#include "lib/rpc/server.h"

struct rpc_reflection;

enum {
    RPC_REFLECTION_SERVICES_MAX = 32,
    RPC_REFLECTION_STREAMS_MAX = 16, /* at once; they must not take the pool from real calls */
};

/* `descriptors` is borrowed for good. */
status_code rpc_reflection_new(const struct rpc_descriptors *descriptors,
                               struct rpc_reflection **ret_reflection,
                               struct status *st) _must_check_;
void rpc_reflection_free(struct rpc_reflection *reflection);

/* Adds a service to what list_services answers. `name` is borrowed for good. */
status_code rpc_reflection_add(struct rpc_reflection *reflection, const char *name,
                               struct status *st) _must_check_;
/* Cancels the streams that are open: an idle one must not hold up a drain. */
void rpc_reflection_stop(struct rpc_reflection *reflection);

/* One handler, ServerReflectionInfo; its `data` is the struct rpc_reflection. */
const struct rpc_service *rpc_reflection_service(void);
