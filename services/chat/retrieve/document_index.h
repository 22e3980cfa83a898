#pragma once

/*
 * The passages of one document, and what finds them: an inverted index over the terms of words.h,
 * in one stretch of bytes that is stored and read back as it is.
 *
 * Ranking is BM25 (S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond", 2009) over words; context counts less than text, and words of the question that stand
 * together count more. A word is looked for in what engines confuse with it (0/O, 1/l/I, rn/m) and
 * in compounds that it is a part of too, and, where the document does not have it, in whatever
 * shares enough of its character trigrams; it counts less the less alike the two are. A number or a
 * code is only ever found by itself, as a misreading of itself, or by a part of it.
 *
 * The bytes come from a database and are not trusted: document_index_open() checks them whole.
 * Thread rule: any thread once open.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/passage/passage.h"
#include "services/chat/text/words.h"

enum {
    /* Changes with the form of the bytes and with how words are cut: an index of another version is
     * made anew. */
    DOCUMENT_INDEX_VERSION = 1,
    DOCUMENT_INDEX_MAX_BYTES = 256 << 20,
    QUERY_TERMS_MAX = 64,
    INDEX_HITS_MIN = 5,
};

struct document_index;

/* Appends the index's bytes to `out`, passages included. RESOURCE_EXHAUSTED when it is full. */
status_code document_index_build(const struct passages *passages, struct buf *out,
                                 struct status *st) _must_check_;

/* @bytes: borrowed for the index's life. DATA_LOSS when they are no index of this version. */
status_code document_index_open(struct str bytes, struct document_index **ret_index,
                                struct status *st) _must_check_;
void document_index_free(struct document_index *index);
DEFINE_CLEANUP(struct document_index *, document_index)

/* Views into the index's bytes. */
const struct passages *document_index_passages(const struct document_index *index);
/* Bytes of memory that it takes beside its own bytes. */
size_t document_index_size(const struct document_index *index);
/* BCP 47 of most of its text, "und". */
struct str document_index_language(const struct document_index *index);

/* A term that is looked for. */
struct query_term {
    struct str term; /* as in struct word */
    struct str form;
    word_kind kind;
    float weight; /* 1: as it stands in the question; less: from an earlier turn, a synonym */
};

/* Whether the document has the term as it is. Costs next to nothing, where a search looks for what
 * is like it as well. */
bool document_index_has(const struct document_index *index, const struct query_term *term);

/* How a term of the query was found. */
struct term_match {
    uint32_t passage_count; /* that have it; 0: it is nowhere */
    float likeness;         /* 1: exactly; less: by trigrams or confusions */
    float idf;
};

struct index_hit {
    uint32_t passage; /* in document_index_passages() */
    float score;
};

/*
 * The best passages, best first; equal ones in the order of the document. Where fewer
 * than INDEX_HITS_MIN have anything like a term, the first ones of the text follow, with the score
 * 0: a document says at its beginning what it is, and the question may be in another language.
 *
 * @affinity: of each passage to the question by meaning, NAN where it is not known; the order is
 *     then that by words and by meaning fused. NULL: by words alone.
 * @ret_hits: room for `hits_max`; @ret_matches: one for each term of the query.
 */
status_code document_index_search(const struct document_index *index,
                                  const struct query_term *terms, size_t term_count,
                                  const float *affinity, struct arena *arena,
                                  struct index_hit *ret_hits, size_t hits_max,
                                  size_t *ret_hit_count, struct term_match *ret_matches,
                                  struct status *st) _must_check_;
