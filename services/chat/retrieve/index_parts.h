#pragma once

/*
 * The form of an index's bytes, and an index that is open. Private to retrieve/.
 *
 * All numbers are varints:
 *     magic (8 bytes, the last one is the version)
 *     language count, then each: length, bytes; the first one is the document's
 *     page count, passage count, piece count
 *     each passage: page, language, words, text length, text, context length, context, piece count,
 *         each piece: bytes since the end of the last one, length, block, row + 1, kind
 *     term count, each term in the order of its bytes: length, bytes, passages, postings length,
 *         postings: each passage since the last one (the first since -1), times in the text, times
 *         apart from it, then each place in the text, in words since the last one
 */

#include <stddef.h>
#include <stdint.h>

#include "services/chat/retrieve/document_index.h"
#include "services/chat/retrieve/likeness.h"

#define INDEX_MAGIC "ocmxidx"

enum {
    INDEX_MAGIC_BYTES = sizeof(INDEX_MAGIC) - 1,
    INDEX_PASSAGES_MAX = 1 << 19,
    INDEX_PIECES_MAX = 1 << 22,
    INDEX_TERMS_MAX = 1 << 22,
    INDEX_OCCURRENCES_MAX = 1 << 23, /* of terms: ten times those of 2,000 full pages */
    INDEX_LANGUAGES_MAX = 1 << 8,
    INDEX_PLACE_MAX = 1 << 24,
};

struct index_term {
    struct str text;
    struct str postings;
    uint32_t passage_count;
};

struct document_index {
    struct passages passages;
    struct passage *items;
    struct passage_piece *pieces;
    uint32_t *word_counts; /* of each passage's text */
    float *weights;        /* of each passage */
    double mean_words;
    struct index_term *terms;         /* in the order of their bytes */
    struct likeness_sketch *sketches; /* of each term */
    size_t term_count;
    struct str *languages;
    size_t language_count;
    size_t size_bytes;
    bool is_out_of_memory; /* while it is opened */
};

/* Of struct index_hit, for qsort(): best first, equal ones in the order of the document. */
int index_compare_hits(const void *a, const void *b);
/* Order of terms. */
int index_compare(struct str a, struct str b);
/* NULL when the index does not have it. */
const struct index_term *index_find_term(const struct document_index *index, struct str text);
