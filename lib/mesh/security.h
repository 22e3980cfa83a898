#pragma once

/*
 * How a program of the mesh proves who it is and knows its peers, by its settings: mutual TLS with
 * SPIFFE IDs, or plain text on this machine alone; and how calls spread (balance.h).
 *
 * The settings stand in a program's own struct, and its table has MESH_SECURITY_ENTRIES (and
 * MESH_SERVER_ENTRIES where it serves gRPC). Thread rule: opened and closed by one thread; the rest
 * any thread.
 */

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/mesh/authorization.h"
#include "lib/mesh/balance.h"
#include "lib/rpc/client.h"
#include "lib/rpc/server.h"

struct mesh_security_settings {
    const char *certificate, *key, *ca; /* paths; all "": plain text */
    const char *spiffe_prefix;
    int64_t reload_ms;
    struct mesh_call_settings call;
    /* Of programs that serve gRPC (MESH_SERVER_ENTRIES); others leave them as they are. */
    const char *consumers;
    bool allows_plaintext;
    struct mesh_serve_settings serve;
};

#define MESH_SECURITY_ENTRIES(type, member)                                                        \
    {"MESH_TLS_CERTIFICATE",                                                                       \
     CONFIG_STRING,                                                                                \
     offsetof(type, member.certificate),                                                           \
     "",                                                                                           \
     "PEM file of this program's certificate with its chain, for gRPC with mutual TLS; names its " \
     "SPIFFE ID; empty: plain text",                                                               \
     0,                                                                                            \
     0},                                                                                           \
        {"MESH_TLS_KEY",                                                                           \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.key),                                                               \
         "",                                                                                       \
         "PEM file of its key, without a passphrase",                                              \
         0,                                                                                        \
         0},                                                                                       \
        {"MESH_TLS_CA",                                                                            \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.ca),                                                                \
         "",                                                                                       \
         "PEM file of the authorities that the peers' certificates are verified against",          \
         0,                                                                                        \
         0},                                                                                       \
        {"MESH_TLS_RELOAD",                                                                        \
         CONFIG_DURATION_MS,                                                                       \
         offsetof(type, member.reload_ms),                                                         \
         "10s",                                                                                    \
         "time between two looks at those files, which are read again when they change",           \
         100,                                                                                      \
         INT64_C(86400000)},                                                                       \
        {"MESH_SPIFFE_PREFIX",                                                                     \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.spiffe_prefix),                                                     \
         "spiffe://ocrmesh.local/",                                                                \
         "what the SPIFFE IDs of the mesh's programs begin with, before bridge, ocr, "             \
         "billing, chat, export, operator",                                                        \
         0,                                                                                        \
         0},                                                                                       \
        MESH_CALL_ENTRIES(type, member.call)

#define MESH_SERVER_ENTRIES(type, member)                                                          \
    {"MESH_CONSUMERS",                                                                             \
     CONFIG_STRING,                                                                                \
     offsetof(type, member.consumers),                                                             \
     "",                                                                                           \
     "SPIFFE IDs, by commas, of other programs that may call what the public API offers",          \
     0,                                                                                            \
     0},                                                                                           \
        {"MESH_PLAINTEXT",                                                                         \
         CONFIG_BOOLEAN,                                                                           \
         offsetof(type, member.allows_plaintext),                                                  \
         "false",                                                                                  \
         "whether gRPC may be served without TLS on an address that other machines reach: "        \
         "then the network alone keeps others out",                                                \
         0,                                                                                        \
         0},                                                                                       \
        MESH_SERVE_ENTRIES(type, member.serve)

struct mesh_security;

/* @name: of this program, "ocr"; "operator" is who runs a command, and may be anybody to itself.
 * The settings' text is borrowed. Fails with INVALID_ARGUMENT when the files do not fit, when some
 * of them are missing, or when the certificate is for another program. */
status_code mesh_security_open(const struct mesh_security_settings *settings, const char *name,
                               struct mesh_security **ret_security, struct status *st) _must_check_;
/* What opening it, and serving at `listen` (NULL: nothing is served), would fail with; leaves
 * nothing behind. */
status_code mesh_security_check(const struct mesh_security_settings *settings, const char *name,
                                const char *listen, struct status *st) _must_check_;
/* After every channel and server that uses it. */
void mesh_security_free(struct mesh_security *security);
DEFINE_CLEANUP(struct mesh_security *, mesh_security)

/* A channel to the program of the mesh that is called `peer`, "billing". Without TLS it says so
 * where the target is not on this machine. */
status_code mesh_channel_new(struct mesh_security *security, const char *target, const char *peer,
                             struct rpc_channel **ret_channel, struct status *st) _must_check_;

/* Sets what a server that binds options->address needs: the identity, who may call what, and the
 * age of connections. Fails with FAILED_PRECONDITION PLAINTEXT_REFUSED where it would be plain text
 * on an address that other machines reach and nothing allows that; where that is allowed, a warning
 * is logged. */
status_code mesh_security_protect(struct mesh_security *security,
                                  struct rpc_server_options *options,
                                  struct status *st) _must_check_;

/* Until when the certificate holds, wall nanoseconds; 0 without TLS. */
int64_t mesh_security_expire_time(struct mesh_security *security);
