#include "services/billing/ledger/store_usage.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

/* By reservation_account_time. */
static const struct db_statement usage_days = {
    "usage_days",
    "SELECT to_char(create_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, tier, "
    "sum(charged_pages)::bigint, sum(charged_quota_credits + charged_paid_credits)::bigint, "
    "sum(charged_paid_credits)::bigint, sum(refunded_credits)::bigint FROM reservation WHERE "
    "account_id = $1 "
    "AND create_time >= $2::date::timestamp AT TIME ZONE 'UTC' "
    "AND create_time < ($3::date + 1)::timestamp AT TIME ZONE 'UTC' AND charged_pages > 0 "
    "GROUP BY day, tier ORDER BY day, tier",
};

status_code store_usage_days(struct db *db, int64_t deadline, const char *account_id,
                             const char *first_day, const char *last_day, struct arena *arena,
                             const struct usage_day **ret_days, size_t *ret_count,
                             struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &usage_days,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(first_day), DB_P_TEXT(last_day)), &rows,
                 st));
    size_t count = db_row_count(rows);
    struct usage_day *days = ARENA_NEW_ARRAY(arena, struct usage_day, count + 1);
    if (days == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        store_copy_text(days[i].day, sizeof(days[i].day), db_text(rows, i, 0));
        days[i].tier = (int32_t)db_integer(rows, i, 1);
        days[i].pages = db_integer(rows, i, 2);
        days[i].credits = db_integer(rows, i, 3);
        days[i].paid_credits = db_integer(rows, i, 4);
        days[i].refunded_credits = db_integer(rows, i, 5);
    }
    *ret_days = days;
    *ret_count = count;
    return STATUS_OK;
}
