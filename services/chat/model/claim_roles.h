#pragma once

/*
 * Whether who does what to whom is told in a claim as in a unit of a passage that has its words in
 * the same order. Private to model/.
 *
 * "Anna is owed 500 euros by Bruno" has the words of "Anna owes Bruno 500 euros", and "Anna is the
 * tenant of Bruno" those of "Anna's tenant is Bruno". What turns them round are small words and
 * endings, and only these are compared, for nothing is known here of what verbs mean: forms of "to
 * be" and what else makes passives, "by", "from" and "of" before names, possessors, the German
 * article's case, particles in Japanese and Hindi, and in languages whose endings tell roles all
 * endings. Where any of them differs, the roles count as not told, also where they may be the same:
 * the unit is quoted in the claim's place. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/chat/model/claim_order.h"

/* Words and the text that they are cut from. */
struct told_text {
    struct str text;
    const struct word *words;
    size_t word_count;
};

/* @pairs: words of the claim and of the unit that stand for each other, in order. @language: of the
 * unit. */
bool claim_roles_agree(const struct told_text *claim, const struct told_text *unit,
                       const struct word_pair *pairs, size_t pair_count, struct str language);
