#pragma once

/*
 * The service config of channels that are given none: balancing, health, and which methods are
 * tried again. What may be repeated stands in the .proto files, as `idempotency_level`. Thread
 * rule: any thread.
 */

#include <stddef.h>

#include "lib/base/status.h"

enum {
    RPC_SERVICE_CONFIG_MAX_BYTES = 65536,
    RPC_ATTEMPTS_MAX = 4, /* of one call, the first included */
};

/* JSON, to be freed. `extra` is one more FileDescriptorSet, or NULL. */
status_code rpc_service_config_new(const void *extra, size_t extra_size, char **ret_config,
                                   struct status *st) _must_check_;
