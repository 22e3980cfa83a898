#pragma once

/*
 * A billing service in this process, for tests of what speaks to it: it grants, counts, and fails
 * when it is told to. Thread rule: one thread tells; handlers run on threads of its server.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc/client.h"
#include "lib/rpc/server.h"

struct fake_billing {
    struct rpc_server *server;
    atomic_int commits; /* calls that were answered well */
    atomic_int releases;
    char released_request[64]; /* of the last release that named one; "": none */
    atomic_int extends;
    atomic_int pages;    /* of the last commit */
    atomic_int confirms; /* that all of a deleted account is gone */
    /* The account that was deleted, or NULL; told before the calls. */
    const char *deleted_account;
    bool deleted_is_settled;
    /* Each call fails with this code and reason while it is not STATUS_OK. */
    atomic_int failure_code;
    const char *failure_reason;
};

/* Serves on a free port of loopback; *ret_target is grpc's for it, in `target`. */
void fake_billing_start(struct fake_billing *billing, char target[static 64]);
/* A channel to it; the caller frees it. */
struct rpc_channel *fake_billing_channel(const char *target);
void fake_billing_stop(struct fake_billing *billing);
