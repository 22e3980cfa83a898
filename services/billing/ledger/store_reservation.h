#pragma once

/*
 * Reservations, and what they take from buckets and balances, in the database.
 *
 * Functions with a transaction are steps of one. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/ledger/reservation.h"

struct db;
struct db_tx;

/* What an address used of a period so far, the row locked until the transaction ends, and how many
 * of its reservations are open. */
status_code store_usage_lock(struct db_tx *tx, const char *principal_key,
                             const struct period *period, struct payment *ret_used,
                             int64_t *ret_open_reservations, struct status *st) _must_check_;

status_code store_reservation_by_request(struct db_tx *tx, const char *request_id,
                                         struct reservation *ret_reservation, bool *ret_found,
                                         struct status *st) _must_check_;
status_code store_reservation(struct db_tx *tx, const char *id, struct reservation *ret_reservation,
                              bool *ret_found, struct status *st) _must_check_;
/* Locked with its account, if it has one, until the transaction ends. */
status_code store_reservation_lock(struct db_tx *tx, const char *id,
                                   struct reservation *ret_reservation, bool *ret_found,
                                   struct status *st) _must_check_;

/* Inserts an open reservation, takes its price from the bucket and, through the ledger, from the
 * balance. *ret_inserted is false, and nothing is changed, when the request id is taken. The
 * account, or the usage of an address, must be locked. */
status_code store_reservation_insert(struct db_tx *tx, const struct reservation *reservation,
                                     const char *request_id, int64_t now, bool *ret_inserted,
                                     struct status *st) _must_check_;

/* Ends a reservation as its `state`, `charged_pages` and `charged` say, and gives back what is not
 * charged. It must be locked, and open in the database. */
status_code store_reservation_end(struct db_tx *tx, const struct reservation *reservation,
                                  int64_t now, struct status *st) _must_check_;

/* Puts the end of an open reservation off, never forward; *ret_found is false when none is open. */
status_code store_reservation_extend(struct db *db, int64_t deadline, const char *id,
                                     int64_t expire_time, int64_t *ret_expire_time, bool *ret_found,
                                     struct status *st) _must_check_;

/* Open ones whose time is over, the earliest first. */
status_code store_reservation_due(struct db *db, int64_t deadline, int64_t now, int32_t limit,
                                  char (*ret_ids)[UUID_SIZE], size_t *ret_count,
                                  struct status *st) _must_check_;

/* Deletes anonymous callers' days that started before `time`, with their reservations, unless one
 * of these is still open. */
status_code store_forget(struct db *db, int64_t deadline, int64_t time,
                         struct status *st) _must_check_;
