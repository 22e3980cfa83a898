#pragma once

/*
 * What a client would like, where it need not be done: the header field Prefer (RFC 7240).
 *
 * Preferences that are not known, or that make no sense, are passed over; of two with one name the
 * first counts (RFC 7240 §2). Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct exchange;

enum { PREFER_UNSAID = -1 };

struct prefer {
    bool is_async;        /* "respond-async": an answer at once rather than a whole one */
    int64_t wait_seconds; /* "wait=N", or PREFER_UNSAID */
};

void prefer_read(const struct exchange *exchange, struct prefer *ret_prefer);
