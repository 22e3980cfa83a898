#pragma once

/*
 * Whether a stretch of a claim says what one unit of a passage says. Private to model/.
 *
 * Each of its words but function words must stand in the unit, numbers, dates, amounts and names
 * included; headings above the passage may have some of them, and the head of a table's column
 * those of a value in this column. Words that turn what is said (claim_words.h) and signs of
 * currencies must agree. A unit that has all of this in another order (claim_order.h), or tells
 * otherwise who does what to whom (claim_roles.h), may say something else: it bears nothing out,
 * but may be quoted. Nothing but this is compared: what it lets through is made of the unit's own
 * words. A sentence may rest on several units where it can be parted at a comma or an "and", so
 * that each part with a number or a name has a unit of its own.
 *
 * Thread rule: one thread at a time.
 */

#include "services/chat/model/given.h"

enum {
    CLAIM_ITEMS_MAX = 64, /* words to compare; a stretch with more is not believed */
    CLAIM_PARTS_MAX = 4,
    CLAIM_PASSAGES_MAX = 64, /* that one stretch may rest on; further ones are left out */
    /* Of a sentence without marks that is looked for in all passages. */
    CLAIM_FOUND_WORDS_MIN = 2,       /* where there is a number or a name among them */
    CLAIM_FOUND_PLAIN_WORDS_MIN = 3, /* where there is none */
};

/* What bears a part out. */
struct claim_ground {
    const struct given_passage *passage;
    uint32_t offset; /* bytes of the passage's text */
    uint32_t length;
    bool is_told; /* false: the unit has the part's words in another order or other roles */
};

/*
 * @text: a sentence, or what stands between two marks of it.
 * @numbers: of the passages that it may rest on; they were given.
 * @ret_grounds: one for each part; none: it does not hold. One that is not told: it does not hold
 *     either, and this is the unit that has its words.
 */
status_code claim_match(struct given *given, struct str text, const uint32_t *numbers, size_t count,
                        struct claim_ground ret_grounds[static CLAIM_PARTS_MAX], size_t *ret_count,
                        struct status *st) _must_check_;

/* The same for a sentence that says nothing of what it rests on, and has words enough to compare:
 * one unit of all passages that were given, if one bears all of it out or has its words. */
status_code claim_match_any(struct given *given, struct str text, struct claim_ground *ret_ground,
                            bool *ret_is_found, struct status *st) _must_check_;
