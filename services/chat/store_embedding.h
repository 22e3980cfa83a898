#pragma once

/*
 * The embeddings of documents in the database, beside the indexes whose passages they are of, and
 * gone with them. They are kept in parts (passage_vectors.h), each as soon as it is whole.
 *
 * `deadline` is in monotonic nanoseconds. Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

struct db;
struct passage_vectors;

/* Keeps one part, of which no embedding may be missing, in the place of any that was kept before.
 * Where the job has no index of this version any more, nothing is kept, which is no failure. */
status_code store_embedding_put(struct db *db, int64_t deadline, const char *job_id,
                                const struct passage_vectors *vectors, size_t part,
                                struct status *st) _must_check_;

/* Sets what is missing of all parts that are kept, and says of them that they are. What is of
 * another version or no part is passed over. */
status_code store_embedding_get(struct db *db, int64_t deadline, const char *job_id,
                                struct passage_vectors *vectors, struct status *st) _must_check_;
