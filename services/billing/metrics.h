#pragma once

/*
 * What billing counts besides its calls, as Prometheus metrics (README.md has the list). Any
 * thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

struct metrics;

typedef enum {
    METRICS_RESERVATION_OPENED,
    METRICS_RESERVATION_REFUSED, /* out of pages, or a page cap */
    METRICS_RESERVATION_COMMITTED,
    METRICS_RESERVATION_RELEASED,
    METRICS_RESERVATION_EXPIRED,
    METRICS_CREDITS_CHARGED,
    METRICS_CREDITS_GRANTED,
    METRICS_CREDITS_REFUNDED,
    METRICS_ACCOUNTS_CREATED,
    METRICS_PURCHASES_BEGUN,
    METRICS_PURCHASES_PAID,
    METRICS_QUESTIONS_COUNTED, /* repeated ones each time */
    METRICS_QUESTIONS_REFUSED,
    METRICS_COUNTER_COUNT,
} metrics_counter;

struct metrics *metrics_new(void); /* NULL when out of memory */
void metrics_free(struct metrics *metrics);
DEFINE_CLEANUP(struct metrics *, metrics)

/* Counts since this process started; what was repeated counts once, save for what a database
 * failure hides. The ledger has the truth. */
void metrics_add(struct metrics *metrics, metrics_counter counter, int64_t amount);

void metrics_write(const struct metrics *metrics, struct buf *out);
