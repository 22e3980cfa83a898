#pragma once

/*
 * What is counted of the calls of an endpoint. Thread rule: any thread.
 */

#include <stdatomic.h>
#include <stdint.h>

enum { ENDPOINT_TIME_BUCKETS = 8 };

/* How an attempt ended. */
typedef enum {
    ENDPOINT_OK,
    ENDPOINT_REFUSED,     /* an HTTP status that is no success */
    ENDPOINT_UNREACHABLE, /* no connection */
    ENDPOINT_TIMEOUT,
    ENDPOINT_BROKEN, /* malformed, cut short, an error within the answer */
    ENDPOINT_TOO_LONG,
    ENDPOINT_LOOPS, /* the text repeated itself */
    ENDPOINT_INTERRUPTED,
    ENDPOINT_ENDS,
} endpoint_end;

struct endpoint_counts {
    atomic_llong ends[ENDPOINT_ENDS];
    /* By bucket; the last one takes what is over all. */
    atomic_llong times[ENDPOINT_TIME_BUCKETS + 1];
    atomic_llong time_ns;
    atomic_llong retries;
    atomic_llong calls_now;
};

/* "ok", "refused": as metrics and traces say it. */
const char *endpoint_end_name(endpoint_end end);

void endpoint_counts_add(struct endpoint_counts *counts, endpoint_end end, int64_t time_ns);
