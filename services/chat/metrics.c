#include "services/chat/metrics.h"

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

static void add(atomic_llong *counter, int64_t amount)
{
    (void)atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static int64_t read_counter(const atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static double seconds(const atomic_llong *counter_ns)
{
    return (double)read_counter(counter_ns) / (double)NANOSECONDS_PER_SECOND;
}

void metrics_answer(struct metrics *metrics, const struct message *answer, int64_t duration_ns)
{
    add(&metrics->answers[answer->source][answer->is_grounded], 1);
    histogram_add(&metrics->answer_duration, duration_ns);
}

void metrics_replay(struct metrics *metrics)
{
    add(&metrics->replays, 1);
}

void metrics_citations_dropped(struct metrics *metrics, int64_t count)
{
    add(&metrics->citations_dropped, count);
}

void metrics_index_build(struct metrics *metrics, bool is_built, int64_t duration_ns)
{
    add(is_built ? &metrics->index_builds : &metrics->index_build_failures, 1);
    add(&metrics->index_build_time_ns, duration_ns);
}

static void write_cache(const struct document_cache_counts *cache, struct buf *out)
{
    prometheus_head(out, "ocrmesh_chat_cache_bytes", "gauge", "Document indexes in memory.");
    prometheus_integer(out, cache->bytes, "ocrmesh_chat_cache_bytes");
    prometheus_head(out, "ocrmesh_chat_cache_used_bytes", "gauge",
                    "Of these, those that are in use, which the cache's limit does not bind.");
    prometheus_integer(out, cache->used_bytes, "ocrmesh_chat_cache_used_bytes");
    prometheus_head(out, "ocrmesh_chat_cache_documents", "gauge", "Documents in memory.");
    prometheus_integer(out, cache->documents, "ocrmesh_chat_cache_documents");
    prometheus_counter(out, "ocrmesh_chat_cache_hits_total",
                       "Documents that were in memory when they were asked for.", cache->hits);
    prometheus_counter(out, "ocrmesh_chat_cache_misses_total",
                       "Documents that were not, and were read or indexed.", cache->misses);
}

void metrics_write(struct metrics *metrics, const struct document_cache_counts *cache,
                   struct buf *out)
{
    static const char *const sources[SOURCE_COUNT] = {
        [SOURCE_EXTRACTIVE] = "extractive",
        [SOURCE_MODEL] = "model",
        [SOURCE_FALLBACK] = "fallback",
    };

    prometheus_head(out, "ocrmesh_chat_answers_total", "counter",
                    "Questions that were answered, or that the document does not answer.");
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        for (size_t grounded = 0; grounded < 2; grounded++)
            prometheus_integer(out, read_counter(&metrics->answers[i][grounded]),
                               "ocrmesh_chat_answers_total{source=\"%s\",grounded=\"%s\"}",
                               sources[i], grounded ? "true" : "false");
    prometheus_head(out, "ocrmesh_chat_answer_duration_seconds", "histogram",
                    "From the question to its answer.");
    histogram_write(&metrics->answer_duration, out, "ocrmesh_chat_answer_duration_seconds", "");
    prometheus_counter(out, "ocrmesh_chat_replays_total",
                       "Answers that were given again for a request id.",
                       read_counter(&metrics->replays));
    prometheus_counter(out, "ocrmesh_chat_citations_dropped_total",
                       "Citations that did not stand on their page.",
                       read_counter(&metrics->citations_dropped));
    prometheus_counter(out, "ocrmesh_chat_index_builds_total", "Documents that were indexed.",
                       read_counter(&metrics->index_builds));
    prometheus_counter(out, "ocrmesh_chat_index_build_failures_total",
                       "Documents that could not be indexed.",
                       read_counter(&metrics->index_build_failures));
    prometheus_head(out, "ocrmesh_chat_index_build_seconds_total", "counter",
                    "Time that indexing took.");
    prometheus_real(out, seconds(&metrics->index_build_time_ns),
                    "ocrmesh_chat_index_build_seconds_total");
    write_cache(cache, out);
}
