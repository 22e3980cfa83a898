#pragma once

/*
 * The ledger in the database: transfers that stand alone, and those of a refund. What reservations
 * move is written with them, in store_reservation.c.
 *
 * Functions with a transaction are steps of one; the account must be locked. Balances follow by
 * the table's trigger. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/ledger/reservation.h"

struct db_tx;

/* Numbers of what ledger_transfer.kind names. */
typedef enum {
    LEDGER_GRANT,
    LEDGER_PURCHASE,
    LEDGER_REFUND,
    LEDGER_WRITE_OFF,
} ledger_kind;

struct store_transfer {
    ledger_kind kind;
    const char *account_id;
    int64_t amount_credits;
    const char *request_id;
    const char *note;
    int64_t create_time;
};

/* Adds a grant, a purchase or a write-off, once for each request id. *ret_is_other: the id stands
 * for another one of its kind already, of another account or amount. */
status_code store_transfer_insert(struct db_tx *tx, const struct store_transfer *transfer,
                                  bool *ret_inserted, bool *ret_is_other,
                                  struct status *st) _must_check_;

/* The reservation whose charge this request id gave back, if there is one. */
status_code store_refund_by_request(struct db_tx *tx, const char *request_id,
                                    char ret_reservation_id[static UUID_SIZE], bool *ret_found,
                                    struct status *st) _must_check_;
/* Gives back the credits that the reservation was charged. It must be locked, and not refunded. */
status_code store_refund_insert(struct db_tx *tx, const struct reservation *reservation,
                                const char *request_id, const char *note, int64_t now,
                                struct status *st) _must_check_;

/* Credits that came in: granted and bought. */
status_code store_income(struct db_tx *tx, const char *account_id, int64_t *ret_credits,
                         struct status *st) _must_check_;
