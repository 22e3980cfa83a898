#pragma once

/*
 * How near questions lie to the passages of documents (services/chat/embed), for those that are
 * found by other words than their own.
 *
 * Embedding a passage takes some 60 ms of a processor. So a document's first question has the
 * passages that fit it best by words embedded at once, as long as it may wait, and all others
 * follow in the background: documents take turns, and first questions go before. Later questions
 * wait for nothing. What is embedded is kept in the database, part by part, and read back from
 * there when the document comes into memory again, here or in another replica.
 *
 * Of a document that waits for its turn (embedding_queue.h) only the job's id is held: one that has
 * left the cache until then, since its job is gone or there was no room, loses its turn. One that
 * has no turn comes with its next question.
 *
 * Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/chat/document_cache.h"
#include "services/chat/retrieve/document_index.h"

struct db;
struct meaning;

enum {
    MEANING_LOAD_WAIT_MS = 3000, /* that a question waits for the model at the start */
    MEANING_FIRST_WAIT_MS = 600, /* that a document's first question waits for its passages */
    MEANING_HITS_MAX = 24,       /* of those that fit by words */
};

/* All borrowed; they outlive the meaning. */
struct meaning_options {
    const char *folder; /* as for embedder_open() */
    struct document_cache *cache;
    struct db *db; /* NULL: embeddings are in memory alone */
};

/* Begins to load the model; questions wait for it. Where it cannot be loaded, that is logged, and
 * documents are searched by their words alone. */
status_code meaning_start(const struct meaning_options *options, struct meaning **ret_meaning,
                          struct status *st) _must_check_;
void meaning_stop(struct meaning *meaning);
DEFINE_CLEANUP_NAMED(struct meaning *, meaning_stopp, meaning_stop)

struct meaning_question {
    struct str text;
    const char *account_id;       /* of who asks */
    const struct index_hit *hits; /* passages that fit by words, best first */
    size_t hit_count;
};

/*
 * How near the question lies to each passage of the document, in the arena; NAN where that is not
 * known yet.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when the model is not there.
 */
status_code meaning_affinity(struct meaning *meaning, struct cached_document *document,
                             const struct meaning_question *question, struct arena *arena,
                             const float **ret_affinity, struct status *st) _must_check_;

/* Appends its metrics in Prometheus text format. */
void meaning_write_metrics(struct meaning *meaning, struct buf *out);
