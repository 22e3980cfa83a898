#pragma once

/*
 * Whether words stand to each other in a unit of a passage as they do in a claim. Private to
 * model/.
 *
 * "B owes A" has all the words of "A owes B", and "Alice pays 7" those of "Alice pays 5, Bob pays
 * 7". So a claim is taken to say what the unit says only where its words come in the unit's order,
 * in one way alone, where no other pair of name and number stands between two that it joins, and
 * where its numbers have the unit's signs. That is more than need be - "water is included in the
 * fee" is refused beside "the fee includes water" - and costs no more than the claim's wording: the
 * unit is quoted in its place. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/chat/model/given.h"

/* What is compared of two words: their stems, numbers with numbers alone. */
bool claim_same_word(const struct word *a, const struct word *b);

/* A word of a claim and the one that stands for it in a unit. */
struct word_pair {
    const struct word *said, *stands;
};

/*
 * @claim: the text that `items` are of, in their order; those that the unit does not have are
 *     passed over.
 * @text: that the unit's words are of.
 * @ret_pairs: where it agrees, the items that the unit has; room for CLAIM_ITEMS_MAX.
 */
bool claim_order_agrees(struct str claim, const struct word *const *items, size_t count,
                        struct str text, const struct given_unit *unit, struct word_pair *ret_pairs,
                        size_t *ret_pair_count);
