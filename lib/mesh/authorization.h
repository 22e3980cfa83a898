#pragma once

/*
 * Who may call which RPC of the mesh: one table, by the SPIFFE ID that a caller's certificate
 * names.
 *
 * The programs of the mesh are named by what stands behind a prefix that they share:
 * spiffe://ocrmesh.local/ and "bridge", "ocr", "billing", "chat", "export", "operator". Consumers
 * are other programs that call the services themselves, by their whole SPIFFE IDs. An RPC without a
 * row is nobody's. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

/* What a caller is; sets of these are or-ed. */
enum {
    MESH_BRIDGE = 1 << 0,
    MESH_OCR = 1 << 1,
    MESH_BILLING = 1 << 2,
    MESH_CHAT = 1 << 3,
    MESH_EXPORT = 1 << 4,
    MESH_OPERATOR = 1 << 5, /* who runs ocrmesh-admin */
    MESH_CONSUMER = 1 << 6,
    MESH_STRANGER = 1 << 7, /* anybody else with a certificate of our authority */
};

/* All borrowed. */
struct mesh_authorization {
    struct str prefix;    /* of the programs' SPIFFE IDs */
    struct str consumers; /* SPIFFE IDs, separated by commas */
};

/* What `spiffe_id` is: one of the above; a stranger where it is "". */
int mesh_authorization_role(const struct mesh_authorization *authorization, const char *spiffe_id);

/* The roles that may call a method, "/package.Service/Method"; 0 where it has no row. */
int mesh_authorization_callers(const char *method);

/* Fails with PERMISSION_DENIED CALLER_NOT_ALLOWED, naming caller and method. */
status_code mesh_authorization_check(const struct mesh_authorization *authorization,
                                     const char *spiffe_id, const char *method,
                                     struct status *st) _must_check_;
