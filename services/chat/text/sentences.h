#pragma once

/*
 * Sentences of a text (ICU's sentence break iterator, UAX #29), without those breaks that
 * abbreviations, initials, ordinals and list markers make. Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

struct sentence {
    uint32_t offset; /* bytes of the text; without white space around it */
    uint32_t length;
};

/* @language: as in words_cut(). The sentences, in order, live in the arena. */
status_code sentences_cut(struct str text, struct str language, struct arena *arena,
                          const struct sentence **ret_sentences, size_t *ret_count,
                          struct status *st) _must_check_;
