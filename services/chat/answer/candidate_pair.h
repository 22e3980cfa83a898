#pragma once

/*
 * Labels and values in lines and cells: what candidate_pairs.c and candidate_inside.c share.
 * Private to them. Thread rule: one thread at a time.
 */

#include "services/chat/answer/candidate.h"

struct pair {
    struct str label;
    struct str value;
};

/* Adds the candidate, if the question asks for the label. */
void candidate_add_pair(const struct candidate_search *search, const struct passage_view *view,
                        const struct pair *pair);

/* Pairs inside of a line or a cell, and values that need no label. */
void candidate_add_inside(const struct candidate_search *search, const struct passage_view *view,
                          struct str line);
