#include "services/ocr/store_queue.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/db/db.h"
#include "services/ocr/store_job.h"

enum { TOKEN_LIST_MAX_BYTES = 1 << 20 };

/*
 * Callers first, then their pages. page_task_free is in the order of rank and caller, so that the
 * callers who wait are found by jumping from one to the next (a "loose index scan"), no further
 * than to the end of a rank once there are enough of them; the best of them are chosen, and of each
 * of those a few free pages are looked at; of these the first one that nobody else is leasing at
 * this moment is taken. The rows of `held` are as many as lanes are at work (page_task_token). What
 * is looked at is bounded, whatever waits: CALLERS_MAX callers; 8 of them; 64 pages of each, which
 * exceeds the number of lanes that lease at once.
 *
 * A lease that is forgotten when the server crashes costs nothing but a page read twice, so that
 * the commit does not wait for the disk.
 */
#define CALLERS_MAX    "1000"
#define CANDIDATES_MAX "8"

static const struct db_statement queue_lease = {
    "queue_lease",
    "WITH RECURSIVE caller AS ("
    " (SELECT rank, principal_key, job_number, 1 AS count FROM page_task"
    "  WHERE lease_token IS NULL ORDER BY rank, principal_key, job_number LIMIT 1)"
    " UNION ALL"
    " SELECT next.rank, next.principal_key, next.job_number, caller.count + 1"
    " FROM caller CROSS JOIN LATERAL ("
    "  SELECT rank, principal_key, job_number FROM page_task WHERE lease_token IS NULL"
    "  AND (rank, principal_key) > (caller.rank, caller.principal_key)"
    "  AND (caller.count < " CANDIDATES_MAX " OR rank = caller.rank)"
    "  ORDER BY rank, principal_key, job_number LIMIT 1) next"
    " WHERE caller.count < " CALLERS_MAX "), held AS ("
    " SELECT principal_key, count(*) AS pages FROM page_task"
    " WHERE lease_token IS NOT NULL AND lease_holder <> $2 GROUP BY principal_key"
    "), stay AS ("
    " SELECT rank, principal_key FROM page_task"
    " WHERE job_id = $3 AND lease_token IS NULL LIMIT 1"
    "), candidate AS ("
    " SELECT caller.rank, caller.principal_key, row_number() OVER (ORDER BY caller.rank,"
    "  coalesce(held.pages, 0), (stay.rank IS NOT NULL) DESC, turn.lease_time NULLS FIRST,"
    "  caller.job_number) AS place"
    " FROM caller LEFT JOIN held USING (principal_key) LEFT JOIN turn USING (principal_key)"
    " LEFT JOIN stay USING (rank, principal_key) ORDER BY place LIMIT " CANDIDATES_MAX
    "), choice AS ("
    " SELECT free.job_id, free.page_index, free.job_number, candidate.place"
    " FROM candidate CROSS JOIN LATERAL ("
    "  (SELECT job_id, page_index, job_number FROM page_task WHERE lease_token IS NULL"
    "   AND rank = candidate.rank AND principal_key = candidate.principal_key"
    "   ORDER BY job_number, page_index LIMIT 64)"
    "  UNION"
    "  (SELECT job_id, page_index, job_number FROM page_task WHERE lease_token IS NULL"
    "   AND job_id = $3 AND rank = candidate.rank AND principal_key = candidate.principal_key"
    "   ORDER BY page_index LIMIT 64)) free"
    "), pick AS ("
    " SELECT task.job_id, task.page_index FROM choice JOIN page_task task"
    "  ON task.job_id = choice.job_id AND task.page_index = choice.page_index"
    " WHERE task.lease_token IS NULL"
    " ORDER BY choice.place, (choice.job_id = $3) DESC NULLS LAST, choice.job_number,"
    "  choice.page_index LIMIT 1 FOR UPDATE OF task SKIP LOCKED"
    "), leased AS ("
    " UPDATE page_task task SET lease_token = $1, lease_holder = $2,"
    "  lease_expire_time = now() + $4 * interval '1 millisecond', attempts = task.attempts + 1"
    " FROM pick WHERE task.job_id = pick.job_id AND task.page_index = pick.page_index"
    " RETURNING task.job_id, task.page_index, task.attempts, task.worker_deaths,"
    "  task.principal_key"
    "), served AS ("
    " INSERT INTO turn SELECT principal_key, clock_timestamp() FROM leased"
    " ON CONFLICT (principal_key) DO UPDATE SET lease_time = EXCLUDED.lease_time"
    ") SELECT leased.job_id, leased.page_index, leased.attempts, leased.worker_deaths,"
    " job.state = 'pending', job.tier, job.language, job.tool,"
    " job.translate_to, NOT job.discards_renditions, job.traceparent, job.create_time,"
    " set_config('synchronous_commit', 'off', true)"
    " FROM leased JOIN job ON job.id = leased.job_id",
};

