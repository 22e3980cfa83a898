#include "services/billing/ledger/store_question.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

enum { FORGET_ROWS = 10000 }; /* in one transaction */

/* By the primary keys. */
static const struct db_statement question_find = {
    "question_find",
    "SELECT EXISTS (SELECT FROM question WHERE account_id = $1 AND request_id = $2), "
    "coalesce((SELECT questions FROM question_day WHERE account_id = $1 AND start_time = $3), 0)",
};
static const struct db_statement question_used = {
    "question_used",
    "SELECT coalesce((SELECT questions FROM question_day WHERE account_id = $1 "
    "AND start_time = $2), 0)",
};
static const struct db_statement question_insert = {
    "question_insert",
    "INSERT INTO question (account_id, request_id, create_time) VALUES ($1, $2, $3)",
};
static const struct db_statement question_day_add = {
    "question_day_add",
    "INSERT INTO question_day AS day (account_id, start_time, questions) VALUES ($1, $2, 1) "
    "ON CONFLICT (account_id, start_time) DO UPDATE SET questions = day.questions + 1",
};
/* By question_create and question_day_start. */
static const struct db_statement question_forget = {
    "question_forget",
    "DELETE FROM question WHERE (account_id, request_id) IN (SELECT account_id, request_id "
    "FROM question WHERE create_time < $1 ORDER BY create_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
};
static const struct db_statement question_day_forget = {
    "question_day_forget",
    "DELETE FROM question_day WHERE (account_id, start_time) IN (SELECT account_id, start_time "
    "FROM question_day WHERE start_time < $1 ORDER BY start_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
};
/* By the primary key. */
static const struct db_statement question_days = {
    "question_days",
    "SELECT to_char(start_time AT TIME ZONE 'UTC', 'YYYY-MM-DD'), questions FROM question_day "
    "WHERE account_id = $1 AND start_time >= $2::date::timestamp AT TIME ZONE 'UTC' "
    "AND start_time < ($3::date + 1)::timestamp AT TIME ZONE 'UTC' ORDER BY start_time",
};

status_code store_question_find(struct db_tx *tx, const char *account_id, const char *request_id,
                                int64_t day_start_time, bool *ret_counted, int64_t *ret_used,
                                struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(
        tx, &question_find,
        DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(request_id), DB_P_TIME(day_start_time)), &rows,
        st));
    *ret_counted = db_boolean(rows, 0, 0);
    *ret_used = db_integer(rows, 0, 1);
    return STATUS_OK;
}

status_code store_question_count(struct db_tx *tx, const char *account_id, const char *request_id,
                                 int64_t day_start_time, int64_t now, struct status *st)
{
    TRY(db_tx_execute(tx, &question_insert,
                      DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(request_id), DB_P_TIME(now)), NULL,
                      st));
    return db_tx_execute(tx, &question_day_add,
                         DB_PARAMS(DB_P_TEXT(account_id), DB_P_TIME(day_start_time)), NULL, st);
}

status_code store_question_used(struct db *db, int64_t deadline, const char *account_id,
                                int64_t day_start_time, int64_t *ret_used, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &question_used,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TIME(day_start_time)), &rows, st));
    *ret_used = db_integer(rows, 0, 0);
    return STATUS_OK;
}

/* A piece at a time, so that however many there are, what was done before a deadline is done. */
static status_code forget(struct db *db, int64_t deadline, const struct db_statement *statement,
                          int64_t before_time, struct status *st)
{
    int64_t count;

    do
        TRY(db_execute(db, deadline, statement,
                       DB_PARAMS(DB_P_TIME(before_time), DB_P_INTEGER(FORGET_ROWS)), &count, st));
    while (count == FORGET_ROWS);
    return STATUS_OK;
}

status_code store_question_forget(struct db *db, int64_t deadline, int64_t ids_time,
                                  int64_t days_time, struct status *st)
{
    TRY(forget(db, deadline, &question_forget, ids_time, st));
    return forget(db, deadline, &question_day_forget, days_time, st);
}

status_code store_question_days(struct db *db, int64_t deadline, const char *account_id,
                                const char *first_day, const char *last_day, struct arena *arena,
                                const struct usage_questions **ret_days, size_t *ret_count,
                                struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &question_days,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(first_day), DB_P_TEXT(last_day)), &rows,
                 st));
    size_t count = db_row_count(rows);
    struct usage_questions *days = ARENA_NEW_ARRAY(arena, struct usage_questions, count + 1);
    if (days == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        store_copy_text(days[i].day, sizeof(days[i].day), db_text(rows, i, 0));
        days[i].questions = db_integer(rows, i, 1);
    }
    *ret_days = days;
    *ret_count = count;
    return STATUS_OK;
}
