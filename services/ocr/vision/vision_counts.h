#pragma once

/*
 * What is counted of the calls of a vision endpoint. Thread rule: any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum { VISION_TIME_BUCKETS = 8 };

/* How an attempt ended. */
typedef enum {
    VISION_OK,
    VISION_REFUSED,     /* an HTTP status that is no success */
    VISION_UNREACHABLE, /* no connection */
    VISION_TIMEOUT,
    VISION_BROKEN, /* malformed, cut short, an error within the answer */
    VISION_TOO_LONG,
    VISION_LOOPS, /* the text repeated itself */
    VISION_INTERRUPTED,
    VISION_ENDS,
} vision_end;

struct vision_counts {
    atomic_llong ends[VISION_ENDS];
    atomic_llong
        times[VISION_TIME_BUCKETS + 1]; /* by bucket; the last one takes what is over all */
    atomic_llong time_ns;
    atomic_llong retries;
    atomic_llong calls_now;
    atomic_llong pages_of_model;
    atomic_llong pages_without;
};

void vision_counts_add(struct vision_counts *counts, vision_end end, int64_t time_ns);

/* @is_open, @openings: of the breaker. */
void vision_counts_write(const struct vision_counts *counts, bool is_open, int64_t openings,
                         struct buf *out);
