#pragma once

/*
 * Whether this process can do its work, which here means: the ocr service can be reached.
 *
 * A thread of its own looks once a second and tells grpc.health.v1, for the whole server and for
 * the export service; the admin port asks readiness_check().
 */

#include "lib/rpc/client.h"
#include "lib/rpc/server.h"

struct readiness;

/* Both are borrowed and outlive the result. Looks once before it returns. */
status_code readiness_start(struct rpc_channel *ocr, struct rpc_server *server,
                            struct readiness **ret_readiness, struct status *st) _must_check_;
/* To be stopped before the server drains, since a drain sets its own health. */
void readiness_stop(struct readiness *readiness);
DEFINE_CLEANUP_NAMED(struct readiness *, readiness_stopp, readiness_stop)

/* STATUS_OK or UNAVAILABLE, as last seen; for admin_options. @data: the readiness. Any thread. */
status_code readiness_check(void *data, struct status *st);
