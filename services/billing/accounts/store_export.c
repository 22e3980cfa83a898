#include "services/billing/accounts/store_export.h"

#include <assert.h>
#include <stdbool.h>

#include "lib/db/db.h"
#include "services/billing/store_row.h"

/* By the primary key. */
static const struct db_statement export_account = {
    "export_account",
    "SELECT json_build_object('id', id, 'email', email, 'plan', plan_name, 'credits', "
    "balance_credits, 'held_credits', held_credits, 'created_at', create_time)::text "
    "FROM account WHERE id = $1",
};

/* Each has an object and where it stands in the list, which is ordered by that. */
static const struct {
    const char *name;
    const char *start; /* before all */
    struct db_statement statement;
} parts[] = {
    /* By token_account; an account has few. */
    {"tokens",
     "00000000-0000-0000-0000-000000000000",
     {"export_tokens",
      "SELECT json_build_object('id', id, 'name', name, 'hint', hint, 'created_at', create_time, "
      "'last_used_at', last_used_time)::text, id::text FROM token "
      "WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3"}},
    /* By session_account; an account has few. */
    {"sign_ins",
     "",
     {"export_sessions",
      "SELECT json_build_object('created_at', create_time, 'expires_at', expire_time)::text, "
      "encode(hash, 'hex') FROM session "
      "WHERE account_id = $1 AND encode(hash, 'hex') > $2 ORDER BY 2 LIMIT $3"}},
    /* By the primary key. */
    {"usage",
     "-infinity",
     {"export_usage",
      "SELECT json_build_object('period', period, 'starts_at', start_time, 'free_credits', "
      "quota_credits, 'paid_credits', paid_credits)::text, start_time::text FROM usage_period "
      "WHERE principal_key = $1 AND start_time > $2 ORDER BY start_time LIMIT $3"}},
    /* By reservation_account_time. */
    {"jobs",
     "-infinity|00000000-0000-0000-0000-000000000000",
     {"export_jobs",
      "SELECT json_build_object('uuid', request_id, 'tier', CASE tier WHEN 1 THEN 'cpu' ELSE 'vlm' "
      "END, 'pages', pages, 'state', state, 'charged_pages', charged_pages, 'free_credits', "
      "charged_quota_credits, 'paid_credits', charged_paid_credits, 'created_at', create_time, "
      "'ended_at', end_time)::text, create_time::text || '|' || id FROM reservation "
      "WHERE account_id = $1 AND (create_time, id) > "
      "(split_part($2, '|', 1)::timestamptz, split_part($2, '|', 2)::uuid) "
      "ORDER BY create_time, id LIMIT $3"}},
    /* By the primary key. */
    {"questions",
     "-infinity",
     {"export_questions",
      "SELECT json_build_object('day', (start_time AT TIME ZONE 'UTC')::date, 'questions', "
      "questions)::text, start_time::text FROM question_day "
      "WHERE account_id = $1 AND start_time > $2 ORDER BY start_time LIMIT $3"}},
    /* By purchase_request; an account has few. */
    {"purchases",
     "00000000-0000-0000-0000-000000000000",
     {"export_purchases",
      "SELECT json_build_object('id', id, 'pack', pack_name, 'title', title, 'credits', "
      "amount_credits, 'price_minor', price_minor, 'currency', currency, 'state', state, "
      "'created_at', create_time, 'ended_at', end_time)::text, id::text FROM purchase "
      "WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3"}},
    /* By the primary key. */
    {"ledger",
     "0",
     {"export_ledger",
      "SELECT json_build_object('sequence', sequence, 'kind', kind, 'credits', amount_credits, "
      "'from', from_account, 'to', to_account, 'balance', available_credits, 'held', held_credits, "
      "'note', note, 'created_at', create_time)::text, sequence::text FROM ledger_transfer "
      "WHERE account_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"}},
};

static_assert(ARRAY_LENGTH(parts) == STORE_EXPORT_PARTS, "the header says how many there are");

status_code store_export_account(struct db *db, int64_t deadline, const char *account_id,
                                 store_export_row row, void *arg, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &export_account, DB_PARAMS(DB_P_TEXT(account_id)), &rows, st));
    return db_row_count(rows) > 0 ? row(arg, db_text(rows, 0, 0), st) : row(arg, STR("null"), st);
}

const char *store_export_name(size_t part)
{
    return parts[part].name;
}

status_code store_export_page(struct db *db, int64_t deadline, size_t part, const char *account_id,
                              size_t limit, char cursor[static STORE_EXPORT_CURSOR_SIZE],
                              store_export_row row, void *arg, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    size_t count;

    TRY(db_query(db, deadline, &parts[part].statement,
                 DB_PARAMS(DB_P_TEXT(account_id),
                           DB_P_TEXT(cursor[0] == '\0' ? parts[part].start : cursor),
                           DB_P_INTEGER((int64_t)limit)),
                 &rows, st));
    count = db_row_count(rows);
    for (size_t i = 0; i < count; i++)
        TRY(row(arg, db_text(rows, i, 0), st));
    if (count > 0)
        store_copy_text(cursor, STORE_EXPORT_CURSOR_SIZE, db_text(rows, count - 1, 1));
    *ret_count = count;
    return STATUS_OK;
}
