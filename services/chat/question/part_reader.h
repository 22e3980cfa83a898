#pragma once

/*
 * One part of a question: what it asks for and the words that it looks for. Private to question/.
 * Thread rule: one thread at a time.
 */

#include "services/chat/question/phrases.h"
#include "services/chat/question/question.h"
#include "services/chat/question/question_words.h"
#include "services/chat/text/words.h"

enum {
    PART_CONCEPTS_MAX = 8,
    /* Concepts say with 64 bits which terms they stand for. */
    PART_ASKED_TERMS_MAX = 40,
};

/* What the parts of one question share. All borrowed. */
struct part_reader {
    struct words_cutter *cutter;
    const struct question_words *words;
    const char *language;
    struct arena *arena;
};

/* A part while it is made. */
struct part_draft {
    struct str text;
    struct folded_text folded;
    answer_kind kind;
    bool names_kind;   /* the kind stands in the text; else it is ANSWER_ANY */
    bool is_only_kind; /* "the date": no word says of what */
    size_t others;     /* words beside those of kinds, documents and concepts */
    bool goes_back;    /* "it", "their": means something of an earlier turn */
    bool has_start;    /* "what about": goes on from the turn before */
    uint32_t page_number;
    struct query_term terms[PART_ASKED_TERMS_MAX];
    size_t term_count;
    struct question_concept concepts[PART_CONCEPTS_MAX];
    size_t concept_count;
};

status_code part_read(const struct part_reader *reader, struct str text,
                      struct part_draft *ret_draft, struct status *st) _must_check_;

/* Adds a term that is not among them yet; what there is no room for is left out. Its bit among the
 * part's terms, 0 when it was left out. */
uint64_t part_add_term(struct part_draft *draft, const struct query_term *term);

/* Whether the language's words that ask may stand anywhere in the sentence. */
bool part_asks_anywhere(const struct part_reader *reader);
