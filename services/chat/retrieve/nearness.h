#pragma once

/*
 * Words of a question that stand together in a passage, as they do in the question, say more than
 * the same words apart (D. Metzler, W. B. Croft, "A Markov Random Field Model for Term
 * Dependencies", 2005). Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "services/chat/retrieve/expansion.h"

/* A term of the query with what stands for it, and what it is worth. */
struct searched_term {
    struct expansion expansion;
    float worth; /* weight times idf */
};

/* Adds to the scores of the hits, which are not sorted anew. False when the arena is full. */
bool nearness_add(const struct document_index *index, const struct searched_term *terms,
                  size_t term_count, struct index_hit *hits, size_t hit_count,
                  struct arena *arena) _must_check_;
