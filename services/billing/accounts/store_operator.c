#include "services/billing/accounts/store_operator.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/plans/period.h"
#include "services/billing/store_row.h"

/* By account_email_key and the primary keys. lower() of collation "C" knows ASCII alone, as
 * email_key() does. */
static const struct db_statement account_list = {
    "account_list",
    "SELECT account.id, email, plan_name, balance_credits, create_time, standing = 'suspended', "
    "day_cap_credits, month_cap_credits, day.quota_credits + day.paid_credits, "
    "month.quota_credits + month.paid_credits "
    "FROM account JOIN plan ON plan.name = plan_name "
    "LEFT JOIN usage_period AS day ON (day.principal_key, day.period, day.start_time) = "
    "(account.id::text, 'day', $4) "
    "LEFT JOIN usage_period AS month ON (month.principal_key, month.period, month.start_time) = "
    "(account.id::text, 'month', $5) "
    "WHERE email_key > $1 AND standing <> 'deleted' "
    "AND position(lower($2 COLLATE \"C\") IN email_key) > 0 ORDER BY email_key LIMIT $3",
};

static void read_state(const struct db_rows *rows, size_t row, int64_t now,
                       struct account_state *ret_state)
{
    struct account_state state = {
        .account = {
            .balance_credits = db_integer(rows, row, 3),
            .create_time = db_time(rows, row, 4),
            .standing = db_boolean(rows, row, 5) ? ACCOUNT_SUSPENDED : ACCOUNT_ACTIVE,
            .plan = {.day_cap_credits = db_integer(rows, row, 6),
                     .month_cap_credits = db_integer(rows, row, 7)},
        }};
    struct period period = period_of(&state.account.plan, now);

    store_copy_text(state.account.id, sizeof(state.account.id), db_text(rows, row, 0));
    store_copy_text(state.account.email, sizeof(state.account.email), db_text(rows, row, 1));
    store_copy_text(state.account.plan.name, sizeof(state.account.plan.name),
                    db_text(rows, row, 2));
    state.used_credits = db_integer(rows, row, period.kind == PERIOD_DAY ? 8 : 9);
    state.cap_credits = period.cap_credits;
    state.reset_time = period.reset_time;
    *ret_state = state;
}

status_code store_operator_list(struct db *db, int64_t deadline,
                                const struct operator_list *request,
                                struct account_state *ret_states, size_t *ret_count,
                                bool *ret_has_more, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int64_t now = time_wall();

    TRY(db_query(db, deadline, &account_list,
                 DB_PARAMS(DB_P_TEXT(request->after), DB_P_TEXT(request->email_contains),
                           DB_P_INTEGER((int64_t)request->page_size + 1),
                           DB_P_TIME(period_start(PERIOD_DAY, now)),
                           DB_P_TIME(period_start(PERIOD_MONTH, now))),
                 &rows, st));
    *ret_has_more = db_row_count(rows) > request->page_size;
    *ret_count = *ret_has_more ? request->page_size : db_row_count(rows);
    for (size_t i = 0; i < *ret_count; i++)
        read_state(rows, i, now, &ret_states[i]);
    return STATUS_OK;
}

static const struct db_statement account_set_plan = {
    "account_set_plan",
    "UPDATE account SET plan_name = plan.name FROM plan WHERE account.id = $1 AND plan.name = $2",
};
static const struct db_statement plan_names = {
    "plan_names",
    "SELECT left(string_agg(name, ', ' ORDER BY queue_priority, name), $1) FROM plan",
};
static const struct db_statement account_suspend = {
    "account_suspend",
    "UPDATE account SET standing = CASE WHEN $2 THEN 'suspended' ELSE 'active' END "
    "WHERE id = $1 AND standing <> 'deleted'",
};

status_code store_operator_set_plan(struct db_tx *tx, const char *account_id, const char *plan,
                                    bool *ret_found, struct status *st)
{
    int64_t updated;

    TRY(db_tx_execute(tx, &account_set_plan, DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(plan)),
                      &updated, st));
    *ret_found = updated > 0;
    return STATUS_OK;
}

status_code store_operator_plan_names(struct db_tx *tx, char ret_names[STORE_PLAN_NAMES_SIZE],
                                      struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &plan_names, DB_PARAMS(DB_P_INTEGER(STORE_PLAN_NAMES_SIZE - 1)), &rows,
                    st));
    store_copy_text(ret_names, STORE_PLAN_NAMES_SIZE, db_text(rows, 0, 0));
    return STATUS_OK;
}

status_code store_operator_suspend(struct db_tx *tx, const char *account_id, bool is_suspended,
                                   struct status *st)
{
    return db_tx_execute(tx, &account_suspend,
                         DB_PARAMS(DB_P_TEXT(account_id), DB_P_BOOLEAN(is_suspended)), NULL, st);
}
