#pragma once

/*
 * What kind of thing a question asks for, by its words. Private to question/. Thread rule: any
 * thread.
 */

#include "services/chat/question/question.h"
#include "services/chat/question/question_words.h"

/* Words of a role say a kind. */
struct kind_word {
    question_role role;
    answer_kind kind;
};

enum { KINDS_ASKED = 8, KINDS_MEANT = 6 };
extern const struct kind_word kinds_asked[KINDS_ASKED]; /* "when", "how much" */
extern const struct kind_word kinds_meant[KINDS_MEANT]; /* "date", "price" */

/*
 * The kind by the word that asks: the first one, for others belong to clauses
 * ("what happens when"). False: none does.
 *
 * @anywhere: words that ask may stand anywhere in the sentence.
 */
bool kind_asked(const struct question_words *words, bool anywhere, struct str folded,
                answer_kind *ret_kind);
/* The kind by a word that means one: the first one. */
bool kind_meant(const struct question_words *words, struct str folded, answer_kind *ret_kind);