static bool copy_text(struct str text, char *into, size_t size)
{
    if (text.n >= size)
        return false;
    memcpy(into, text.p == NULL ? "" : text.p, text.n);
    into[text.n] = '\0';
    return true;
}

status_code store_queue_lease(struct db *db, int64_t deadline, const char *holder,
                              const char *stay_job_id, int64_t lease_ms, struct page_task *ret_task,
                              bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct page_task task;

    random_id(task.lease_token);
    TRY(db_query(db, deadline, &queue_lease,
                 DB_PARAMS(DB_P_TEXT(task.lease_token), DB_P_TEXT(holder), DB_P_TEXT(stay_job_id),
                           DB_P_INTEGER(lease_ms)),
                 &rows, st));
    if (db_row_count(rows) == 0) {
        *ret_found = false;
        return STATUS_OK;
    }
    task.page_index = (int32_t)db_integer(rows, 0, 1);
    task.attempts = (int32_t)db_integer(rows, 0, 2);
    task.worker_deaths = (int32_t)db_integer(rows, 0, 3);
    task.is_first = db_boolean(rows, 0, 4);
    task.tier = (job_tier)db_integer(rows, 0, 5);
    task.keeps_renditions = db_boolean(rows, 0, 9);
    (void)trace_context_parse(db_text(rows, 0, 10), &task.submission);
    task.submit_time = db_time(rows, 0, 11);
    if (!copy_text(db_text(rows, 0, 0), task.job_id, sizeof(task.job_id)) ||
        !copy_text(db_text(rows, 0, 6), task.language, sizeof(task.language)) ||
        !copy_text(db_text(rows, 0, 7), task.tool, sizeof(task.tool)) ||
        !copy_text(db_text(rows, 0, 8), task.translate_to, sizeof(task.translate_to)))
        return FAIL(st, STATUS_INTERNAL, NULL, "a page task is malformed");
    *ret_task = task;
    *ret_found = true;
    return STATUS_OK;
}

static const struct db_statement queue_mark_processing = {
    "queue_mark_processing",
    "UPDATE job SET state = 'processing', revision = revision + 1 "
    "WHERE id = $1 AND state = 'pending' "
    "RETURNING pg_notify('" STORE_JOB_CHANNEL "', id)::text, "
    "set_config('synchronous_commit', 'off', true)",
};

status_code store_queue_mark_processing(struct db *db, int64_t deadline, const char *job_id,
                                        struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    return db_query(db, deadline, &queue_mark_processing, DB_PARAMS(DB_P_TEXT(job_id)), &rows, st);
}

/* By page_task_token. */
static const struct db_statement queue_renew = {
    "queue_renew",
    "UPDATE page_task SET lease_expire_time = now() + $2 * interval '1 millisecond' "
    "WHERE lease_token = ANY ($1::text[]) "
    "RETURNING lease_token, set_config('synchronous_commit', 'off', true)",
};

