#include "services/ocr/store_extraction.h"

#include <string.h>

#include "lib/db/db.h"

static const struct db_statement extraction_put = {
    "extraction_put",
    "INSERT INTO extraction (job_id, content) SELECT id, $2 FROM job WHERE id = $1 "
    "ON CONFLICT (job_id) DO UPDATE SET content = excluded.content",
};
static const struct db_statement extraction_get = {
    "extraction_get",
    "SELECT content FROM extraction WHERE job_id = $1",
};

status_code store_extraction_put(struct db *db, int64_t deadline, const char *job_id,
                                 struct str content, struct status *st)
{
    return db_execute(db, deadline, &extraction_put,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_BYTES(content.p, content.n)), NULL, st);
}

status_code store_extraction_get(struct db *db, int64_t deadline, const char *job_id,
                                 struct arena *arena, struct str *ret_content, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &extraction_get, DB_PARAMS(DB_P_TEXT(job_id)), &rows, st));
    if (db_row_count(rows) == 0) {
        *ret_content = (struct str){NULL, 0};
        return STATUS_OK;
    }
    struct str content = db_bytes(rows, 0, 0);
    char *copy = arena_alloc(arena, content.n + 1);
    if (copy == NULL)
        return FAIL_MEMORY(st);
    memcpy(copy, content.p, content.n);
    *ret_content = (struct str){copy, content.n};
    return STATUS_OK;
}
