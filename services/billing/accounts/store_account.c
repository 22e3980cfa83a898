#include "services/billing/accounts/store_account.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/store_row.h"

#define TOKEN_TOUCH_INTERVAL (INT64_C(60) * 60 * NANOSECONDS_PER_SECOND)

/* --- plans --- */

/* `own` is whose buckets and prices hold, `limits` whose limits. By the primary keys. */
#define PLAN_COLUMNS                                                                               \
    "own.name, own.day_cap_credits, own.month_cap_credits, limits.pages_per_file, "                \
    "limits.bytes_per_file, limits.jobs_at_once, limits.requests_per_minute, "                     \
    "limits.queue_priority, limits.questions_per_day, limits.retention_seconds, "                  \
    "(SELECT page_price_credits FROM plan_price WHERE plan_name = own.name AND tier = 1), "        \
    "(SELECT page_price_credits FROM plan_price WHERE plan_name = own.name AND tier = 2)"
enum { PLAN_COLUMN_COUNT = 12 };

static void read_plan(const struct db_rows *rows, size_t row, size_t column, struct plan *ret_plan)
{
    struct plan plan = {
        .day_cap_credits = db_integer(rows, row, column + 1),
        .month_cap_credits = db_integer(rows, row, column + 2),
        .pages_per_file = (int32_t)db_integer(rows, row, column + 3),
        .bytes_per_file = db_integer(rows, row, column + 4),
        .jobs_at_once = (int32_t)db_integer(rows, row, column + 5),
        .requests_per_minute = (int32_t)db_integer(rows, row, column + 6),
        .queue_priority = (int32_t)db_integer(rows, row, column + 7),
        .questions_per_day = (int32_t)db_integer(rows, row, column + 8),
        .retention_seconds = db_integer(rows, row, column + 9),
        .page_price_credits[PLAN_TIER_CPU] = db_integer(rows, row, column + 10),
        .page_price_credits[PLAN_TIER_VLM] = db_integer(rows, row, column + 11),
    };

    store_copy_text(plan.name, sizeof(plan.name), db_text(rows, row, column));
    *ret_plan = plan;
}

static const struct db_statement plan_select = {
    "plan_select",
    "SELECT " PLAN_COLUMNS " FROM plan AS own JOIN plan AS limits USING (name) WHERE name = $1",
};

static status_code fail_no_plan(const char *name, struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "the plan %s is missing", name);
}

status_code store_plan(struct db_tx *tx, const char *name, struct plan *ret_plan, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &plan_select, DB_PARAMS(DB_P_TEXT(name)), &rows, st));
    if (db_row_count(rows) == 0)
        return fail_no_plan(name, st);
    read_plan(rows, 0, 0, ret_plan);
    return STATUS_OK;
}

static const struct db_statement plan_list = {
    "plan_list",
    "SELECT " PLAN_COLUMNS " FROM plan AS own JOIN plan AS limits USING (name) "
    "WHERE own.is_listed ORDER BY own.queue_priority, own.name LIMIT $1",
};

status_code store_plans(struct db *db, int64_t deadline, struct arena *arena,
                        const struct plan **ret_plans, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &plan_list, DB_PARAMS(DB_P_INTEGER(STORE_PLANS_MAX)), &rows, st));
    size_t count = db_row_count(rows);
    struct plan *plans = ARENA_NEW_ARRAY(arena, struct plan, count + 1);
    if (plans == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        read_plan(rows, i, 0, &plans[i]);
    *ret_plans = plans;
    *ret_count = count;
    return STATUS_OK;
}

/* --- accounts --- */

#define ACCOUNT_COLUMNS                                                                            \
    PLAN_COLUMNS ", account.id, account.email, account.balance_credits, account.create_time, "     \
                 "account.standing"
#define ACCOUNT_FROM                                                                               \
    " FROM account JOIN plan AS own ON own.name = account.plan_name "                              \
    "JOIN plan AS limits ON limits.name = CASE WHEN account.balance_credits > 0 "                  \
    "THEN coalesce(own.funded_plan_name, own.name) ELSE own.name END "
enum { ACCOUNT_COLUMN_COUNT = PLAN_COLUMN_COUNT + 5 };

