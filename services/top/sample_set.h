#pragma once

/*
 * The metrics of one process at one moment, as its admin port tells them (Prometheus text), and
 * what lies between two such moments: rates and quantiles of durations.
 *
 * A filter is a piece of the labels' text, such as `state="waiting"` or `status="5`; "" takes all.
 * A set without samples is one of a process that did not answer. Thread rule: values.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

enum {
    SAMPLE_TEXT_MAX_BYTES = 4 << 20,
    SAMPLES_MAX = 16384, /* further ones are not looked at */
};

struct sample {
    struct str name, labels; /* of the set's text; labels without braces */
    double value;
};

struct sample_set {
    struct buf text;
    struct sample *samples; /* NULL: none */
    size_t count;
    int64_t time; /* monotonic nanoseconds */
};

/* @text: taken. False when memory is short; the set is empty then. */
bool sample_set_init(struct sample_set *set, struct buf text, int64_t time) _must_check_;
void sample_set_deinit(struct sample_set *set);

/* All samples of that name and filter. */
double sample_set_sum(const struct sample_set *set, const char *name, const char *filter);

/* How much the sum grew a second; what has begun anew counts from zero. 0 without two sets. */
double sample_set_rate(const struct sample_set *now, const struct sample_set *before,
                       const char *name, const char *filter);

/*
 * Quantile of the durations between two sets, in seconds, as histogram_quantile() of Prometheus
 * computes it: evenly spread within a bucket. Negative when there were none.
 */
double sample_set_quantile(const struct sample_set *now, const struct sample_set *before,
                           const char *histogram, const char *filter, double quantile);

/* The value of a label; false when it has none of that name. */
bool sample_label(const struct sample *sample, const char *name, struct str *ret_value);
