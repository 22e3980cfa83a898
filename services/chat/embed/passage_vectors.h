#pragma once

/*
 * Embeddings of a document's passages, as far as they are computed: one of each stretch of a
 * passage (passage/spans.h), 8 bits a number, 388 bytes each. So many passages as
 * VECTORS_PART_PASSAGES are a part, which is written and read as a whole. Thread rule: any thread;
 * one is set while others are read.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "services/chat/embed/embedder.h"
#include "services/chat/passage/spans.h"

struct passage_vectors;

enum {
    VECTORS_PART_PASSAGES = 32, /* the last one may have fewer */
    VECTORS_PART_MAX_BYTES =
        VECTORS_PART_PASSAGES * (1 + PASSAGE_SPANS_MAX * (EMBEDDING_WIDTH + 4)),
};

/* NULL when out of memory. */
struct passage_vectors *passage_vectors_new(size_t passage_count);
void passage_vectors_free(struct passage_vectors *vectors);
DEFINE_CLEANUP(struct passage_vectors *, passage_vectors)

/* Bytes of memory that they take, those included that are set by now. */
size_t passage_vectors_size(const struct passage_vectors *vectors);

/* How many passages have theirs. */
size_t passage_vectors_count(const struct passage_vectors *vectors);
bool passage_vectors_has(const struct passage_vectors *vectors, size_t passage);
/* The first passage from `passage` on that has none yet; the count when all have. */
size_t passage_vectors_missing(const struct passage_vectors *vectors, size_t passage);
/*
 * Setting those of a passage twice is no harm. False when out of memory.
 *
 * @embeddings: of its stretches, each of length 1; at least one.
 */
bool passage_vectors_set(struct passage_vectors *vectors, size_t passage,
                         const float (*embeddings)[EMBEDDING_WIDTH], size_t count) _must_check_;

/* How near each passage is to a question, -1 to 1, both in the stretch that is nearest and as a
 * whole; NAN where its vectors are not there. */
void passage_vectors_affinity(const struct passage_vectors *vectors,
                              const float question[static EMBEDDING_WIDTH], float *ret_affinity);

/* --- parts --- */

size_t passage_vectors_part_count(const struct passage_vectors *vectors);
/* Whether somebody has said that the part is kept elsewhere, and the first one from `part` on of
 * which nobody has; the number of parts when there is none. */
void passage_vectors_set_kept(struct passage_vectors *vectors, size_t part);
size_t passage_vectors_not_kept(const struct passage_vectors *vectors, size_t part);

/* Appends the part's bytes to `out`; false when a passage of it is missing or `out` is full. */
bool passage_vectors_write_part(const struct passage_vectors *vectors, size_t part,
                                struct buf *out) _must_check_;
/* Sets what is missing of the part; false, and nothing set, when the bytes are none of it. */
bool passage_vectors_read_part(struct passage_vectors *vectors, size_t part,
                               struct str bytes) _must_check_;
