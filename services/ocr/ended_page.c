#include "services/ocr/ended_page.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "services/ocr/metrics.h"
#include "services/ocr/page_result.h"
#include "services/ocr/queue.h"

enum {
    STATEMENT_TIMEOUT_MS = 10000,
    BLOB_TIMEOUT_MS = 60000,
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 2000,
    /* How often a page is tried to be stored once the process is to end. */
    TRIES_WHEN_STOPPING = 3,
    ARENA_MAX_BYTES = PAGE_CONTENT_MAX_BYTES + (16 << 20),
    ARENA_KEPT_BYTES = 4 << 20,
};

status_code ended_page_init(struct ended_page *page, const struct ended_page_options *options,
                            struct status *st)
{
    *page = (struct ended_page){
        .db = options->db,
        .blobs = options->blobs,
        .queue = options->queue,
        .metrics = options->metrics,
        .arena = arena_new(ARENA_MAX_BYTES),
        .pictures_fd = -1,
        .pictures_wait_ms = options->pictures_wait_ms,
    };
    return page->arena == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static void drop_pictures(struct ended_page *page)
{
    closep(&page->pictures_fd);
    page->pictures_fd = -1;
    page->pictures_bytes = 0;
}

void ended_page_deinit(struct ended_page *page)
{
    drop_pictures(page);
    arena_free(page->arena);
}

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

/* The place is free again; the memory of an unusually large page is not kept. */
static void clear(struct ended_page *page)
{
    struct arena *fresh =
        arena_size(page->arena) > ARENA_KEPT_BYTES ? arena_new(ARENA_MAX_BYTES) : NULL;

    page->is_there = false;
    page->full_since = 0;
    drop_pictures(page);
    if (fresh == NULL) {
        arena_reset(page->arena);
        return;
    }
    arena_free(page->arena);
    page->arena = fresh;
}

/* --- what is kept --- */

void ended_page_give_back(struct ended_page *page, const struct page_task *task)
{
    struct status st = {0};

    queue_release(page->queue, task->lease_token);
    if (store_queue_give_back(page->db, statement_deadline(), task->lease_token, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a lease could not be given back, and will run out", &st,
                    LOG_STRING("job_id", task->job_id), LOG_INTEGER("page", task->page_index));
}

void ended_page_keep(struct ended_page *page, const struct page_task *task,
                     const struct page_result *result, int pictures_fd, int64_t pictures_bytes)
{
    drop_pictures(page);
    page->pictures_fd = pictures_fd;
    page->pictures_bytes = pictures_bytes;
    page->task = *task;
    page->result = *result;
    page->result.job_id = page->task.job_id;
    page->result.page_index = page->task.page_index;
    page->result.lease_token = page->task.lease_token;
    page->is_there = true;
}

/* Words of the worker about a file become words about a page. */
static const char *page_reason(const struct status *failure)
{
    static const struct {
        const char *of_file;
        const char *of_page;
    } reasons[] = {
        {"CORRUPT", "PAGE_CORRUPT"},
        {"TOO_LARGE", "PAGE_TOO_LARGE"},
        {"CHANNEL_TIMEOUT", "PAGE_TIMEOUT"},
        {"", "PAGE_FAILED"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
        if (strcmp(failure->reason, reasons[i].of_file) == 0)
            return reasons[i].of_page;
    return failure->reason;
}

void ended_page_keep_failure(struct ended_page *page, const struct page_task *task,
                             const struct status *failure)
{
    struct page_result result;
    struct status st = {0};

    log_failure(LOG_INFO, "page failed", failure, LOG_STRING("job_id", task->job_id),
                LOG_INTEGER("page", task->page_index));
    const char *reason = arena_strdup(page->arena, page_reason(failure));
    const char *message = arena_strdup(page->arena, failure->message);
    if (reason == NULL || message == NULL ||
        page_result_failed((uint32_t)task->page_index, reason, message, page->arena, &result,
                           &st) != STATUS_OK) {
        clear(page);
        ended_page_give_back(page, task);
        return;
    }
    ended_page_keep(page, task, &result, -1, 0);
}

/* --- storing --- */

static bool is_transient(status_code code)
{
    return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ||
           code == STATUS_ABORTED || code == STATUS_RESOURCE_EXHAUSTED;
}

/* Whether the store of pictures has had no room for so long that the text must not wait on. */
static bool is_full_for_long(struct ended_page *page, status_code code)
{
    const int64_t now = time_mono();

    if (code != STATUS_RESOURCE_EXHAUSTED)
        return false;
    if (page->full_since == 0)
        page->full_since = now;
    return now - page->full_since >= page->pictures_wait_ms * NANOSECONDS_PER_MS;
}

/* Stores the page's pictures, before it; those that cannot be stored for good are left out. */
static status_code put_pictures(struct ended_page *page, struct status *st)
{
    const struct page_task *task = &page->task;

    if (page->pictures_fd < 0 || page->result.pictures_key != NULL)
        return STATUS_OK;
    job_rendition_key(task->job_id, task->page_index, task->lease_token, page->pictures_key);
    status_code code = blob_put(page->blobs, page->pictures_key, page->pictures_fd,
                                page->pictures_bytes, time_mono_after_ms(BLOB_TIMEOUT_MS), st);
    if (code == STATUS_OK)
        page->result.pictures_key = page->pictures_key;
    if (code == STATUS_OK || (is_transient(code) && !is_full_for_long(page, code)))
        return code;
    log_failure(LOG_ERROR, "a page's pictures could not be stored", st,
                LOG_STRING("job_id", task->job_id), LOG_INTEGER("page", task->page_index));
    drop_pictures(page);
    return STATUS_OK;
}

/* Of a page that is not kept. What cannot be deleted at the moment goes with the job. */
static void delete_pictures(const struct ended_page *page)
{
    struct status st = {0};

    if (page->result.pictures_key == NULL)
        return;
    if (blob_delete(page->blobs, page->pictures_key, statement_deadline(), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a page's pictures could not be deleted", &st,
                    LOG_STRING("job_id", page->task.job_id),
                    LOG_INTEGER("page", page->task.page_index));
}

/* Whether another one is there to be stored in its place. */
static bool replace(struct ended_page *page, const struct status *st)
{
    struct page_task task = page->task;
    struct status failure = {0};

    log_failure(LOG_ERROR, "a page could not be stored", st, LOG_STRING("job_id", task.job_id),
                LOG_INTEGER("page", task.page_index));
    if (page->result.error_reason != NULL)
        return false;
    delete_pictures(page);
    clear(page);
    (void)FAIL(&failure, STATUS_INTERNAL, "PAGE_CORRUPT", "what was read of the page is malformed");
    ended_page_keep_failure(page, &task, &failure);
    return page->is_there;
}

static void count(const struct ended_page *page)
{
    struct metrics *metrics = page->metrics;

    atomic_fetch_add(
        page->result.error_reason == NULL ? &metrics->pages_read : &metrics->pages_failed, 1);
}

static void store(struct ended_page *page)
{
    int64_t pause_ms = PAUSE_MIN_MS;

    for (int tries = 1;; tries++) {
        struct status st = {0};
        bool is_kept = false;
        status_code code = put_pictures(page, &st);
        if (code == STATUS_OK)
            code = store_page_end(page->db, statement_deadline(), &page->result, &is_kept, &st);
        if (code == STATUS_OK) {
            if (is_kept)
                count(page);
            else
                delete_pictures(page);
            break;
        }
        if (!is_transient(code)) {
            if (replace(page, &st))
                continue;
            break;
        }
        log_failure(LOG_WARNING, "a page waits to be stored", &st,
                    LOG_STRING("job_id", page->task.job_id),
                    LOG_INTEGER("page", page->task.page_index));
        if (!queue_pause(page->queue, pause_ms) && tries >= TRIES_WHEN_STOPPING)
            break;
        pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
    }
    queue_release(page->queue, page->task.lease_token);
    clear(page);
}

void ended_page_store(struct ended_page *page)
{
    struct trace_context before = trace_context_swap(page->trace.context);
    const char *outcome = page->result.error_reason == NULL ? "read" : "failed";

    store(page);
    (void)trace_context_swap(before);
    page_trace_end(&page->trace, outcome);
}
