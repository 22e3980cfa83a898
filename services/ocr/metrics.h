#pragma once

/*
 * What the ocr process counts, and how it is told to Prometheus. Thread rule: any thread.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "lib/admin/histogram.h"
#include "lib/base/str.h"
#include "services/ocr/store_queue.h"

struct metrics {
    atomic_llong pages_read;
    atomic_llong pages_failed;
    struct histogram page_duration; /* of pages that were read, in the workers */
    struct histogram queue_wait;    /* of pages that are leased for the first time */
    atomic_llong workers, workers_busy;
    atomic_llong worker_deaths;
    atomic_llong worker_replacements;
    atomic_llong jobs_submitted;
    atomic_llong jobs_refused;
    atomic_llong jobs_settled;
    atomic_llong settle_failures;
    atomic_llong webhooks_delivered;
    atomic_llong webhook_failures; /* attempts */
    atomic_llong webhooks_given_up;
};

/* Appends everything in Prometheus text format; `depths` may be NULL when the queue cannot be
 * asked. What does not fit is left out. */
void metrics_write(struct metrics *metrics, const struct queue_depth *depths, size_t depth_count,
                   struct buf *out);