/* By the primary key. Locked before it is read: a locking join that had to wait for a change of
 * the balance would find no row where the change chose other limits. */
static const struct db_statement account_lock = {
    "account_lock",
    "SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE",
};
/* By account_email_key. */
static const struct db_statement account_by_email = {
    "account_by_email",
    "SELECT " ACCOUNT_COLUMNS ACCOUNT_FROM "WHERE account.email_key = $1",
};
static const struct db_statement account_by_id = {
    "account_by_id",
    "SELECT " ACCOUNT_COLUMNS ACCOUNT_FROM "WHERE account.id = $1",
};
/* Who calls, and the count of the requests, are one statement: one round trip. Materialized, so
 * that the caller is known before requests are taken from anybody. */
#define TAKE_REQUESTS(key, count)                                                                  \
    ") SELECT caller.*, rate.* FROM caller CROSS JOIN LATERAL "                                    \
    "request_take(" key ", CASE WHEN " count                                                       \
    " > 0 THEN caller.requests_per_minute ELSE 0 END, " count ") AS rate"
/* By token_hash and session_pkey, of which one has it at most. */
static const struct db_statement account_by_token = {
    "account_by_token",
    "WITH caller AS MATERIALIZED (SELECT " ACCOUNT_COLUMNS
    ", secret.last_used_time, secret.is_token" ACCOUNT_FROM
    "JOIN (SELECT account_id, last_used_time, true AS is_token FROM token WHERE hash = $1 "
    "UNION ALL SELECT account_id, NULL, false FROM session WHERE hash = $1 AND expire_time > $2) "
    "AS secret ON secret.account_id = account.id" TAKE_REQUESTS("caller.id::text", "$3::bigint"),
};
static const struct db_statement anonymous_plan = {
    "anonymous_plan",
    "WITH caller AS MATERIALIZED (SELECT " PLAN_COLUMNS
    " FROM plan AS own JOIN plan AS limits USING (name) WHERE name = $1" TAKE_REQUESTS(
        "$3::text", "$2::bigint"),
};
/* The whole table is looked at; it has the callers of a minute. */
static const struct db_statement rate_forget = {
    "rate_forget",
    "DELETE FROM request_rate WHERE full_time < clock_timestamp()",
};
static const struct db_statement token_touch = {
    "token_touch",
    "UPDATE token SET last_used_time = $2 WHERE hash = $1",
};

static const char *const standing_names[] = {
    [ACCOUNT_ACTIVE] = "active",
    [ACCOUNT_SUSPENDED] = "suspended",
    [ACCOUNT_DELETED] = "deleted",
};

static account_standing read_standing(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(standing_names); i++)
        if (str_equal(name, str_of(standing_names[i])))
            return (account_standing)i;
    abort(); /* the table's CHECK allows no other */
}

static void read_account(const struct db_rows *rows, struct account *ret_account, bool *ret_found)
{
    struct account account;

    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return;
    read_plan(rows, 0, 0, &account.plan);
    store_copy_text(account.id, sizeof(account.id), db_text(rows, 0, PLAN_COLUMN_COUNT));
    store_copy_text(account.email, sizeof(account.email), db_text(rows, 0, PLAN_COLUMN_COUNT + 1));
    account.balance_credits = db_integer(rows, 0, PLAN_COLUMN_COUNT + 2);
    account.create_time = db_time(rows, 0, PLAN_COLUMN_COUNT + 3);
    account.standing = read_standing(db_text(rows, 0, PLAN_COLUMN_COUNT + 4));
    *ret_account = account;
}

status_code store_account_lock(struct db_tx *tx, const char *id, struct account *ret_account,
                               bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_execute(tx, &account_lock, DB_PARAMS(DB_P_TEXT(id)), NULL, st));
    TRY(db_tx_query(tx, &account_by_id, DB_PARAMS(DB_P_TEXT(id)), &rows, st));
    read_account(rows, ret_account, ret_found);
    return STATUS_OK;
}

