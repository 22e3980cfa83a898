#include "services/ocr/store_submission.h"

#include <string.h>

#include "lib/db/db.h"

/* All by the primary key. A claim that ran out, and an id older than a day, are taken over. */
static const struct db_statement submission_claim = {
    "submission_claim",
    "INSERT INTO submission (principal_key, request_id, claim_token, claim_expire_time) "
    "VALUES ($1, $2, $3, now() + $4 * interval '1 second') "
    "ON CONFLICT (principal_key, request_id) DO UPDATE SET claim_token = EXCLUDED.claim_token, "
    "claim_expire_time = EXCLUDED.claim_expire_time, create_time = now(), job_id = NULL, "
    "fingerprint = NULL "
    "WHERE (submission.job_id IS NULL AND submission.claim_expire_time <= now()) "
    "OR submission.create_time <= now() - interval '24 hours' "
    "RETURNING 1",
};
static const struct db_statement submission_get = {
    "submission_get",
    "SELECT job_id, fingerprint FROM submission WHERE principal_key = $1 AND request_id = $2",
};
static const struct db_statement submission_renew = {
    "submission_renew",
    "UPDATE submission SET claim_expire_time = now() + $4 * interval '1 second' "
    "WHERE principal_key = $1 AND request_id = $2 AND claim_token = $3",
};
static const struct db_statement submission_release = {
    "submission_release",
    "DELETE FROM submission WHERE principal_key = $1 AND request_id = $2 AND claim_token = $3 "
    "AND job_id IS NULL",
};

status_code store_submission_claim(struct db *db, int64_t deadline, const char *principal_key,
                                   const char *request_id, const char *claim_token,
                                   struct submission *ret_submission, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *claimed = NULL;
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct submission found = {.state = SUBMISSION_BUSY};

    TRY(db_query(db, deadline, &submission_claim,
                 DB_PARAMS(DB_P_TEXT(principal_key), DB_P_TEXT(request_id), DB_P_TEXT(claim_token),
                           DB_P_INTEGER(SUBMISSION_CLAIM_SECONDS)),
                 &claimed, st));
    if (db_row_count(claimed) > 0) {
        found.state = SUBMISSION_CLAIMED;
        *ret_submission = found;
        return STATUS_OK;
    }
    TRY(db_query(db, deadline, &submission_get,
                 DB_PARAMS(DB_P_TEXT(principal_key), DB_P_TEXT(request_id)), &rows, st));
    /* No row: the other call gave it back between the two statements. Asking again is right. */
    if (db_row_count(rows) > 0 && !db_is_null(rows, 0, 0)) {
        struct str job_id = db_text(rows, 0, 0);
        struct str fingerprint = db_bytes(rows, 0, 1);
        if (job_id.n != JOB_ID_SIZE - 1 || fingerprint.n != sizeof(found.fingerprint))
            return FAIL(st, STATUS_INTERNAL, NULL, "a submission is malformed");
        found.state = SUBMISSION_MADE;
        memcpy(found.job_id, job_id.p, job_id.n);
        memcpy(found.fingerprint, fingerprint.p, fingerprint.n);
    }
    *ret_submission = found;
    return STATUS_OK;
}

status_code store_submission_renew(struct db *db, int64_t deadline, const char *principal_key,
                                   const char *request_id, const char *claim_token,
                                   struct status *st)
{
    return db_execute(db, deadline, &submission_renew,
                      DB_PARAMS(DB_P_TEXT(principal_key), DB_P_TEXT(request_id),
                                DB_P_TEXT(claim_token), DB_P_INTEGER(SUBMISSION_CLAIM_SECONDS)),
                      NULL, st);
}

status_code store_submission_release(struct db *db, int64_t deadline, const char *principal_key,
                                     const char *request_id, const char *claim_token,
                                     struct status *st)
{
    return db_execute(
        db, deadline, &submission_release,
        DB_PARAMS(DB_P_TEXT(principal_key), DB_P_TEXT(request_id), DB_P_TEXT(claim_token)), NULL,
        st);
}
