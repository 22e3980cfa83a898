#pragma once

/*
 * What the routes share: the settings, the channels to the services, and who may speak for others.
 *
 * One object for the life of the process, in edge.c's hands; routes reach it by exchange_bridge().
 * Thread rule: the loop thread.
 */

#include "bridge/cors.h"
#include "bridge/http/server.h"
#include "bridge/http/trusted_proxy.h"
#include "lib/mesh/security.h"
#include "lib/rpc/async.h"

/* From the environment; main.c has the table. */
struct bridge_settings {
    const char *listen;
    const char *tls_listen;
    const char *tls_certificate; /* file; empty: no TLS */
    const char *tls_key;
    int64_t hsts_ms; /* Strict-Transport-Security; 0: none */
    const char *admin_listen;
    struct mesh_security_settings security;
    const char *ocr_target;
    const char *billing_target;
    const char *export_target;
    const char *chat_target;
    const char *trusted_proxies;
    const char *proxy_header; /* "x-forwarded-for" or "forwarded" */
    const char *cors_origins;
    bool compresses;
    int64_t answer_cache_bytes; /* 0: answers are not kept */
    int64_t inline_pages;       /* a job of at most so many pages is waited for */
    int64_t inline_timeout_ms;  /* at most so long */
    int64_t body_max_bytes;     /* of any request */
    int64_t connections_max;
    int64_t connections_per_address_max; /* trusted proxies aside */
    int64_t streams_max;
    int64_t head_max_bytes;
    int64_t head_timeout_ms;
    int64_t body_timeout_ms;
    int64_t body_rate_min;
    int64_t idle_timeout_ms;
    int64_t write_timeout_ms;
    int64_t drain_timeout_ms;
    int64_t events_keep_alive_ms; /* a comment after so long without an event */
};

struct answer_cache;
struct shared_calls;

struct bridge {
    const struct bridge_settings *settings;
    struct trusted_proxies trusted;
    struct cors_policy cors;
    struct answer_cache *answers; /* to jobs that are done */
    struct server *server;
    struct rpc_loop *rpc;
    struct shared_calls *shared;
    struct rpc_channel *ocr;
    struct rpc_channel *billing;
    struct rpc_channel *export;
    struct rpc_channel *chat;
};