status_code store_queue_renew(struct db *db, int64_t deadline, const char *const *tokens,
                              size_t count, int64_t lease_ms, bool *ret_stands, struct status *st)
{
    _cleanup_(buf_deinit) struct buf list;
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    bool is_ok;

    buf_init(&list, TOKEN_LIST_MAX_BYTES);
    is_ok = buf_append_char(&list, '{');
    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = buf_printf(&list, i > 0 ? ",%s" : "%s", tokens[i]);
    if (!is_ok || !buf_append_char(&list, '}'))
        return FAIL_MEMORY(st);
    struct db_param param = {.type = DB_TEXT, .bytes = buf_str(&list)};
    TRY(db_query(db, deadline, &queue_renew, DB_PARAMS(param, DB_P_INTEGER(lease_ms)), &rows, st));
    for (size_t i = 0; i < count; i++) {
        ret_stands[i] = false;
        for (size_t row = 0; row < db_row_count(rows) && !ret_stands[i]; row++)
            ret_stands[i] = str_equal(db_text(rows, row, 0), str_of(tokens[i]));
    }
    return STATUS_OK;
}

/* By page_task_lease. */
static const struct db_statement queue_free_expired = {
    "queue_free_expired",
    "UPDATE page_task SET lease_token = NULL, lease_holder = NULL, lease_expire_time = NULL "
    "WHERE lease_expire_time <= now() "
    "RETURNING pg_notify('" STORE_PAGE_CHANNEL "', '')::text",
};

status_code store_queue_free_expired(struct db *db, int64_t deadline, int64_t *ret_freed,
                                     struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &queue_free_expired, DB_NO_PARAMS, &rows, st));
    *ret_freed = (int64_t)db_row_count(rows);
    return STATUS_OK;
}

static const struct db_statement queue_give_back = {
    "queue_give_back",
    "UPDATE page_task SET lease_token = NULL, lease_holder = NULL, lease_expire_time = NULL, "
    "attempts = greatest(attempts - 1, 0) WHERE lease_token = $1 "
    "RETURNING pg_notify('" STORE_PAGE_CHANNEL "', '')::text",
};

status_code store_queue_give_back(struct db *db, int64_t deadline, const char *lease_token,
                                  struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    return db_query(db, deadline, &queue_give_back, DB_PARAMS(DB_P_TEXT(lease_token)), &rows, st);
}

static const struct db_statement queue_count_death = {
    "queue_count_death",
    "UPDATE page_task SET worker_deaths = worker_deaths + 1, "
    "lease_token = CASE WHEN worker_deaths + 1 >= $2 THEN lease_token END, "
    "lease_holder = CASE WHEN worker_deaths + 1 >= $2 THEN lease_holder END, "
    "lease_expire_time = CASE WHEN worker_deaths + 1 >= $2 THEN lease_expire_time END "
    "WHERE lease_token = $1 "
    "RETURNING worker_deaths, pg_notify('" STORE_PAGE_CHANNEL "', '')::text",
};

status_code store_queue_count_death(struct db *db, int64_t deadline, const char *lease_token,
                                    int32_t deaths_max, int32_t *ret_deaths, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &queue_count_death,
                 DB_PARAMS(DB_P_TEXT(lease_token), DB_P_INTEGER(deaths_max)), &rows, st));
    *ret_deaths = db_row_count(rows) == 0 ? 0 : (int32_t)db_integer(rows, 0, 0);
    return STATUS_OK;
}

/* Counts no further than it must, in the order of page_task_free. The row without a rank tells the
 * lanes of all. */
