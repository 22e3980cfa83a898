#pragma once

/*
 * The admin port of a process: GET /healthz (the process turns), /readyz (it can do its work) and
 * /metrics (Prometheus text). On libmicrohttpd, with a thread of its own; nothing of the public
 * surface goes through it.
 */

#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct admin_server;

struct admin_options {
    const char *address; /* "127.0.0.1:9051" */
    /* Ready or not: STATUS_OK, or why not. On the admin thread; must return within a second. */
    status_code (*check_ready)(void *data, struct status *st);
    /* Appends metrics in Prometheus text format. May be NULL. */
    void (*write_metrics)(void *data, struct buf *out);
    void *data;
};

status_code admin_server_start(const struct admin_options *options,
                               struct admin_server **ret_server, struct status *st) _must_check_;
void admin_server_stop(struct admin_server *server);
DEFINE_CLEANUP_NAMED(struct admin_server *, admin_server_stopp, admin_server_stop)
