#pragma once

/*
 * Whether a caller, who is known already (caller.h), may submit a file, as far as the request's
 * head tells: settled before the body is read (API: B5).
 *
 * A body that is declared larger than the plan's limit for a file, with room
 * for the form around it, is 400; and a caller with no page left is 402 where the body is worth
 * saving: a large one, one of unknown length, or one that the client holds back until it is asked
 * for. A repeated submission (Idempotency-Key) costs nothing, so it is let through.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

enum {
    SUBMIT_CALLER_FORM_BYTES = 1 << 20,     /* what a form may add to its file */
    SUBMIT_CALLER_SMALL_BYTES = 256 * 1024, /* bodies up to this are read without a question */
};

/* Calls `on_allowed` with the most that a file of this caller may have (0: no limit), or answers
 * the exchange. */
void submit_caller_check(struct exchange *exchange,
                         void (*on_allowed)(struct exchange *exchange, int64_t file_max_bytes,
                                            void *data),
                         void *data);
