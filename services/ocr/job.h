#pragma once

/*
 * A job: one uploaded file on its way to a document. Plain values; no store, no network.
 *
 * States run pending, processing, settling, then done, failed or cancelled. A settling job has no
 * page left to read and waits for billing; callers see it as processing (or as cancelled, when that
 * is what it is about to be). Thread rule: values, any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/random.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    JOB_ID_SIZE = RANDOM_ID_SIZE, /* 32 lower-case hexadecimal digits and a NUL */
    JOB_LANGUAGE_MAX = 100,
    JOB_TOOL_MAX = 50,
    JOB_REQUEST_ID_MAX = 255,
    JOB_WARNINGS_MAX = 50, /* sentences kept of the pages' warnings */
};

/* How long a caller may ask a result to be kept: `delete_after`. API: B15. */
enum {
    JOB_RETENTION_MIN_SECONDS = 300,
    JOB_RETENTION_MAX_SECONDS = 14 * 24 * 3600,
};

typedef enum {
    JOB_PENDING,
    JOB_PROCESSING,
    JOB_SETTLING,
    JOB_DONE,
    JOB_FAILED,
    JOB_CANCELLED,
} job_state;

/* The engines by tier; numbers as ocrmesh.ocr.v1.Tier. */
typedef enum {
    JOB_TIER_CPU = 1,
    JOB_TIER_VLM = 2,
} job_tier;

/* Text is never NULL unless said so; it lives in the arena that the job was read into. Times are
 * wall nanoseconds. */
struct job {
    const char *id;
    int64_t number;         /* order of creation */
    const char *account_id; /* NULL: an anonymous caller's */
    const char *principal_key;
    job_state state;
    bool is_cancelled;
    bool is_purged; /* its result is gone */
    job_tier tier;
    const char *language;
    const char *tool;
    const char *translate_to;
    const char *file_name;
    const char *media_type;
    int64_t size_bytes;
    bool discards_renditions;
    int32_t page_count;
    int32_t pages_done;
    const int32_t *failed_page_indexes;
    size_t failed_page_count;
    int32_t priority;
    int64_t revision;
    const char *reservation_id;
    int64_t price_credits;
    const char *engine_name;
    const char *engine_version;
    const char *engine_models; /* one a line */
    double mean_confidence;
    int32_t usage_pages;
    int64_t usage_credits;
    const char *warnings; /* one a line */
    const char *error_reason;
    const char *error_message;
    int64_t retention_seconds;
    int64_t create_time;
    int64_t finish_time; /* 0 until it has ended */
    int64_t expire_time;
};

/* "pending" and so on: the words of the table `job`. */
const char *job_state_word(job_state state);
/* False for a word that is none. */
bool job_state_parse(struct str word, job_state *ret_state);

/* Whether no page will be read any more, as callers see it. */
bool job_has_ended(const struct job *job);

/* 32 lower-case hexadecimal digits. */
bool job_id_is_valid(const char *id);

/* Keys of a job's blobs; `ret_key` has JOB_BLOB_KEY_SIZE bytes. */
enum { JOB_BLOB_KEY_SIZE = JOB_ID_SIZE + 8 };
void job_upload_key(const char *job_id, char ret_key[static JOB_BLOB_KEY_SIZE]);
/* The job of an upload's key; false for another key. */
bool job_of_upload_key(const char *key, char ret_job_id[static JOB_ID_SIZE]);

/* Pictures that are kept of a page as one blob, by job and reading of the page; and how the keys of
 * all that are kept of a job begin. */
enum { JOB_RENDITION_KEY_SIZE = 10 + JOB_ID_SIZE + 11 + RANDOM_ID_SIZE };
void job_rendition_key(const char *job_id, int32_t page_index, const char *lease_token,
                       char ret_key[static JOB_RENDITION_KEY_SIZE]);
void job_rendition_prefix(const char *job_id, char ret_prefix[static JOB_RENDITION_KEY_SIZE]);
/* The job of a rendition's key; false for another key. */
bool job_of_rendition_key(const char *key, char ret_job_id[static JOB_ID_SIZE]);

/* Whether pictures of its pages are kept, or will be once they are read. */
bool job_keeps_renditions(const struct job *job);

/* NOT_FOUND JOB_NOT_FOUND: the same for an unknown job and for somebody else's. */
status_code job_fail_not_found(struct status *st);

/*
 * Whether a caller may see a job: an account's job is for that account alone, an anonymous one for
 * whoever has its id. API: B8.
 * @account_id: the caller's; NULL or "" for an anonymous caller.
 * @now: wall nanoseconds. Fails with JOB_NOT_FOUND, or JOB_EXPIRED to who might see it otherwise.
 */
status_code job_check_visible(const struct job *job, const char *account_id, int64_t now,
                              struct status *st) _must_check_;