/* By the primary keys and reservation_open. */
static const struct db_statement account_purse = {
    "account_purse",
    "SELECT " ACCOUNT_COLUMNS ", day.quota_credits, day.paid_credits, month.quota_credits, "
    "month.paid_credits, (SELECT count(*) FROM reservation "
    "WHERE principal_key = account.id::text AND state = 'open')" ACCOUNT_FROM
    "LEFT JOIN usage_period AS day ON (day.principal_key, day.period, day.start_time) = "
    "(account.id::text, 'day', $2) "
    "LEFT JOIN usage_period AS month ON (month.principal_key, month.period, month.start_time) = "
    "(account.id::text, 'month', $3) WHERE account.id = $1",
};

status_code store_account_purse(struct db_tx *tx, const char *id, int64_t day_start_time,
                                int64_t month_start_time, struct store_purse *ret_purse,
                                bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct store_purse purse;

    TRY(db_tx_execute(tx, &account_lock, DB_PARAMS(DB_P_TEXT(id)), NULL, st));
    TRY(db_tx_query(
        tx, &account_purse,
        DB_PARAMS(DB_P_TEXT(id), DB_P_TIME(day_start_time), DB_P_TIME(month_start_time)), &rows,
        st));
    read_account(rows, &purse.account, ret_found);
    if (!*ret_found)
        return STATUS_OK;
    purse.used_day = (struct payment){db_integer(rows, 0, ACCOUNT_COLUMN_COUNT),
                                      db_integer(rows, 0, ACCOUNT_COLUMN_COUNT + 1)};
    purse.used_month = (struct payment){db_integer(rows, 0, ACCOUNT_COLUMN_COUNT + 2),
                                        db_integer(rows, 0, ACCOUNT_COLUMN_COUNT + 3)};
    purse.open_reservations = db_integer(rows, 0, ACCOUNT_COLUMN_COUNT + 4);
    *ret_purse = purse;
    return STATUS_OK;
}

status_code store_account_find(struct db_tx *tx, const char *email_or_id,
                               struct account *ret_account, bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    char key[EMAIL_SIZE];

    if (uuid_is_valid(email_or_id)) {
        TRY(db_tx_query(tx, &account_by_id, DB_PARAMS(DB_P_TEXT(email_or_id)), &rows, st));
    } else if (email_is_valid(email_or_id)) {
        email_key(email_or_id, key);
        TRY(db_tx_query(tx, &account_by_email, DB_PARAMS(DB_P_TEXT(key)), &rows, st));
    } else {
        *ret_found = false;
        return STATUS_OK;
    }
    read_account(rows, ret_account, ret_found);
    return STATUS_OK;
}

static struct request_rate read_rate(const struct db_rows *rows, size_t column,
                                     const struct plan *plan)
{
    return (struct request_rate){
        .per_minute = plan->requests_per_minute,
        .is_refused = !db_boolean(rows, 0, column),
        .left = (int32_t)db_integer(rows, 0, column + 1),
        .full_ms = db_integer(rows, 0, column + 2),
        .wait_ms = db_integer(rows, 0, column + 3),
    };
}

status_code store_account_by_token(struct db *db, int64_t deadline, const unsigned char *hash,
                                   int32_t requests, int64_t now, struct account *ret_account,
                                   struct request_rate *ret_rate, bool *ret_found,
                                   struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct db_param key = DB_P_BYTES((const char *)hash, TOKEN_HASH_SIZE);

    TRY(db_query(db, deadline, &account_by_token,
                 DB_PARAMS(key, DB_P_TIME(now), DB_P_INTEGER(requests)), &rows, st));
    read_account(rows, ret_account, ret_found);
    if (!*ret_found)
        return STATUS_OK;
    *ret_rate = read_rate(rows, ACCOUNT_COLUMN_COUNT + 2, &ret_account->plan);
    /* Seldom, so that who only asks costs no write. */
    if (db_boolean(rows, 0, ACCOUNT_COLUMN_COUNT + 1) &&
        now - db_time(rows, 0, ACCOUNT_COLUMN_COUNT) > TOKEN_TOUCH_INTERVAL)
        return db_execute(db, deadline, &token_touch, DB_PARAMS(key, DB_P_TIME(now)), NULL, st);
    return STATUS_OK;
}

