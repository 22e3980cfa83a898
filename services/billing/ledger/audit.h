#pragma once

/*
 * The audit: whether the books are what docs/billing.md says always holds, over the whole database.
 *
 * It computes everything anew from the ledger and the reservations, in one snapshot, and believes
 * no constraint, no trigger and no balance. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/address.h"

struct db;

enum {
    AUDIT_FINDINGS_MAX = 1000, /* of each kind; more are not told */
    AUDIT_MESSAGE_MAX = 256,
    AUDIT_TIMEOUT_MS = 3 * 60 * 1000, /* of all checks; each has the pool's statement timeout */
    AUDIT_ORPHAN_AFTER_MS = 10 * 60 * 1000, /* an open reservation that should have expired then */
};

struct audit_finding {
    /*
     * SUM_MISMATCH: a balance is not the sum of its transfers, or a transfer does not follow from
     *   the one before it;
     * HELD_MISMATCH: what an account holds is not what its open reservations need;
     * USAGE_MISMATCH: the use of a period is not what its reservations hold or charged;
     * ORPHAN_RESERVATION: open long after its time;
     * DOUBLE_CHARGE: what a reservation moved in the ledger is not what it holds or charged;
     * PURCHASE_MISMATCH: a paid purchase did not bring its credits, or an unclaimed one did.
     */
    const char *name;                     /* static */
    char principal_key[ADDRESS_KEY_SIZE]; /* an account's id, or an address */
    char message[AUDIT_MESSAGE_MAX];      /* one sentence with the figures */
};

/* Hands each finding to `on_finding`, which may stop the audit by failing. */
status_code audit_run(struct db *db, int64_t deadline,
                      status_code (*on_finding)(const struct audit_finding *finding, void *arg,
                                                struct status *st),
                      void *arg, struct status *st) _must_check_;
