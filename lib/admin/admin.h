#pragma once

/*
 * The admin port of a process: GET /healthz (the process turns), /readyz (it can do its work) and
 * /metrics (Prometheus text, or OpenMetrics for who asks for it). On libmicrohttpd, with a thread
 * of its own; nothing of the public surface goes through it.
 *
 * Answers: 200 or, from /readyz, 503 with the reason as text; 404 and 405 for anything else. At
 * most ADMIN_CONNECTIONS_MAX connections at once, each for ADMIN_IDLE_TIMEOUT_SECONDS idle.
 * Thread rule: any thread starts and stops it; the callbacks run on the admin thread.
 */

#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct admin_server;

enum {
    ADMIN_CONNECTIONS_MAX = 64,
    ADMIN_IDLE_TIMEOUT_SECONDS = 10,
    ADMIN_METRICS_MAX_BYTES = 4 << 20, /* of one /metrics answer */
};

struct admin_options {
    const char *address; /* "127.0.0.1:9051", "[::1]:9051"; port 0 picks one */
    /* Ready or not: STATUS_OK, or why not. On the admin thread; must return within a second. */
    status_code (*check_ready)(void *data, struct status *st);
    /* Appends metrics as prometheus.h and histogram.h write them. May be NULL. */
    void (*write_metrics)(void *data, struct buf *out);
    void *data;
};

/* Fails with INVALID_ARGUMENT for an address that does not parse, UNAVAILABLE when it cannot be
 * bound. */
status_code admin_server_start(const struct admin_options *options,
                               struct admin_server **ret_server, struct status *st) _must_check_;
/* The bound port. */
int admin_server_port(const struct admin_server *server);
void admin_server_stop(struct admin_server *server);
DEFINE_CLEANUP_NAMED(struct admin_server *, admin_server_stopp, admin_server_stop)
