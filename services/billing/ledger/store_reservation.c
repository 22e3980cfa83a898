#include "services/billing/ledger/store_reservation.h"

#include <stdlib.h>

#include "lib/db/db.h"
#include "services/billing/store_row.h"

static const char *const state_names[] = {
    [RESERVATION_OPEN] = "open",
    [RESERVATION_COMMITTED] = "committed",
    [RESERVATION_RELEASED] = "released",
    [RESERVATION_EXPIRED] = "expired",
};

/* --- use of a period --- */

#define USAGE_KEY "(principal_key, period, start_time) = ($1, $2, $3)"

static const struct db_statement usage_ensure = {
    "usage_ensure",
    "INSERT INTO usage_period (principal_key, period, start_time) VALUES ($1, $2, $3) "
    "ON CONFLICT DO NOTHING",
};
/* By the primary key. */
static const struct db_statement usage_lock = {
    "usage_lock",
    "SELECT quota_credits, paid_credits FROM usage_period WHERE " USAGE_KEY " FOR NO KEY UPDATE",
};
/* By reservation_open. */
static const struct db_statement open_count = {
    "open_count",
    "SELECT count(*) FROM reservation WHERE principal_key = $1 AND state = 'open'",
};

status_code store_usage_lock(struct db_tx *tx, const char *principal_key,
                             const struct period *period, struct payment *ret_used,
                             int64_t *ret_open_reservations, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    _cleanup_(db_rows_freep) struct db_rows *open = NULL;
    const struct db_param key[] = {DB_P_TEXT(principal_key), DB_P_TEXT(period_name(period->kind)),
                                   DB_P_TIME(period->start_time)};

    TRY(db_tx_execute(tx, &usage_ensure, key, ARRAY_LENGTH(key), NULL, st));
    TRY(db_tx_query(tx, &usage_lock, key, ARRAY_LENGTH(key), &rows, st));
    if (db_row_count(rows) == 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "the usage of a period is missing");
    TRY(db_tx_query(tx, &open_count, DB_PARAMS(DB_P_TEXT(principal_key)), &open, st));
    *ret_used = (struct payment){db_integer(rows, 0, 0), db_integer(rows, 0, 1)};
    *ret_open_reservations = db_integer(open, 0, 0);
    return STATUS_OK;
}

/* --- reservations --- */

#define RESERVATION_SELECT                                                                         \
    "SELECT id, principal_key, account_id IS NULL, tier, pages, page_price_credits, period, "      \
    "start_time, quota_credits, paid_credits, state, charged_pages, charged_quota_credits, "       \
    "charged_paid_credits, expire_time, refunded_credits FROM reservation "

/* By reservation_request_id. */
static const struct db_statement reservation_by_request = {
    "reservation_by_request",
    RESERVATION_SELECT "WHERE request_id = $1",
};
/* By the primary key. */
static const struct db_statement reservation_by_id = {
    "reservation_by_id",
    RESERVATION_SELECT "WHERE id = $1",
};
/* Before the reservation, as everywhere: what an account pays for, its lock orders. */
static const struct db_statement reservation_account_lock = {
    "reservation_account_lock",
    "SELECT FROM account WHERE id = (SELECT account_id FROM reservation WHERE id = $1) "
    "FOR NO KEY UPDATE",
};
static const struct db_statement reservation_lock = {
    "reservation_lock",
    RESERVATION_SELECT "WHERE id = $1 FOR NO KEY UPDATE",
};

static reservation_state read_state(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(state_names); i++)
        if (str_equal(name, str_of(state_names[i])))
            return (reservation_state)i;
    abort(); /* the table's CHECK allows no other */
}

