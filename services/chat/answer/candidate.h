#pragma once

/*
 * What may answer one part of a question, and how well it does: sentences, values beside or beneath
 * labels, cells of tables, items of lists. Private to answer/. Thread rule: one thread at a time.
 */

#include "services/chat/answer/answer.h"
#include "services/chat/answer/passage_view.h"
#include "services/chat/answer/value.h"

typedef enum {
    CANDIDATE_SENTENCE,
    CANDIDATE_PAIR, /* a label and its value */
    CANDIDATE_CELL, /* of a table: named by its row and its column */
    CANDIDATE_LIST,
} candidate_form;

struct candidate {
    candidate_form form;
    uint32_t passage;  /* in document_index_passages() */
    struct str label;  /* in the passage's text or its context; may be empty */
    struct str column; /* the head of the cell's column; may be empty */
    struct str value;  /* a stretch of the passage's text */
    /* Lists: stretches of the passage's text beside `value`, which is the first one. */
    const struct str *items;
    size_t item_count;
    struct term_set core;   /* terms that label, column or sentence say */
    struct term_set near;   /* terms that stand close by: the rest of the row, headings */
    struct term_set around; /* terms that the passage says anywhere */
    float label_fit;        /* 0 to 1: how much of the label the question asks for */
    float type_fit;         /* 0 to 1: whether the value is of the kind that is asked for */
    float novelty;          /* 0 to 1: how much it says that the question does not */
    float relevance;
    float score;      /* by which candidates are compared */
    float confidence; /* that it answers, by which the best one is taken or refused */
};

struct candidates {
    struct candidate *items;
    size_t count;
};

/* What looks for them. All borrowed. */
struct candidate_search {
    struct viewer viewer;
    const struct question *question;
    const struct part_terms *terms;
    struct candidates *found;
};

enum { CANDIDATES_MAX = 512 }; /* of one part; worse ones give way */

/* Scores a candidate and keeps it, as long as there is room or a worse one. */
void candidate_add(const struct candidate_search *search, struct candidate *candidate);

/* Those of one passage: candidate_sentences.c, candidate_pairs.c, candidate_cells.c,
 * candidate_lists.c. */
status_code candidate_add_sentences(const struct candidate_search *search,
                                    const struct passage_view *view,
                                    struct status *st) _must_check_;
status_code candidate_add_pairs(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st) _must_check_;
status_code candidate_add_cells(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st) _must_check_;
status_code candidate_add_lists(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st) _must_check_;

/* --- what they share --- */

/* 0 to 1: whether a text holds a value of the kind that the part asks for. Values that the question
 * itself names do not count. */
float candidate_type_fit(const struct candidate_search *search, const struct passage_view *view,
                         struct str text);
/* The same by what a concept's value must hold. */
float candidate_concept_fit(const struct concept *concept, struct str value);

/* Weight of the terms of a set, of the whole: near ones count less. */
float candidate_coverage(const struct part_terms *terms, struct term_set core,
                         struct term_set near);

/* How much a stretch of the passage says beside what the question says. */
float candidate_novelty(const struct passage_view *view, struct str stretch);

size_t candidate_offset(const struct passage_view *view, struct str stretch);
