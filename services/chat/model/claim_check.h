#pragma once

/*
 * Which sentences of a language model's reach the user: those that the passages bear out on which
 * they say that they rest.
 *
 * Each mark must name a passage that was given, each quote must stand in it word for word
 * (folded_find.h), and each stretch between marks must hold (claim_match.h). Links and pictures of
 * Markdown and tags of HTML make a sentence fail, and so does an address that does not stand in the
 * passages. Of a sentence that fails there is left what the quotes are of that do stand in their
 * passages: whole sentences, lines and rows, in the document's words and in quotation marks.
 *
 * A sentence without any mark, as small models write them, is looked for in all passages: it goes
 * on with a citation of our own where one sentence, line or row bears out all of it.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "services/chat/answer/answer.h"
#include "services/chat/model/claim.h"
#include "services/chat/model/given.h"

/* What became of a sentence. */
typedef enum {
    CLAIM_HOLDS,
    CLAIM_QUOTED,  /* its quotes alone */
    CLAIM_FOUND,   /* it has no mark, and one unit of the passages says it */
    CLAIM_UNCITED, /* nothing is left, as in all that follow: it has no mark */
    CLAIM_UNKNOWN_PASSAGE,
    CLAIM_WRONG_QUOTE,
    CLAIM_UNSUPPORTED,
    CLAIM_FOREIGN_MARKUP, /* links, pictures, tags, addresses */
    CLAIM_VERDICTS,
} claim_verdict;

enum { CHECKED_CLAIM_CITATIONS_MAX = CLAIM_MARKS_MAX };

struct checked_claim {
    struct str text; /* with " (p. N)" in place of marks; in the arena; empty: nothing is left */
    struct answer_citation citations[CHECKED_CLAIM_CITATIONS_MAX];
    size_t citation_count;
    claim_verdict verdict;
};

/* @arena: for the result; what is cut meanwhile lies in the arena of `given`. */
status_code claim_check(struct given *given, const struct claim *claim, struct arena *arena,
                        struct checked_claim *ret_checked, struct status *st) _must_check_;
