#pragma once

/*
 * The Range field (RFC 9110 §14.1, §14.2): a single range of bytes. Several ranges, other units and
 * what is not well-formed are passed over, as the standard allows: the answer is then the whole.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

struct range {
    int64_t first;  /* -1: the last `suffix` bytes */
    int64_t last;   /* inclusive; -1: to the end */
    int64_t suffix; /* with `first` -1 */
};

/* "bytes=0-499", "bytes=500-", "bytes=-500". False for anything else. */
bool range_parse(struct str value, struct range *ret_range);

/* Which bytes of `size` are meant; false when there is none of them (416). */
bool range_resolve(const struct range *range, int64_t size, int64_t *ret_first,
                   int64_t *ret_length);
