#pragma once

/*
 * Whether one unit of a passage has all that a part of a claim says, and tells it alike. The rules
 * stand in claim_match.h. Private to model/. Thread rule: any thread.
 */

#include "services/chat/model/claim_match.h"

/* A claim, or what stands between two commas of it. */
struct claim_part {
    struct str claim; /* that words are cut from */
    struct str text;  /* the part alone, signs before its numbers included */
    const struct word *words;
    size_t word_count;
    const struct word *items[CLAIM_ITEMS_MAX]; /* of these, those that must stand in the unit */
    size_t item_count;
};

/* False when the unit does not have the part's words; else *ret_ground is the unit, or the cell of
 * it that has them. */
bool claim_unit_bears_out(const struct claim_part *part, const struct given_passage *passage,
                          const struct given_unit *unit, struct claim_ground *ret_ground);
