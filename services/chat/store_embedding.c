#include "services/chat/store_embedding.h"

#include "lib/db/db.h"
#include "services/chat/embed/passage_vectors.h"
#include "services/chat/retrieve/document_index.h"

enum { PARTS_PER_QUERY = 64 }; /* some 4 MiB */

/* Both by the primary keys. */
static const struct db_statement part_put = {
    "embedding_part_put",
    "INSERT INTO document_embedding_part (job_id, position, index_version, model_version, data) "
    "SELECT job_id, $2::integer, version, $4::integer, $5::bytea FROM document_index "
    "WHERE job_id = $1 AND version = $3 "
    "ON CONFLICT (job_id, position) DO UPDATE SET index_version = EXCLUDED.index_version, "
    "model_version = EXCLUDED.model_version, data = EXCLUDED.data",
};
static const struct db_statement parts_get = {
    "embedding_parts_get",
    "SELECT position, data FROM document_embedding_part WHERE job_id = $1 AND position >= $2 "
    "AND index_version = $3 AND model_version = $4 ORDER BY position LIMIT $5",
};

status_code store_embedding_put(struct db *db, int64_t deadline, const char *job_id,
                                const struct passage_vectors *vectors, size_t part,
                                struct status *st)
{
    _cleanup_(buf_deinit) struct buf bytes;

    buf_init(&bytes, VECTORS_PART_MAX_BYTES);
    if (!passage_vectors_write_part(vectors, part, &bytes))
        return FAIL_MEMORY(st);
    return db_execute(db, deadline, &part_put,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER((int64_t)part),
                                DB_P_INTEGER(DOCUMENT_INDEX_VERSION),
                                DB_P_INTEGER(EMBEDDING_VERSION),
                                DB_P_BYTES(bytes.data, bytes.length)),
                      NULL, st);
}

status_code store_embedding_get(struct db *db, int64_t deadline, const char *job_id,
                                struct passage_vectors *vectors, struct status *st)
{
    int64_t next = 0;
    size_t count;

    do {
        _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

        TRY(db_query(db, deadline, &parts_get,
                     DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(next),
                               DB_P_INTEGER(DOCUMENT_INDEX_VERSION),
                               DB_P_INTEGER(EMBEDDING_VERSION), DB_P_INTEGER(PARTS_PER_QUERY)),
                     &rows, st));
        count = db_row_count(rows);
        for (size_t i = 0; i < count; i++) {
            size_t part = (size_t)db_integer(rows, i, 0);

            if (passage_vectors_read_part(vectors, part, db_bytes(rows, i, 1)))
                passage_vectors_set_kept(vectors, part);
            next = (int64_t)part + 1;
        }
    } while (count == PARTS_PER_QUERY);
    return STATUS_OK;
}
