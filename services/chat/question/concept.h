#pragma once

/*
 * What forms have a label for - a total, a due date, a telephone number - and the names that it
 * goes by in questions and on forms, whatever the language of either: "total" is answered by
 * "Gesamtbetrag", "due date" by "Zahlbar bis".
 *
 * Thread rule: any thread; the table is static.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/chat/question/phrases.h"
#include "services/chat/question/question.h"

/* What a value must hold to be one. */
typedef enum {
    CONCEPT_TEXT,
    CONCEPT_IDENTIFIER, /* a digit */
    CONCEPT_DATE,
    CONCEPT_AMOUNT,
    CONCEPT_PARTY, /* letters */
    CONCEPT_PHONE,
    CONCEPT_EMAIL,
    CONCEPT_WEB,
} concept_value;

struct concept
{
    const char *name; /* that of lib/forms where forms are read for it too */
    concept_value value;
    answer_kind kind;
    const char *phrases; /* further ones, for questions and labels */
};

/* The concepts that a text names, each by its longest phrase, in the order of the text. */
struct concept_mention {
    const struct concept *concept;
    size_t begin; /* bytes of the folded text */
    size_t end;
};

enum { CONCEPT_MENTIONS_MAX = 8 };

/* Of a question. Phrases that say as much as other words do ("from", "to") do not count. */
size_t concepts_mentioned(struct str folded, struct concept_mention ret_mentions[],
                          size_t mentions_max);

/*
 * How well a label is that of a concept: 1 when it is one of its names, less when it holds one and
 * other words, 0 when it is none or rather another concept's ("total tax" is no total).
 */
float concept_fits_label(const struct concept *concept, struct str folded_label);

/* Whether another concept has a longer name in a label. */
bool concept_is_anothers(const struct concept *concept, struct str folded_label);

/* Whether one of its names of more than a few letters stands in a text. */
bool concept_is_in(const struct concept *concept, struct str folded, size_t *ret_begin,
                   size_t *ret_end);

/* The longest of its names that a text begins with at a byte. */
bool concept_begins(const struct concept *concept, struct str folded, size_t at, size_t *ret_end);

/* All its names, one after another: its own phrases, then the labels that lib/forms has of it. */
struct concept_names {
    const struct concept *concept;
    struct str own;
    const struct label_field *fields;
    size_t field_count;
    size_t field;
    size_t phrase;
    bool is_label; /* the last one was of lib/forms */
};

struct concept_names concept_names_of(const struct concept *concept);
bool concept_names_next(struct concept_names *names, struct str *ret_name);
