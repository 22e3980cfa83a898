#pragma once

/*
 * What a question asks for: which words it looks for, what kind of thing would answer it, and, in a
 * conversation, what it leaves out because the turn before has said it ("and the tax?").
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/retrieve/document_index.h"

struct concept;

/* What would answer. */
typedef enum {
    ANSWER_ANY,
    ANSWER_DATE,    /* when, due date */
    ANSWER_AMOUNT,  /* how much, total, price */
    ANSWER_NUMBER,  /* how many, which number, percentage */
    ANSWER_PERSON,  /* who */
    ANSWER_PLACE,   /* where */
    ANSWER_REASON,  /* why */
    ANSWER_LIST,    /* which ones, what are the */
    ANSWER_SUMMARY, /* what is this about */
} answer_kind;

/* What is named that forms have a label for: a total, a due date. */
struct question_concept {
    const struct concept *concept; /* concept.h */
    uint64_t terms;                /* bit i: it says what the part's term i says */
};

/* One thing that is asked for; "the total and the due date" are two. */
struct question_part {
    struct str text; /* in the arena */
    answer_kind kind;
    /* The first `asked_count` are the question's own or an earlier turn's; then synonyms, as far as
     * the document has them. */
    const struct query_term *terms;
    size_t term_count;
    size_t asked_count;
    const struct question_concept *concepts;
    size_t concept_count;
};

/* An earlier turn of the conversation. */
struct turn {
    struct str question;
    struct str answer;
};

enum {
    QUESTION_PARTS_MAX = 6,
    QUESTION_TURNS_MAX = 8, /* earlier ones that are looked at */
};

struct question {
    struct str text;      /* as asked */
    const char *language; /* ISO 639-1, static */
    bool is_follow_up;    /* terms of earlier turns were added, with less weight */
    uint32_t page_number; /* the page that it names ("on page 3"), from 1; 0: none */
    /* Of each passage of the document to it, by meaning (document_index_search()); NULL as long as
     * nobody has set it. */
    const float *affinity;
    const struct question_part *parts;
    size_t part_count;
};

/*
 * @text: UTF-8, 1 to 8,000 bytes. @turns: earlier ones, oldest first; may be none.
 * @index: of the document, whose language settles what the question's words leave open and whose
 * words say which synonyms are worth looking for; NULL when there is none.
 */
status_code question_read(struct str text, const struct turn *turns, size_t turn_count,
                          const struct document_index *index, struct arena *arena,
                          struct question *ret_question, struct status *st) _must_check_;

/* What is embedded of it: a question that leaves out what the one before has said goes with that
 * one. In the arena; where that is full, the question alone. */
struct str question_whole(const struct question *question, const struct turn *turns,
                          size_t turn_count, struct arena *arena);

/* All terms of all parts, each once: for retrieval of the passages of the whole question. */
status_code question_terms(const struct question *question, struct arena *arena,
                           const struct query_term **ret_terms, size_t *ret_count,
                           struct status *st) _must_check_;
