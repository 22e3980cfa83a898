#include "services/ocr/store_missing.h"

#include "lib/db/db.h"
#include "services/ocr/job.h"

/* By the primary key. What is there is told as job_check_visible() does. */
static const struct db_statement job_missing = {
    "job_missing",
    "SELECT asked.id FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, place) "
    "WHERE NOT EXISTS (SELECT 1 FROM job WHERE job.id = asked.id AND NOT is_deleted "
    "AND NOT is_purged AND (finish_time IS NULL OR expire_time > now())) ORDER BY place",
};

status_code store_missing_find(struct db *db, int64_t deadline, char *const *job_ids, size_t count,
                               struct arena *arena, char ***ret_missing, size_t *ret_count,
                               struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    _cleanup_(buf_deinit) struct buf list;

    /* A PostgreSQL array literal; ids need no quotes. */
    buf_init(&list, count * JOB_ID_SIZE + 3);
    bool is_ok = buf_append_char(&list, '{');
    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = buf_printf(&list, i > 0 ? ",%s" : "%s", job_ids[i]);
    if (!is_ok || !buf_append_char(&list, '}'))
        return FAIL_MEMORY(st);
    TRY(db_query(db, deadline, &job_missing, DB_PARAMS(DB_P_TEXT(list.data)), &rows, st));
    size_t missing_count = db_row_count(rows);
    char **missing = ARENA_NEW_ARRAY(arena, char *, missing_count + 1);
    if (missing == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < missing_count; i++) {
        missing[i] = (char *)db_text_copy(rows, i, 0, arena);
        if (missing[i] == NULL)
            return FAIL_MEMORY(st);
    }
    *ret_missing = missing;
    *ret_count = missing_count;
    return STATUS_OK;
}