static status_code select_reservation(struct db_tx *tx, const struct db_statement *statement,
                                      const char *key, struct reservation *ret_reservation,
                                      bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, statement, DB_PARAMS(DB_P_TEXT(key)), &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return STATUS_OK;
    struct reservation reservation = {
        .is_anonymous = db_boolean(rows, 0, 2),
        .tier = (int32_t)db_integer(rows, 0, 3),
        .pages = (int32_t)db_integer(rows, 0, 4),
        .page_price_credits = db_integer(rows, 0, 5),
        .period = {.kind = str_equal(db_text(rows, 0, 6), STR("day")) ? PERIOD_DAY : PERIOD_MONTH,
                   .start_time = db_time(rows, 0, 7)},
        .held = {db_integer(rows, 0, 8), db_integer(rows, 0, 9)},
        .state = read_state(db_text(rows, 0, 10)),
        .charged_pages = (int32_t)db_integer(rows, 0, 11),
        .charged = {db_integer(rows, 0, 12), db_integer(rows, 0, 13)},
        .expire_time = db_time(rows, 0, 14),
        .refunded_credits = db_integer(rows, 0, 15),
    };
    store_copy_text(reservation.id, sizeof(reservation.id), db_text(rows, 0, 0));
    store_copy_text(reservation.principal_key, sizeof(reservation.principal_key),
                    db_text(rows, 0, 1));
    *ret_reservation = reservation;
    return STATUS_OK;
}

status_code store_reservation_by_request(struct db_tx *tx, const char *request_id,
                                         struct reservation *ret_reservation, bool *ret_found,
                                         struct status *st)
{
    return select_reservation(tx, &reservation_by_request, request_id, ret_reservation, ret_found,
                              st);
}

status_code store_reservation(struct db_tx *tx, const char *id, struct reservation *ret_reservation,
                              bool *ret_found, struct status *st)
{
    return select_reservation(tx, &reservation_by_id, id, ret_reservation, ret_found, st);
}

status_code store_reservation_lock(struct db_tx *tx, const char *id,
                                   struct reservation *ret_reservation, bool *ret_found,
                                   struct status *st)
{
    TRY(db_tx_execute(tx, &reservation_account_lock, DB_PARAMS(DB_P_TEXT(id)), NULL, st));
    return select_reservation(tx, &reservation_lock, id, ret_reservation, ret_found, st);
}

/* The row, the use of its period and its transfer in one. What is inserted in one part is not seen
 * by the others, so these take it from `held`. */
static const struct db_statement reservation_insert = {
    "reservation_insert",
    "WITH held AS (INSERT INTO reservation (id, request_id, principal_key, account_id, tier, "
    "pages, page_price_credits, period, start_time, quota_credits, paid_credits, create_time, "
    "expire_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (request_id) DO NOTHING RETURNING *), "
    "used AS (INSERT INTO usage_period AS u (principal_key, period, start_time, quota_credits, "
    "paid_credits) SELECT principal_key, period, start_time, quota_credits, paid_credits FROM held "
    "ON CONFLICT (principal_key, period, start_time) DO UPDATE SET "
    "quota_credits = u.quota_credits + excluded.quota_credits, "
    "paid_credits = u.paid_credits + excluded.paid_credits), "
    "moved AS (INSERT INTO ledger_transfer (kind, account_id, amount_credits, reservation_id, "
    "create_time) SELECT 'reserve', account_id, paid_credits, id, create_time FROM held "
    "WHERE paid_credits > 0) "
    "SELECT count(*) FROM held",
};

status_code store_reservation_insert(struct db_tx *tx, const struct reservation *reservation,
                                     const char *request_id, int64_t now, bool *ret_inserted,
                                     struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct reservation *r = reservation;

    TRY(db_tx_query(
        tx, &reservation_insert,
        DB_PARAMS(DB_P_TEXT(r->id), DB_P_TEXT(request_id), DB_P_TEXT(r->principal_key),
                  DB_P_TEXT(r->is_anonymous ? NULL : r->principal_key), DB_P_INTEGER(r->tier),
                  DB_P_INTEGER(r->pages), DB_P_INTEGER(r->page_price_credits),
                  DB_P_TEXT(period_name(r->period.kind)), DB_P_TIME(r->period.start_time),
                  DB_P_INTEGER(r->held.quota_credits), DB_P_INTEGER(r->held.paid_credits),
                  DB_P_TIME(now), DB_P_TIME(r->expire_time)),
        &rows, st));
    *ret_inserted = db_integer(rows, 0, 0) > 0;
    return STATUS_OK;
}

/* That it is open is said so that no partial index of open ones fits: the primary key is to serve
 * even where hardly any are open when statistics are taken. */
#define IS_OPEN "num_nulls(end_time) = 1"

