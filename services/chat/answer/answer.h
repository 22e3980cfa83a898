#pragma once

/*
 * Answers out of the document's own words, without any model: the sentences, cells and values that
 * answer, quoted, with the page after each, or the sentence that the document does not say.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/question/question.h"
#include "services/chat/retrieve/document_index.h"

enum {
    ANSWER_CITATIONS_MAX = 8,
    ANSWER_PASSAGES_MAX = 12, /* best ones that are looked at */
};

/* Where a claim stands: a stretch of one piece of a passage. */
struct answer_citation {
    uint32_t passage; /* in document_index_passages() */
    uint32_t offset;  /* bytes of the passage's text */
    uint32_t length;
};

struct answer {
    struct str content; /* in the arena */
    const struct answer_citation *citations;
    size_t citation_count;
    bool is_grounded; /* false: the document does not say; no citations then */
};

/* Whether the answer is wanted still: fails with CANCELLED or DEADLINE_EXCEEDED once it is not. */
struct answer_watch {
    status_code (*check)(void *arg, struct status *st);
    void *arg;
};

/*
 * @question: as question_read() made it of this turn.
 * @watch: asked before each passage is looked at; the answer fails as it does. NULL: it is wanted.
 */
status_code answer_extract(const struct document_index *index, const struct question *question,
                           const struct answer_watch *watch, struct arena *arena,
                           struct answer *ret_answer, struct status *st) _must_check_;

/* The one sentence by which the document is said not to answer, in a language. Static. */
const char *answer_refusal(const char *language);
