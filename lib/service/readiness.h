#pragma once

/*
 * Whether a process can do its work, asked once a second on a thread of its own.
 *
 * The outcome goes to grpc.health.v1, for the whole server and for each of its services, and is
 * kept for the admin port; a change is logged. Thread rule: one thread starts and stops it.
 */

#include "lib/rpc/server.h"

enum { READINESS_INTERVAL_MS = 1000 };

struct readiness;

/* All borrowed, and to outlive the readiness. */
struct readiness_options {
    struct rpc_server *server;
    const struct rpc_service *const *services;
    size_t service_count;
    status_code (*check)(void *data, struct status *st); /* NULL: always ready */
    void *data;
};

/* Checks once before it returns. */
status_code readiness_new(const struct readiness_options *options, struct readiness **ret_readiness,
                          struct status *st) _must_check_;
/* No more checks: from here on readiness_last() answers UNAVAILABLE DRAINING. grpc.health.v1 is
 * left as it is, since a drain sets it. */
void readiness_stop(struct readiness *readiness);
/* Stops it first where that was not done. */
void readiness_free(struct readiness *readiness);
DEFINE_CLEANUP(struct readiness *, readiness)

/* The latest outcome. Any thread; does not block. */
status_code readiness_last(struct readiness *readiness, struct status *st) _must_check_;
