#pragma once

/*
 * A page of a lane that has ended, read or failed, and is to be stored.
 *
 * There is place for one. It stays there for as long as the database is away, with its lease kept
 * alive by the queue. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"
#include "services/ocr/page_trace.h"
#include "services/ocr/store_page.h"
#include "services/ocr/store_queue.h"

struct blob_store;
struct db;
struct metrics;
struct queue;

struct ended_page {
    struct db *db;
    struct blob_store *blobs;
    struct queue *queue;
    struct metrics *metrics;
    struct arena *arena; /* what is kept of a page is made in here */
    bool is_there;
    struct page_task task;
    struct page_result result;
    int pictures_fd; /* of its pictures; -1: there are none */
    int64_t pictures_bytes;
    char pictures_key[JOB_RENDITION_KEY_SIZE]; /* of the blob, once it is stored */
    int64_t pictures_wait_ms;
    int64_t full_since; /* the store of pictures had no room, monotonic; 0: it has not said so */
    struct page_trace trace; /* set by the lane; ended here */
};

struct ended_page_options {
    /* Borrowed. */
    struct db *db;
    struct blob_store *blobs;
    struct queue *queue;
    struct metrics *metrics;

    int64_t pictures_wait_ms; /* as in lanes.h */
};

status_code ended_page_init(struct ended_page *page, const struct ended_page_options *options,
                            struct status *st) _must_check_;
void ended_page_deinit(struct ended_page *page);

/* The page was read. @result: in the page's arena; job, index, lease and the pictures' key are
 * filled in here. @pictures_fd: with `pictures_bytes` of pictures; taken; -1: there are none. */
void ended_page_keep(struct ended_page *page, const struct page_task *task,
                     const struct page_result *result, int pictures_fd, int64_t pictures_bytes);

/* The page could not be read, for a reason as the worker or its channel give it; without memory its
 * lease is given back instead. */
void ended_page_keep_failure(struct ended_page *page, const struct page_task *task,
                             const struct status *failure);

/*
 * Stores the page and releases its lease, for as long as it takes; once the queue is stopping, a
 * few times. What the database does not take as it is (text that is no UTF-8, say) becomes a failed
 * page. Its pictures are stored before it, and are deleted again when it is not kept; where there
 * is no room for them for pictures_wait_ms, the page is stored without them.
 */
void ended_page_store(struct ended_page *page);

/* Frees a page for another try, as if it had not been leased, and releases the lease. */
void ended_page_give_back(struct ended_page *page, const struct page_task *task);
