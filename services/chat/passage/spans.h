#pragma once

/*
 * A passage in stretches of a few sentences or rows, for what looks closer than at a whole passage:
 * one fact among ten others is hard to see in the embedding of them all.
 *
 * Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/passage/passage.h"

enum {
    PASSAGE_SPAN_WORDS = 20, /* about; a sentence or a row is never cut */
    PASSAGE_SPANS_MAX = 8,   /* of a passage: those of a long one are longer */
};

/* Bytes of the passage's text. */
struct passage_span {
    uint32_t offset;
    uint32_t length;
};

/*
 * At least one, in order; together they are the text but for white space between sentences.
 *
 * @limit_bytes: of the text; what begins behind it is left out.
 */
status_code passage_spans_cut(const struct passage *passage, size_t limit_bytes,
                              struct arena *arena,
                              struct passage_span ret_spans[static PASSAGE_SPANS_MAX],
                              size_t *ret_count, struct status *st) _must_check_;
