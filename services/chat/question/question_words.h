#pragma once

/*
 * The words by which questions are asked, in the languages that questions come in: which of them
 * ask when, who or how much, which nouns say what kind of thing is meant, and which say nothing of
 * what is looked for. Lists of phrases for phrases.h, parted by "|"; static.
 *
 * Thread rule: any thread.
 */

#include <stddef.h>

#include "lib/base/str.h"

typedef enum {
    /* Words that ask. */
    ASKS_WHEN,
    ASKS_HOW_MUCH,
    ASKS_HOW_MANY,
    ASKS_WHO,
    ASKS_WHERE,
    ASKS_WHY,
    ASKS_WHAT, /* anything: "what", "which", "how" */
    ASKS_LIST, /* "list all", "what are the" */
    ASKS_SUMMARY,
    /* Nouns of what is asked for. */
    MEANS_DATE,
    MEANS_AMOUNT,
    MEANS_NUMBER,
    MEANS_PERSON,
    MEANS_PLACE,
    MEANS_REASON,
    /* Others. */
    IS_FILLER,   /* "please", "tell me", "mentioned": says nothing of what is looked for */
    IS_DOCUMENT, /* "document", "invoice": a word that the document itself need not say */
    IS_AND,
    IS_OF,
    IS_BACK,  /* "it", "they", "this": means what an earlier turn named */
    IS_START, /* "what about": begins a question that goes on from the turn before */
    IS_PAGE,  /* a page's number stands beside it */
    QUESTION_ROLE_COUNT,
} question_role;

struct question_words {
    const char *language;                     /* ISO 639-1 */
    const char *phrases[QUESTION_ROLE_COUNT]; /* NULL: none */
};

/* Those of a language; English ones where there are none of it. */
const struct question_words *question_words_of(const char *language);
/* All of them, for what follows the document's language rather than the question's. */
const struct question_words *question_words_all(size_t *ret_count);

struct str question_phrases(const struct question_words *words, question_role role);
