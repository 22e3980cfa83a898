#pragma once

/*
 * How the calls of a mesh find and spread over the replicas of a service: docs/balancing.md. The
 * settings are part of those in security.h, as every channel and server needs both. Thread rule:
 * values.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/config/config.h"

/* Of who calls; 0 is the default of `struct rpc_channel_options`. */
struct mesh_call_settings {
    int64_t dns_interval_ms, keepalive_ms, reconnect_max_ms;
};

/* Of who serves; as in `struct rpc_server_options`. */
struct mesh_serve_settings {
    int64_t connection_age_ms, connection_grace_ms;
};

#define MESH_CALL_ENTRIES(type, member)                                                            \
    {"MESH_DNS_INTERVAL",                                                                          \
     CONFIG_DURATION_MS,                                                                           \
     offsetof(type, member.dns_interval_ms),                                                       \
     "10s",                                                                                        \
     "least time between two lookups of a target's name, which is looked up again when a "         \
     "connection ends",                                                                            \
     100,                                                                                          \
     INT64_C(3600000)},                                                                            \
        {"MESH_KEEPALIVE",                                                                         \
         CONFIG_DURATION_MS,                                                                       \
         offsetof(type, member.keepalive_ms),                                                      \
         "30s",                                                                                    \
         "how long a service that is called may be silent before it is asked whether it is "       \
         "there; without an answer within 10s its connection is given up",                         \
         10000,                                                                                    \
         INT64_C(3600000)},                                                                        \
    {                                                                                              \
        "MESH_RECONNECT_MAX", CONFIG_DURATION_MS, offsetof(type, member.reconnect_max_ms), "5s",   \
            "longest pause between two attempts to connect to a service; the first is 100ms, "     \
            "and each is longer",                                                                  \
            100, INT64_C(600000)                                                                   \
    }

#define MESH_SERVE_ENTRIES(type, member)                                                           \
    {"MESH_CONNECTION_AGE",                                                                        \
     CONFIG_DURATION_MS,                                                                           \
     offsetof(type, member.connection_age_ms),                                                     \
     "5m",                                                                                         \
     "age, give or take a tenth, at which a client is told to connect anew, and so to find "       \
     "replicas that came; 0: never",                                                               \
     0,                                                                                            \
     INT64_C(86400000)},                                                                           \
    {                                                                                              \
        "MESH_CONNECTION_GRACE", CONFIG_DURATION_MS, offsetof(type, member.connection_grace_ms),   \
            "1h",                                                                                  \
            "how long calls under way may go on after that on the connection they are on; 0: as "  \
            "long as they take",                                                                   \
            0, INT64_C(86400000)                                                                   \
    }
