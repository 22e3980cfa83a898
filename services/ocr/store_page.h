#pragma once

/*
 * Pages that have ended, in the database. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/ocr/job.h"

struct db;

/* A page that ended, as it is kept. All borrowed. */
struct page_result {
    const char *job_id;
    int32_t page_index;
    const char *lease_token;
    struct str content;        /* packed ocrmesh.document.v1.Page */
    const char *error_reason;  /* NULL: it was read */
    const char *error_message; /* NULL with the above */
    double mean_confidence;
    int64_t characters;
    const char *warnings; /* one a line */
    const char *engine_name;
    const char *engine_version;
    const char *engine_models; /* one a line */
    struct str pictures;       /* packed ocrmesh.ocr.worker.v1.PagePictures; empty: none are kept */
    const char *pictures_key;  /* of the blob that has them; NULL with the above */
};

/*
 * Ends a leased page: its task goes, the page is stored, the job goes on; with the last page the
 * job enters `settling`. One transaction. *ret_kept is false when the lease was lost to another
 * lane or the job was cancelled; the page is then dropped. Made again for the same lease, it is
 * true where the page has these pictures: the answer to the first commit may have been lost.
 */
status_code store_page_end(struct db *db, int64_t deadline, const struct page_result *result,
                           bool *ret_kept, struct status *st) _must_check_;

/* Calls `each` for up to `limit` pages from `first_index` on, in order. `content` is borrowed for
 * the call, during which no connection is held. *ret_next_index is one more than the last index
 * seen; *ret_count how many there were. */
status_code store_page_each(
    struct db *db, int64_t deadline, const char *job_id, int32_t first_index, int32_t limit,
    status_code (*each)(int32_t page_index, struct str content, void *arg, struct status *st),
    void *arg, int32_t *ret_next_index, int32_t *ret_count, struct status *st) _must_check_;

/* What pictures are kept of a page, packed as above, and the key of the blob that has them; in the
 * arena. *ret_pictures is empty when there are none. */
status_code store_page_pictures(struct db *db, int64_t deadline, const char *job_id,
                                int32_t page_index, struct arena *arena, struct str *ret_pictures,
                                const char **ret_key, struct status *st) _must_check_;

/* That a page has ended. */
struct page_end {
    int32_t page_index;
    int64_t revision;         /* of the job */
    const char *error_reason; /* NULL: it was read */
    const char *error_message;
};

/* The pages that ended at a revision above `after_revision` and up to `revision`, in the order in
 * which they did; in the arena. */
status_code store_page_ended(struct db *db, int64_t deadline, const char *job_id,
                             int64_t after_revision, int64_t revision, struct arena *arena,
                             struct page_end **ret_ends, size_t *ret_count,
                             struct status *st) _must_check_;
