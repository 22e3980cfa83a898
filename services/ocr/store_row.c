#include "services/ocr/store_row.h"

#include "lib/db/db.h"

/* Column numbers of STORE_JOB_COLUMNS. */
enum {
    COL_ID,
    COL_NUMBER,
    COL_ACCOUNT_ID,
    COL_PRINCIPAL_KEY,
    COL_STATE,
    COL_IS_CANCELLED,
    COL_IS_PURGED,
    COL_TIER,
    COL_LANGUAGE,
    COL_TOOL,
    COL_TRANSLATE_TO,
    COL_FILE_NAME,
    COL_MEDIA_TYPE,
    COL_SIZE_BYTES,
    COL_DISCARDS_RENDITIONS,
    COL_PAGE_COUNT,
    COL_PAGES_DONE,
    COL_PRIORITY,
    COL_REVISION,
    COL_RESERVATION_ID,
    COL_PRICE_CREDITS,
    COL_ENGINE_NAME,
    COL_ENGINE_VERSION,
    COL_ENGINE_MODELS,
    COL_MEAN_CONFIDENCE,
    COL_USAGE_PAGES,
    COL_USAGE_CREDITS,
    COL_WARNINGS,
    COL_ERROR_REASON,
    COL_ERROR_MESSAGE,
    COL_RETENTION_SECONDS,
    COL_CREATE_TIME,
    COL_FINISH_TIME,
    COL_EXPIRE_TIME,
    COL_FAILED_PAGES,
};

/* "3,7,12" */
static status_code parse_indexes(struct str text, struct arena *arena, struct job *job,
                                 struct status *st)
{
    size_t count = text.n > 0 ? 1 : 0;
    struct str token;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == ',';
    int32_t *indexes = ARENA_NEW_ARRAY(arena, int32_t, count + 1);
    if (indexes == NULL)
        return FAIL_MEMORY(st);
    size_t filled = 0;
    while (filled < count && str_next_token(&text, ',', &token)) {
        int64_t index;
        if (!str_to_int64(token, &index))
            return FAIL(st, STATUS_INTERNAL, NULL, "a page index is malformed");
        indexes[filled++] = (int32_t)index;
    }
    job->failed_page_indexes = indexes;
    job->failed_page_count = filled;
    return STATUS_OK;
}

status_code store_row_job(const struct db_rows *rows, size_t row, struct arena *arena,
                          const struct job **ret_job, struct status *st)
{
    struct job *job = ARENA_NEW(arena, struct job);

    if (job == NULL)
        return FAIL_MEMORY(st);
    const struct {
        size_t column;
        const char **text;
    } texts[] = {
        {COL_ID, &job->id},
        {COL_PRINCIPAL_KEY, &job->principal_key},
        {COL_LANGUAGE, &job->language},
        {COL_TOOL, &job->tool},
        {COL_TRANSLATE_TO, &job->translate_to},
        {COL_FILE_NAME, &job->file_name},
        {COL_MEDIA_TYPE, &job->media_type},
        {COL_RESERVATION_ID, &job->reservation_id},
        {COL_ENGINE_NAME, &job->engine_name},
        {COL_ENGINE_VERSION, &job->engine_version},
        {COL_ENGINE_MODELS, &job->engine_models},
        {COL_WARNINGS, &job->warnings},
        {COL_ERROR_REASON, &job->error_reason},
        {COL_ERROR_MESSAGE, &job->error_message},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        *texts[i].text = db_text_copy(rows, row, texts[i].column, arena);
        if (*texts[i].text == NULL)
            return FAIL_MEMORY(st);
    }
    if (!db_is_null(rows, row, COL_ACCOUNT_ID)) {
        job->account_id = db_text_copy(rows, row, COL_ACCOUNT_ID, arena);
        if (job->account_id == NULL)
            return FAIL_MEMORY(st);
    }
    if (!job_state_parse(db_text(rows, row, COL_STATE), &job->state))
        return FAIL(st, STATUS_INTERNAL, NULL, "a job's state is unknown");
    job->number = db_integer(rows, row, COL_NUMBER);
    job->is_cancelled = db_boolean(rows, row, COL_IS_CANCELLED);
    job->is_purged = db_boolean(rows, row, COL_IS_PURGED);
    job->tier = (job_tier)db_integer(rows, row, COL_TIER);
    job->size_bytes = db_integer(rows, row, COL_SIZE_BYTES);
    job->discards_renditions = db_boolean(rows, row, COL_DISCARDS_RENDITIONS);
    job->page_count = (int32_t)db_integer(rows, row, COL_PAGE_COUNT);
    job->pages_done = (int32_t)db_integer(rows, row, COL_PAGES_DONE);
    job->priority = (int32_t)db_integer(rows, row, COL_PRIORITY);
    job->revision = db_integer(rows, row, COL_REVISION);
    job->price_credits = db_integer(rows, row, COL_PRICE_CREDITS);
    job->mean_confidence = db_real(rows, row, COL_MEAN_CONFIDENCE);
    job->usage_pages = (int32_t)db_integer(rows, row, COL_USAGE_PAGES);
    job->usage_credits = db_integer(rows, row, COL_USAGE_CREDITS);
    job->retention_seconds = db_integer(rows, row, COL_RETENTION_SECONDS);
    job->create_time = db_time(rows, row, COL_CREATE_TIME);
    job->finish_time = db_time(rows, row, COL_FINISH_TIME);
    job->expire_time = db_time(rows, row, COL_EXPIRE_TIME);
    TRY(parse_indexes(db_text(rows, row, COL_FAILED_PAGES), arena, job, st));
    *ret_job = job;
    return STATUS_OK;
}