status_code store_anonymous_plan(struct db *db, int64_t deadline, const char *principal_key,
                                 int32_t requests, struct plan *ret_plan,
                                 struct request_rate *ret_rate, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(
        db, deadline, &anonymous_plan,
        DB_PARAMS(DB_P_TEXT(PLAN_ANONYMOUS), DB_P_INTEGER(requests), DB_P_TEXT(principal_key)),
        &rows, st));
    if (db_row_count(rows) == 0)
        return fail_no_plan(PLAN_ANONYMOUS, st);
    read_plan(rows, 0, 0, ret_plan);
    *ret_rate = read_rate(rows, PLAN_COLUMN_COUNT, ret_plan);
    return STATUS_OK;
}

status_code store_forget_rates(struct db *db, int64_t deadline, struct status *st)
{
    return db_execute(db, deadline, &rate_forget, DB_NO_PARAMS, NULL, st);
}

/* By account_email_key. */
static const struct db_statement email_exists = {
    "email_exists",
    "SELECT EXISTS (SELECT FROM account WHERE email_key = $1)",
};
static const struct db_statement account_insert = {
    "account_insert",
    "INSERT INTO account (id, email, email_key, password_hash, plan_name, create_time) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_key) DO NOTHING",
};
static const struct db_statement account_is_ours = {
    "account_is_ours",
    "SELECT EXISTS (SELECT FROM account WHERE id = $1)",
};
static const struct db_statement token_insert = {
    "token_insert",
    "INSERT INTO token (id, account_id, name, hint, hash, create_time) "
    "VALUES ($1, $2, $3, $4, $5, $6)",
};

status_code store_email_exists(struct db *db, int64_t deadline, const char *email_key,
                               bool *ret_exists, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &email_exists, DB_PARAMS(DB_P_TEXT(email_key)), &rows, st));
    *ret_exists = db_boolean(rows, 0, 0);
    return STATUS_OK;
}

status_code store_account_insert(struct db_tx *tx, const struct store_new_account *new_account,
                                 bool *ret_created, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int64_t inserted;

    TRY(db_tx_execute(tx, &account_insert,
                      DB_PARAMS(DB_P_TEXT(new_account->id), DB_P_TEXT(new_account->email),
                                DB_P_TEXT(new_account->email_key),
                                DB_P_TEXT(new_account->password_hash), DB_P_TEXT(PLAN_NEW_ACCOUNT),
                                DB_P_TIME(new_account->create_time)),
                      &inserted, st));
    if (inserted == 0) { /* another account's, or ours when an earlier attempt was committed */
        TRY(db_tx_query(tx, &account_is_ours, DB_PARAMS(DB_P_TEXT(new_account->id)), &rows, st));
        *ret_created = db_boolean(rows, 0, 0);
        return STATUS_OK;
    }
    TRY(db_tx_execute(tx, &token_insert,
                      DB_PARAMS(DB_P_TEXT(new_account->token_id), DB_P_TEXT(new_account->id),
                                DB_P_TEXT("first token"), DB_P_TEXT(new_account->token_hint),
                                DB_P_BYTES((const char *)new_account->token_hash, TOKEN_HASH_SIZE),
                                DB_P_TIME(new_account->create_time)),
                      NULL, st));
    *ret_created = true;
    return STATUS_OK;
}

/* --- use --- */

/* By the primary key. */
static const struct db_statement usage_select = {
    "usage_select",
    "SELECT quota_credits, paid_credits FROM usage_period "
    "WHERE principal_key = $1 AND period = $2 AND start_time = $3",
};

status_code store_usage(struct db_tx *tx, const char *principal_key, const struct period *period,
                        struct payment *ret_used, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct payment used = {0};

    TRY(db_tx_query(tx, &usage_select,
                    DB_PARAMS(DB_P_TEXT(principal_key), DB_P_TEXT(period_name(period->kind)),
                              DB_P_TIME(period->start_time)),
                    &rows, st));
    if (db_row_count(rows) > 0)
        used = (struct payment){db_integer(rows, 0, 0), db_integer(rows, 0, 1)};
    *ret_used = used;
    return STATUS_OK;
}
