#pragma once

/*
 * The terms of a document that stand for a term of a question. Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/chat/retrieve/index_parts.h"

enum { EXPANSION_TERMS_MAX = 16 };

struct expansion {
    struct {
        const struct index_term *term;
        float weight;
        bool is_exact;
    } items[EXPANSION_TERMS_MAX];
    size_t count;
    float likeness; /* of the best one; 0: none */
};

/*
 * The term itself; what it may have been read as; compounds that it is a part of. Where the
 * document does not have it, whatever is like it; of a code, its parts.
 */
void expansion_find(const struct document_index *index, const struct query_term *term,
                    struct expansion *ret_expansion);
