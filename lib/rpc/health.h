#pragma once

/*
 * grpc.health.v1.Health, which every server answers.
 *
 * Check answers at once. Watch holds no thread: its calls are kept in a list and written to when
 * something changes. Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "lib/rpc/server.h"

struct rpc_health;

enum {
    RPC_HEALTH_SERVICES_MAX = 32,
    RPC_HEALTH_WATCHERS_MAX = 512, /* the next Watch is refused with RESOURCE_EXHAUSTED */
};

/* Knows the whole server ("") at first, as serving. */
status_code rpc_health_new(struct rpc_health **ret_health, struct status *st) _must_check_;
/* After all its calls are over. */
void rpc_health_free(struct rpc_health *health);

/* Adds a service, as serving. `name` is borrowed for good. */
status_code rpc_health_add(struct rpc_health *health, const char *name,
                           struct status *st) _must_check_;
/* A service that is not known is left so. */
void rpc_health_set(struct rpc_health *health, const char *name, bool is_serving);
/* Everything is NOT_SERVING from here on; watchers are told and their calls end. */
void rpc_health_stop(struct rpc_health *health);

/* Check, which must be run inline, and Watch, which must be run detached; their `data` is the
 * struct rpc_health. */
const struct rpc_service *rpc_health_service(void);
