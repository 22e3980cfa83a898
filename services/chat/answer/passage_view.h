#pragma once

/*
 * A passage as one part of a question looks at it: its words, and which terms of the part each of
 * them says. Private to answer/. Thread rule: one thread at a time.
 */

#include "services/chat/question/question.h"
#include "services/chat/text/words.h"

enum {
    VIEW_TEXT_MAX_BYTES = 16 << 10, /* of a passage; a page without spaces may be one long piece */
    VIEW_TERMS_MAX = 64,
};

/* Which of the part's terms a stretch says, and how surely. */
struct term_set {
    uint64_t exact;
    uint64_t near; /* by a common beginning, in a compound, one letter off */
};

/* What a part asks for, weighed. */
struct part_terms {
    const struct question_part *part;
    size_t count;                  /* asked ones alone */
    float weights[VIEW_TERMS_MAX]; /* of each term: the part's, and how rare it is */
    float total;
    uint64_t strict;  /* names and numbers of the question itself: another one is another thing */
    uint64_t nowhere; /* not in the document at all */
};

/* @matches: of the part's asked terms, of document_index_search(). */
struct part_terms part_terms_weigh(const struct question_part *part,
                                   const struct term_match *matches);

struct view_word {
    uint32_t offset; /* bytes of the text that was cut */
    uint32_t length;
    struct term_set terms;
    bool is_function;
    bool is_name;
};

struct passage_view {
    const struct passage *passage;
    uint32_t index;    /* in document_index_passages() */
    float relevance;   /* 0 to 1: its score of retrieval beside the best one's */
    size_t text_bytes; /* that are looked at */
    const struct view_word *words;
    size_t word_count;
    struct term_set context; /* of headings above */
    struct term_set whole;   /* of all its words, and of the context */
};

/* What makes views. All borrowed. */
struct viewer {
    struct words_cutter *cutter;
    const struct part_terms *terms;
    struct arena *arena;
};

status_code passage_view_make(const struct viewer *viewer, const struct passage *passage,
                              uint32_t index, float relevance, struct passage_view *ret_view,
                              struct status *st) _must_check_;

/* Of the words inside a stretch of the passage's text. */
struct term_set passage_view_terms(const struct passage_view *view, size_t begin, size_t end);
/* Words that mean something, inside a stretch. */
size_t passage_view_word_count(const struct passage_view *view, size_t begin, size_t end);
/* Of a text that is no stretch of it: a cell of the table's header. */
status_code viewer_terms(const struct viewer *viewer, struct str text, struct str language,
                         struct term_set *ret_terms, struct status *st) _must_check_;

struct term_set term_set_union(struct term_set a, struct term_set b);
