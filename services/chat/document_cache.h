#pragma once

/*
 * The document indexes that this process has at hand, by job.
 *
 * One that is asked for and not there is loaded by the thread that asks, once, however many ask:
 * the others wait for it. Those that nobody uses stay until all together take more than the cache
 * may, and then go in the order in which they were used; those in use stay for their users, beyond
 * that, too. So what nobody uses never takes more than the limit. What an index takes is measured
 * when it is loaded and each time that somebody is done with it, as its embeddings grow meanwhile.
 * An index says nothing of who may see it: callers ask ocr for the job each time.
 *
 * Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/chat/retrieve/document_index.h"

struct document_cache;
struct passage_vectors;

/* @limit_bytes: of bytes, of what opening them takes and of vectors, of all indexes together. NULL
 * when out of memory. */
struct document_cache *document_cache_new(int64_t limit_bytes);
/* After all documents were given back. */
void document_cache_free(struct document_cache *cache);
DEFINE_CLEANUP(struct document_cache *, document_cache)

/* An index that is held, for `_cleanup_(cached_document_unrefp)`. */
struct cached_document;
const struct document_index *cached_document_index(const struct cached_document *document);
/* The id of its job. */
const char *cached_document_job(const struct cached_document *document);
/* Of its passages, as far as somebody has embedded them (meaning.h). */
struct passage_vectors *cached_document_vectors(const struct cached_document *document);
void cached_document_unref(struct cached_document *document);
DEFINE_CLEANUP_NAMED(struct cached_document *, cached_document_unrefp, cached_document_unref)

/*
 * The job's index.
 *
 * @load: appends the bytes of the index to `out`; runs on this thread, without a lock.
 * @deadline: monotonic nanoseconds; for how long to wait for another thread's load. One that fails
 *     is no failure of those that wait: the first of them loads it itself.
 *
 * Fails as `load` does, with DATA_LOSS when its bytes are no index, and with DEADLINE_EXCEEDED.
 */
status_code document_cache_get(struct document_cache *cache, const char *job_id, int64_t deadline,
                               status_code (*load)(void *arg, struct buf *out, struct status *st),
                               void *arg, struct cached_document **ret_document,
                               struct status *st) _must_check_;

/* The job's index if it is at hand, else NULL. It is no use of it: it neither counts nor keeps the
 * index longer than it would stay. */
struct cached_document *document_cache_find(struct document_cache *cache, const char *job_id);

/* Forgets a job's index, unless it is being loaded; who has it goes on with it. */
void document_cache_drop(struct document_cache *cache, const char *job_id);

/* Ids of the jobs whose indexes are at hand; in the arena. */
status_code document_cache_jobs(struct document_cache *cache, struct arena *arena,
                                const char ***ret_ids, size_t *ret_count,
                                struct status *st) _must_check_;

struct document_cache_counts {
    int64_t bytes;      /* of all that is at hand, used or not */
    int64_t used_bytes; /* of these, what somebody uses: it is there beyond the limit */
    int64_t documents;
    int64_t hits, misses; /* since the start */
};
struct document_cache_counts document_cache_counts(struct document_cache *cache);
