#pragma once

/*
 * Marks of passages in what a language model writes: claim.h says what they look like. Private to
 * model/. Thread rule: any thread.
 */

#include "services/chat/model/claim.h"

typedef enum {
    MARK_NONE, /* it is text */
    MARK_WHOLE,
    MARK_OPEN, /* more must come before it can be told */
} mark_state;

/*
 * Reads what begins at `text`, which a bracket does.
 *
 * @marks, @count: what is read is added; beyond CLAIM_MARKS_MAX it is read and left out. Quotes are
 * views of the text, positions are left alone.
 * @ret_length: of a whole mark, in bytes.
 */
mark_state claim_mark_read(struct str text, bool takes_bare_numbers,
                           struct claim_mark marks[static CLAIM_MARKS_MAX], size_t *count,
                           size_t *ret_length);
