#pragma once

/*
 * Credit packs, purchases and payment notices in the database.
 *
 * Functions with a transaction are steps of one; those with a database are whole. Rows that are
 * not there set *ret_found to false. Thread rule: any thread.
 */

#include "services/billing/purchases/purchase.h"

struct db_tx;

status_code store_packs(struct db *db, int64_t deadline, struct arena *arena,
                        const struct credit_pack **ret_packs, size_t *ret_count,
                        struct status *st) _must_check_;

struct store_new_purchase {
    char id[UUID_SIZE];
    const char *account_id;
    const char *request_id;
    const char *pack;
    int64_t create_time;
};
/* Adds an open purchase of a pack that is sold, unless the account has one with this request id.
 */
status_code store_purchase_insert(struct db_tx *tx, const struct store_new_purchase *purchase,
                                  struct status *st) _must_check_;
status_code store_purchase_by_request(struct db_tx *tx, const char *account_id,
                                      const char *request_id, struct purchase *ret_purchase,
                                      bool *ret_found, struct status *st) _must_check_;
status_code store_purchase_by_id(struct db *db, int64_t deadline, const char *id,
                                 struct purchase *ret_purchase, bool *ret_found,
                                 struct status *st) _must_check_;
/* Open ones of the account since `since`. */
status_code store_purchases_open(struct db_tx *tx, const char *account_id, int64_t since,
                                 int64_t *ret_count, struct status *st) _must_check_;
/* Where it is paid. */
status_code store_purchase_checkout(struct db *db, int64_t deadline, const char *id,
                                    const struct stripe_checkout *checkout,
                                    struct status *st) _must_check_;
/* From `state` on it is over, and its page gone; one that is paid stays so. */
status_code store_purchase_end(struct db *db, int64_t deadline, const char *id,
                               purchase_state state, const char *checkout_id, int64_t now,
                               struct status *st) _must_check_;

status_code store_event_exists(struct db *db, int64_t deadline, const char *id, bool *ret_exists,
                               struct status *st) _must_check_;
/* @purchase_id: "": none. One that is there already stays. */
status_code store_event_insert(struct db *db, int64_t deadline, const char *id,
                               const char *purchase_id, int64_t now,
                               struct status *st) _must_check_;
status_code store_events_forget(struct db *db, int64_t deadline, int64_t before,
                                struct status *st) _must_check_;
