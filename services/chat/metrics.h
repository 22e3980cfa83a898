#pragma once

/*
 * What the chat process counts, and how it is told to Prometheus. Zero is a start. Thread rule: any
 * thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/admin/histogram.h"
#include "lib/base/str.h"
#include "services/chat/conversation.h"
#include "services/chat/document_cache.h"

struct metrics {
    atomic_llong answers[SOURCE_COUNT][2]; /* by whether the document gives them */
    struct histogram answer_duration;      /* of all of them, from the question on */
    atomic_llong replays;
    atomic_llong citations_dropped;
    atomic_llong index_builds, index_build_failures, index_build_time_ns;
};

void metrics_answer(struct metrics *metrics, const struct message *answer, int64_t duration_ns);
void metrics_replay(struct metrics *metrics);
void metrics_citations_dropped(struct metrics *metrics, int64_t count);
void metrics_index_build(struct metrics *metrics, bool is_built, int64_t duration_ns);

/* Appends everything in Prometheus text format; what does not fit is left out. */
void metrics_write(struct metrics *metrics, const struct document_cache_counts *cache,
                   struct buf *out);
