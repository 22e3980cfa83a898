#pragma once

/*
 * The text of an answer and its citations, piece by piece. Private to answer/. Thread rule: one
 * thread at a time.
 */

#include "services/chat/answer/candidate.h"

enum { COMPOSE_MAX_BYTES = 8 << 10 };

struct composition {
    struct buf text;
    struct answer_citation citations[ANSWER_CITATIONS_MAX];
    size_t citation_count;
    const struct passages *passages;
};

void composition_init(struct composition *composition, const struct passages *passages);
void composition_deinit(struct composition *composition);

/* What a candidate says, with its page. False when it is full. */
bool compose_candidate(struct composition *composition,
                       const struct candidate *candidate) _must_check_;
/* A stretch of a passage's text. */
bool compose_quote(struct composition *composition, uint32_t passage,
                   struct str stretch) _must_check_;
/* That a part of the question is not answered: its words, and the refusal. */
bool compose_missing(struct composition *composition, struct str part,
                     const char *refusal) _must_check_;
/* Moves the text into the arena. */
status_code compose_end(struct composition *composition, struct arena *arena,
                        struct answer *ret_answer, struct status *st) _must_check_;
