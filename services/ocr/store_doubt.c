#include "services/ocr/store_doubt.h"

#include <string.h>

#include "lib/db/db.h"

static const struct db_statement doubt_insert = {
    "doubt_insert",
    "INSERT INTO reservation_doubt (job_id, due_time) VALUES ($1, now() + $2 * interval '1 "
    "second') "
    "ON CONFLICT DO NOTHING",
};
/* reservation_doubt_due. */
static const struct db_statement doubt_claim = {
    "doubt_claim",
    "UPDATE reservation_doubt SET due_time = now() + $1 * interval '1 second' "
    "WHERE job_id = (SELECT job_id FROM reservation_doubt WHERE due_time <= now() "
    "ORDER BY due_time LIMIT 1 FOR UPDATE SKIP LOCKED) "
    "RETURNING job_id, EXISTS (SELECT 1 FROM job WHERE job.id = reservation_doubt.job_id)",
};
static const struct db_statement doubt_delete = {
    "doubt_delete",
    "DELETE FROM reservation_doubt WHERE job_id = $1",
};

status_code store_doubt_insert(struct db *db, int64_t deadline, const char *job_id,
                               struct status *st)
{
    return db_execute(db, deadline, &doubt_insert,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(STORE_DOUBT_SECONDS)), NULL, st);
}

status_code store_doubt_claim(struct db *db, int64_t deadline, char ret_job_id[static JOB_ID_SIZE],
                              bool *ret_is_job, bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &doubt_claim, DB_PARAMS(DB_P_INTEGER(STORE_DOUBT_CLAIM_SECONDS)),
                 &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return STATUS_OK;
    const struct str job_id = db_text(rows, 0, 0);
    if (job_id.n != JOB_ID_SIZE - 1)
        return FAIL(st, STATUS_INTERNAL, NULL, "a reservation in doubt is malformed");
    memcpy(ret_job_id, job_id.p, JOB_ID_SIZE - 1);
    ret_job_id[JOB_ID_SIZE - 1] = '\0';
    *ret_is_job = db_boolean(rows, 0, 1);
    return STATUS_OK;
}

status_code store_doubt_delete(struct db *db, int64_t deadline, const char *job_id,
                               struct status *st)
{
    return db_execute(db, deadline, &doubt_delete, DB_PARAMS(DB_P_TEXT(job_id)), NULL, st);
}
