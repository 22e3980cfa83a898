#include "services/billing/ledger/store_ledger.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

static const char *const kind_names[] = {
    [LEDGER_GRANT] = "grant",
    [LEDGER_PURCHASE] = "purchase",
    [LEDGER_REFUND] = "refund",
    [LEDGER_WRITE_OFF] = "write_off",
};

static const struct db_statement transfer_insert = {
    "transfer_insert",
    "INSERT INTO ledger_transfer (kind, account_id, amount_credits, request_id, note, create_time) "
    "VALUES ($1, $2, $3, $4, $5, $6)",
};
/* By ledger_transfer_request. Before the insertion, since the trigger of one that is skipped would
 * have moved the balance already; requests of one account wait for its lock, and of two accounts
 * the index refuses the second. */
static const struct db_statement transfer_is_same = {
    "transfer_is_same",
    "SELECT account_id = $3 AND amount_credits = $4 FROM ledger_transfer "
    "WHERE kind = $1 AND request_id = $2",
};

status_code store_transfer_insert(struct db_tx *tx, const struct store_transfer *transfer,
                                  bool *ret_inserted, bool *ret_is_other, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct store_transfer *t = transfer;

    TRY(db_tx_query(tx, &transfer_is_same,
                    DB_PARAMS(DB_P_TEXT(kind_names[t->kind]), DB_P_TEXT(t->request_id),
                              DB_P_TEXT(t->account_id), DB_P_INTEGER(t->amount_credits)),
                    &rows, st));
    *ret_inserted = db_row_count(rows) == 0;
    *ret_is_other = !*ret_inserted && !db_boolean(rows, 0, 0);
    if (!*ret_inserted)
        return STATUS_OK;
    return db_tx_execute(tx, &transfer_insert,
                         DB_PARAMS(DB_P_TEXT(kind_names[t->kind]), DB_P_TEXT(t->account_id),
                                   DB_P_INTEGER(t->amount_credits), DB_P_TEXT(t->request_id),
                                   DB_P_TEXT(t->note), DB_P_TIME(t->create_time)),
                         NULL, st);
}

/* By ledger_transfer_request. */
static const struct db_statement refund_by_request = {
    "refund_by_request",
    "SELECT reservation_id FROM ledger_transfer WHERE kind = 'refund' AND request_id = $1",
};

status_code store_refund_by_request(struct db_tx *tx, const char *request_id,
                                    char ret_reservation_id[static UUID_SIZE], bool *ret_found,
                                    struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &refund_by_request, DB_PARAMS(DB_P_TEXT(request_id)), &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (*ret_found)
        store_copy_text(ret_reservation_id, UUID_SIZE, db_text(rows, 0, 0));
    return STATUS_OK;
}

/* By the primary keys. */
static const struct db_statement refund_insert = {
    "refund_insert",
    "WITH refunded AS (UPDATE reservation SET refunded_credits = charged_paid_credits "
    "WHERE id = $1 AND refunded_credits = 0 "
    "RETURNING id, account_id, principal_key, period, start_time, refunded_credits), "
    "used AS (UPDATE usage_period AS u SET paid_credits = paid_credits - refunded_credits "
    "FROM refunded AS r WHERE (u.principal_key, u.period, u.start_time) = "
    "(r.principal_key, r.period, r.start_time)) "
    "INSERT INTO ledger_transfer (kind, account_id, amount_credits, reservation_id, request_id, "
    "note, create_time) SELECT 'refund', account_id, refunded_credits, id, $2, $3, $4 "
    "FROM refunded",
};

status_code store_refund_insert(struct db_tx *tx, const struct reservation *reservation,
                                const char *request_id, const char *note, int64_t now,
                                struct status *st)
{
    int64_t inserted;

    TRY(db_tx_execute(tx, &refund_insert,
                      DB_PARAMS(DB_P_TEXT(reservation->id), DB_P_TEXT(request_id), DB_P_TEXT(note),
                                DB_P_TIME(now)),
                      &inserted, st));
    if (inserted != 1)
        return FAIL(st, STATUS_INTERNAL, NULL, "a charge that could be refunded cannot");
    return STATUS_OK;
}

/* By ledger_transfer_income. */
static const struct db_statement income_sum = {
    "income_sum",
    "SELECT coalesce(sum(amount_credits), 0)::bigint FROM ledger_transfer "
    "WHERE account_id = $1 AND kind IN ('grant', 'purchase')",
};

status_code store_income(struct db_tx *tx, const char *account_id, int64_t *ret_credits,
                         struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &income_sum, DB_PARAMS(DB_P_TEXT(account_id)), &rows, st));
    *ret_credits = db_integer(rows, 0, 0);
    return STATUS_OK;
}