static const struct db_statement queue_load = {
    "queue_load",
    "WITH free AS ("
    " SELECT rank, principal_key FROM page_task WHERE lease_token IS NULL"
    " ORDER BY rank, principal_key, job_number LIMIT $1"
    "), waiting AS ("
    " SELECT rank, count(*) AS pages, count(DISTINCT principal_key) AS callers"
    " FROM free GROUP BY rank"
    "), leased AS ("
    " SELECT rank, count(*) AS pages FROM page_task WHERE lease_token IS NOT NULL GROUP BY rank"
    "), line AS ("
    " SELECT rank, coalesce(waiting.pages, 0) AS pages, coalesce(waiting.callers, 0) AS callers,"
    "  coalesce(leased.pages, 0) AS leased FROM waiting FULL JOIN leased USING (rank)"
    "  ORDER BY rank LIMIT $2"
    ") SELECT rank, pages, callers, leased FROM line UNION ALL"
    " SELECT NULL, 0, count(DISTINCT lease_holder), 0 FROM page_task"
    " WHERE lease_token IS NOT NULL ORDER BY rank",
};

status_code store_queue_load(struct db *db, int64_t deadline, int64_t pages_max,
                             struct queue_load *ret_load, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct queue_load load = {0};

    TRY(db_query(db, deadline, &queue_load,
                 DB_PARAMS(DB_P_INTEGER(pages_max), DB_P_INTEGER(QUEUE_LINES_MAX)), &rows, st));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        const struct queue_line line = {
            .rank = (int32_t)db_integer(rows, i, 0),
            .pages = db_integer(rows, i, 1),
            .callers = db_integer(rows, i, 2),
            .leased = db_integer(rows, i, 3),
        };

        load.pages += line.pages + line.leased;
        if (db_is_null(rows, i, 0))
            load.lanes = line.callers;
        else if (load.line_count < QUEUE_LINES_MAX)
            load.lines[load.line_count++] = line;
    }
    *ret_load = load;
    return STATUS_OK;
}

/* By page_task_free. */
static const struct db_statement queue_count_waiting = {
    "queue_count_waiting",
    "SELECT count(*) FROM (SELECT FROM page_task"
    " WHERE lease_token IS NULL AND rank = $1 AND principal_key = $2 LIMIT $3) few",
};

status_code store_queue_count_waiting(struct db *db, int64_t deadline, int32_t rank,
                                      const char *principal_key, int64_t pages_max,
                                      int64_t *ret_pages, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &queue_count_waiting,
                 DB_PARAMS(DB_P_INTEGER(rank), DB_P_TEXT(principal_key), DB_P_INTEGER(pages_max)),
                 &rows, st));
    *ret_pages = db_integer(rows, 0, 0);
    return STATUS_OK;
}

#define IS_FREE "(task.lease_expire_time IS NULL OR task.lease_expire_time <= now())"

/* Reads the whole queue: for operators and metrics, a few times a minute. */
static const struct db_statement queue_depth = {
    "queue_depth",
    "SELECT tier.id, count(task.job_id) FILTER (WHERE " IS_FREE "), "
    "count(task.job_id) FILTER (WHERE NOT " IS_FREE "), "
    "min(job.create_time) FILTER (WHERE task.job_id IS NOT NULL AND " IS_FREE ") "
    "FROM (VALUES (1), (2)) AS tier (id) "
    "LEFT JOIN job ON job.tier = tier.id AND job.state IN ('pending', 'processing') "
    "LEFT JOIN page_task task ON task.job_id = job.id "
    "GROUP BY tier.id ORDER BY tier.id",
};

status_code store_queue_depth(struct db *db, int64_t deadline,
                              struct queue_depth ret_depths[static QUEUE_TIERS_MAX],
                              struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &queue_depth, DB_NO_PARAMS, &rows, st));
    if (db_row_count(rows) != QUEUE_TIERS_MAX)
        return FAIL(st, STATUS_INTERNAL, NULL, "the queue's depth is malformed");
    for (size_t i = 0; i < QUEUE_TIERS_MAX; i++)
        ret_depths[i] = (struct queue_depth){
            .tier = (job_tier)db_integer(rows, i, 0),
            .pages_waiting = db_integer(rows, i, 1),
            .pages_leased = db_integer(rows, i, 2),
            .oldest_waiting_time = db_time(rows, i, 3),
        };
    return STATUS_OK;
}
