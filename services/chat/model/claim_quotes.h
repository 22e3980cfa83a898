#pragma once

/*
 * The quotes of a claim: whether they stand in the passages that they are said to be of, and the
 * sentences, lines and rows that they are taken from. Private to model/. Thread rule: one thread at
 * a time.
 */

#include "services/chat/model/claim.h"
#include "services/chat/model/claim_match.h"

/* Whether a text stands word for word in any passage that the claim names; all must be given. */
status_code claim_quote_stands(struct given *given, const struct claim *claim, struct str text,
                               bool *ret_stands, struct status *st) _must_check_;

/* Whether all quotes of its marks, each in its passage, and all that it has in quotation marks, in
 * any of them, do. */
status_code claim_quotes_stand(struct given *given, const struct claim *claim, bool *ret_stand,
                               struct status *st) _must_check_;

/*
 * The units that those quotes of its marks are of which do stand in their passages, each unit once:
 * whole ones, for half a sentence may say what the whole does not.
 */
status_code claim_quotes_find(struct given *given, const struct claim *claim,
                              struct claim_ground ret_grounds[static CLAIM_MARKS_MAX],
                              size_t *ret_count, struct status *st) _must_check_;
