#pragma once

/*
 * Texts as the pieces of the model's vocabulary: those whose scores together are highest, found by
 * dynamic programming (T. Kudo, "Subword Regularization", 2018: the unigram model). A space stands
 * before the text, spaces are the sign U+2581, several are one; code points are replaced first as
 * the vocabulary says. A code point that no piece begins with is the unknown piece.
 *
 * Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/embed/pack.h"

struct pieces;

/* @pack: borrowed. UNAVAILABLE MODEL_UNAVAILABLE when its vocabulary does not hold together. */
status_code pieces_new(const struct pack *pack, struct pieces **ret_pieces,
                       struct status *st) _must_check_;
void pieces_free(struct pieces *pieces);
DEFINE_CLEANUP(struct pieces *, pieces)

/*
 * @text: UTF-8, at most 64 KiB; invalid bytes are unknown.
 *
 * The pieces' numbers, in order, in the arena. RESOURCE_EXHAUSTED at its limit.
 */
status_code pieces_cut(const struct pieces *pieces, struct str text, struct arena *arena,
                       const uint32_t **ret_numbers, size_t *ret_count,
                       struct status *st) _must_check_;
