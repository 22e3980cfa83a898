#pragma once

/*
 * The public edge in motion: the event loop with its thread, the HTTP server on it, and the
 * asynchronous RPC client, whose events wake the loop.
 *
 * Where a certificate is given, SIGHUP has it and its key read again; what is wrong with them is
 * logged, and the old ones stay.
 *
 * Thread rule: one thread starts and stops it.
 */

#include "bridge/bridge.h"
#include "bridge/http/answer_cache.h"
#include "lib/rpc/client.h"

struct edge;

/* The services' channels; borrowed, and to outlive the edge. */
struct edge_channels {
    struct rpc_channel *ocr;
    struct rpc_channel *billing;
    struct rpc_channel *export;
    struct rpc_channel *chat;
};

/* What of the settings edge_start() would fail with; leaves nothing behind. */
status_code edge_check(const struct bridge_settings *settings, struct status *st) _must_check_;
/* Listens and serves. `settings` is borrowed. Fails with INVALID_ARGUMENT for a setting that does
 * not parse, UNAVAILABLE when the address cannot be bound. */
status_code edge_start(const struct bridge_settings *settings, const struct edge_channels *channels,
                       struct edge **ret_edge, struct status *st) _must_check_;
/* The bound ports; that of TLS is 0 where no certificate is given. */
int edge_port(const struct edge *edge);
int edge_tls_port(const struct edge *edge);
/* Connections that are open. Any thread. */
int64_t edge_connection_count(const struct edge *edge);
/* Connections that were closed at once, for there were too many. Any thread. */
int64_t edge_refused_count(const struct edge *edge);
/* Any thread. */
struct answer_cache_counts edge_answer_counts(const struct edge *edge);
/* Takes nothing new, lets requests under way finish within settings->drain_timeout_ms, ends. */
void edge_drain(struct edge *edge);
/* Drains first where that was not done. */
void edge_free(struct edge *edge);
DEFINE_CLEANUP(struct edge *, edge)
