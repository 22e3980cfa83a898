#include "services/ocr/job_message.h"

#include <string.h>

#include "lib/rpc/timestamp.h"
#include "services/ocr/tools.h"

Ocrmesh__Ocr__V1__JobState job_message_state(const struct job *job)
{
    switch (job->state) {
    case JOB_PENDING:
        return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING;
    case JOB_PROCESSING:
        return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING;
    case JOB_SETTLING:
        return job->is_cancelled ? OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED
                                 : OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING;
    case JOB_DONE:
        return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE;
    case JOB_FAILED:
        return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED;
    case JOB_CANCELLED:
        return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED;
    }
    return OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_UNSPECIFIED;
}

/* Splits text of one item a line; false when the arena is full. */
static bool split_lines(const char *text, struct arena *arena, char ***ret_lines, size_t *ret_count)
{
    struct str rest = str_of(text);
    struct str line;
    size_t count = 0;
    size_t lines_max = 1;

    if (rest.n == 0)
        return true;
    for (size_t i = 0; i < rest.n; i++)
        lines_max += rest.p[i] == '\n';
    char **lines = ARENA_NEW_ARRAY(arena, char *, lines_max);
    if (lines == NULL)
        return false;
    while (str_next_token(&rest, '\n', &line)) {
        lines[count] = arena_strndup(arena, line.p, line.n);
        if (lines[count++] == NULL)
            return false;
    }
    *ret_lines = lines;
    *ret_count = count;
    return true;
}

static bool fill_times(const struct job *job, struct arena *arena, Ocrmesh__Ocr__V1__Job *message)
{
    message->create_time = rpc_timestamp_new(job->create_time, arena);
    message->expire_time = rpc_timestamp_new(job->expire_time, arena);
    if (job->finish_time != 0)
        message->finish_time = rpc_timestamp_new(job->finish_time, arena);
    return message->create_time != NULL && message->expire_time != NULL &&
           (job->finish_time == 0 || message->finish_time != NULL);
}

static Ocrmesh__Ocr__V1__JobError *make_error(const char *reason, const char *message,
                                              struct arena *arena)
{
    Ocrmesh__Ocr__V1__JobError *error = ARENA_NEW(arena, Ocrmesh__Ocr__V1__JobError);

    if (error == NULL)
        return NULL;
    ocrmesh__ocr__v1__job_error__init(error);
    error->reason = (char *)reason;
    error->message = (char *)message;
    return error;
}

status_code job_message_make_error(const char *reason, const char *message, struct arena *arena,
                                   Ocrmesh__Ocr__V1__JobError **ret_error, struct status *st)
{
    Ocrmesh__Ocr__V1__JobError *error = make_error(reason, message, arena);

    if (error == NULL)
        return FAIL_MEMORY(st);
    *ret_error = error;
    return STATUS_OK;
}

static bool fill_parts(const struct job *job, struct arena *arena, Ocrmesh__Ocr__V1__Job *message)
{
    if (job->engine_name[0] != '\0') {
        message->engine = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Engine);
        if (message->engine == NULL)
            return false;
        ocrmesh__ocr__v1__engine__init(message->engine);
        message->engine->name = (char *)job->engine_name;
        message->engine->version = (char *)job->engine_version;
        if (!split_lines(job->engine_models, arena, &message->engine->models,
                         &message->engine->n_models))
            return false;
    }
    if (job->error_reason[0] != '\0') {
        message->error = make_error(job->error_reason, job->error_message, arena);
        if (message->error == NULL)
            return false;
    }
    message->usage = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Usage);
    if (message->usage == NULL)
        return false;
    ocrmesh__ocr__v1__usage__init(message->usage);
    message->usage->pages = job->usage_pages;
    message->usage->credits = job->usage_credits;
    return split_lines(job->warnings, arena, &message->warnings, &message->n_warnings);
}

status_code job_message_make(const struct job *job, struct arena *arena,
                             Ocrmesh__Ocr__V1__Job **ret_message, struct status *st)
{
    Ocrmesh__Ocr__V1__Job *message = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Job);
    const struct tool *tool = tool_find(str_of(job->tool));

    if (message == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__ocr__v1__job__init(message);
    message->job_id = (char *)job->id;
    message->state = job_message_state(job);
    message->tier = (Ocrmesh__Ocr__V1__Tier)job->tier;
    message->language = (char *)job->language;
    message->tool = (char *)job->tool;
    message->translate_to = (char *)job->translate_to;
    message->suggested_format = (char *)(tool != NULL ? tool->formats[0] : "");
    message->file_name = (char *)job->file_name;
    message->media_type = (char *)job->media_type;
    message->size_bytes = job->size_bytes;
    message->page_count = job->page_count;
    message->pages_done = job->pages_done;
    message->failed_page_indexes = (int32_t *)job->failed_page_indexes;
    message->n_failed_page_indexes = job->failed_page_count;
    message->mean_confidence = (float)job->mean_confidence;
    message->revision = job->revision;
    message->retains_renditions = job_keeps_renditions(job);
    if (!fill_times(job, arena, message) || !fill_parts(job, arena, message))
        return FAIL_MEMORY(st);
    *ret_message = message;
    return STATUS_OK;
}