/* By the primary keys. */
static const struct db_statement reservation_end = {
    "reservation_end",
    "WITH ended AS (UPDATE reservation SET state = $2, charged_pages = $3, "
    "charged_quota_credits = $4, charged_paid_credits = $5, end_time = $6 "
    "WHERE id = $1 AND " IS_OPEN " RETURNING *, "
    "quota_credits - charged_quota_credits AS free_quota_credits, "
    "paid_credits - charged_paid_credits AS free_paid_credits), "
    "used AS (UPDATE usage_period AS u SET quota_credits = u.quota_credits - free_quota_credits, "
    "paid_credits = u.paid_credits - free_paid_credits FROM ended AS e "
    "WHERE (u.principal_key, u.period, u.start_time) = (e.principal_key, e.period, e.start_time) "
    "AND free_quota_credits + free_paid_credits > 0), "
    "moved AS (INSERT INTO ledger_transfer (kind, account_id, amount_credits, reservation_id, "
    "create_time) SELECT kind, account_id, amount_credits, id, end_time FROM ended, "
    "LATERAL (VALUES ('charge', charged_paid_credits), ('return', free_paid_credits)) "
    "AS part (kind, amount_credits) WHERE amount_credits > 0) "
    "SELECT count(*) FROM ended",
};

status_code store_reservation_end(struct db_tx *tx, const struct reservation *reservation,
                                  int64_t now, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct reservation *r = reservation;

    TRY(db_tx_query(tx, &reservation_end,
                    DB_PARAMS(DB_P_TEXT(r->id), DB_P_TEXT(state_names[r->state]),
                              DB_P_INTEGER(r->charged_pages),
                              DB_P_INTEGER(r->charged.quota_credits),
                              DB_P_INTEGER(r->charged.paid_credits), DB_P_TIME(now)),
                    &rows, st));
    if (db_integer(rows, 0, 0) != 1)
        return FAIL(st, STATUS_INTERNAL, NULL, "a reservation that was open is not");
    return STATUS_OK;
}

static const struct db_statement reservation_extend_open = {
    "reservation_extend",
    "UPDATE reservation SET expire_time = greatest(expire_time, $2) "
    "WHERE id = $1 AND " IS_OPEN " RETURNING expire_time",
};

status_code store_reservation_extend(struct db *db, int64_t deadline, const char *id,
                                     int64_t expire_time, int64_t *ret_expire_time, bool *ret_found,
                                     struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &reservation_extend_open,
                 DB_PARAMS(DB_P_TEXT(id), DB_P_TIME(expire_time)), &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (*ret_found)
        *ret_expire_time = db_time(rows, 0, 0);
    return STATUS_OK;
}

/* By reservation_expire. */
static const struct db_statement reservation_due = {
    "reservation_due",
    "SELECT id FROM reservation WHERE end_time IS NULL AND expire_time <= $1 "
    "ORDER BY expire_time LIMIT $2",
};

status_code store_reservation_due(struct db *db, int64_t deadline, int64_t now, int32_t limit,
                                  char (*ret_ids)[UUID_SIZE], size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &reservation_due, DB_PARAMS(DB_P_TIME(now), DB_P_INTEGER(limit)),
                 &rows, st));
    for (size_t i = 0; i < db_row_count(rows); i++)
        store_copy_text(ret_ids[i], UUID_SIZE, db_text(rows, i, 0));
    *ret_count = db_row_count(rows);
    return STATUS_OK;
}

/* A whole period at once, so that what is left of one always adds up; those that accounts count in
 * are kept. By reservation_period; the periods themselves by a scan, as only some days are there.
 */
static const struct db_statement period_forget = {
    "period_forget",
    "WITH forgotten AS (DELETE FROM usage_period WHERE period = 'day' AND start_time < $1 "
    "AND NOT EXISTS (SELECT FROM reservation AS r "
    "WHERE r.principal_key = usage_period.principal_key AND r.period = usage_period.period "
    "AND r.start_time = usage_period.start_time "
    "AND (r.state = 'open' OR r.account_id IS NOT NULL)) "
    "RETURNING principal_key, period, start_time) "
    "DELETE FROM reservation USING forgotten "
    "WHERE reservation.principal_key = forgotten.principal_key "
    "AND reservation.period = forgotten.period "
    "AND reservation.start_time = forgotten.start_time",
};

status_code store_forget(struct db *db, int64_t deadline, int64_t time, struct status *st)
{
    return db_execute(db, deadline, &period_forget, DB_PARAMS(DB_P_TIME(time)), NULL, st);
}
