#include "services/ocr/job.h"

#include <stdio.h>
#include <string.h>

static const char *const state_words[] = {
    [JOB_PENDING] = "pending", [JOB_PROCESSING] = "processing", [JOB_SETTLING] = "settling",
    [JOB_DONE] = "done",       [JOB_FAILED] = "failed",         [JOB_CANCELLED] = "cancelled",
};

static const char UPLOAD_PREFIX[] = "upload/";
static const char RENDITION_PREFIX[] = "rendition/";

const char *job_state_word(job_state state)
{
    return state_words[state];
}

bool job_state_parse(struct str word, job_state *ret_state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(state_words); i++) {
        if (str_equal(word, str_of(state_words[i]))) {
            *ret_state = (job_state)i;
            return true;
        }
    }
    return false;
}

bool job_has_ended(const struct job *job)
{
    switch (job->state) {
    case JOB_PENDING:
    case JOB_PROCESSING:
        return false;
    case JOB_SETTLING:
        return job->is_cancelled;
    case JOB_DONE:
    case JOB_FAILED:
    case JOB_CANCELLED:
        break;
    }
    return true;
}

bool job_id_is_valid(const char *id)
{
    size_t length = strspn(id, "0123456789abcdef");

    return length == JOB_ID_SIZE - 1 && id[length] == '\0';
}

void job_upload_key(const char *job_id, char ret_key[static JOB_BLOB_KEY_SIZE])
{
    (void)snprintf(ret_key, JOB_BLOB_KEY_SIZE, "%s%s", UPLOAD_PREFIX, job_id);
}

bool job_of_upload_key(const char *key, char ret_job_id[static JOB_ID_SIZE])
{
    size_t prefix = strlen(UPLOAD_PREFIX);

    if (strncmp(key, UPLOAD_PREFIX, prefix) != 0 || !job_id_is_valid(key + prefix))
        return false;
    memcpy(ret_job_id, key + prefix, JOB_ID_SIZE);
    return true;
}

void job_rendition_prefix(const char *job_id, char ret_prefix[static JOB_RENDITION_KEY_SIZE])
{
    (void)snprintf(ret_prefix, JOB_RENDITION_KEY_SIZE, "%s%s/", RENDITION_PREFIX, job_id);
}

void job_rendition_key(const char *job_id, int32_t page_index, const char *lease_token,
                       char ret_key[static JOB_RENDITION_KEY_SIZE])
{
    (void)snprintf(ret_key, JOB_RENDITION_KEY_SIZE, "%s%s/%u/%s", RENDITION_PREFIX, job_id,
                   (unsigned)page_index, lease_token);
}

bool job_of_rendition_key(const char *key, char ret_job_id[static JOB_ID_SIZE])
{
    size_t prefix = strlen(RENDITION_PREFIX);
    const char *id = key + prefix;

    if (strncmp(key, RENDITION_PREFIX, prefix) != 0 || strlen(id) < JOB_ID_SIZE ||
        id[JOB_ID_SIZE - 1] != '/')
        return false;
    char job_id[JOB_ID_SIZE];
    memcpy(job_id, id, JOB_ID_SIZE - 1);
    job_id[JOB_ID_SIZE - 1] = '\0';
    if (!job_id_is_valid(job_id))
        return false;
    memcpy(ret_job_id, job_id, JOB_ID_SIZE);
    return true;
}

bool job_keeps_renditions(const struct job *job)
{
    return !job->discards_renditions && !job->is_cancelled && !job->is_purged &&
           job->state != JOB_FAILED;
}

status_code job_fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no such job");
}

status_code job_check_visible(const struct job *job, const char *account_id, int64_t now,
                              struct status *st)
{
    if (job->account_id != NULL && (account_id == NULL || strcmp(job->account_id, account_id) != 0))
        return job_fail_not_found(st);
    if (job->is_purged || (job->finish_time != 0 && job->expire_time <= now))
        return FAIL(st, STATUS_NOT_FOUND, "JOB_EXPIRED",
                    "the result of this job has expired and was deleted");
    return STATUS_OK;
}
