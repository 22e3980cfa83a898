#pragma once

/*
 * Whether one more submission would be read in time: admission by the time that its first page
 * would wait (design: Overload).
 *
 * Ahead of a page are all pages of higher priority, and of its own priority one of each caller for
 * each page that its caller has waiting already, for callers take turns (store_queue.h). That many,
 * over the lanes of all processes, times what a page takes here, is its wait. A caller with a
 * thousand pages so waits long for the next ones, and lets nobody else wait. Those of higher
 * priority go on coming: the lanes that they had lately, on average, do not count.
 *
 * The queue is looked at once a second at most, and never so often that all processes together keep
 * the database busy with it for more than about a tenth of the time of one processor. Thread rule:
 * any thread; one of them looks, the others go by what was seen before.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/store_queue.h"

struct db;
struct metrics;
struct queue_forecast;

struct queue_forecast_options {
    struct db *db;                 /* borrowed */
    const struct metrics *metrics; /* how long pages take here; borrowed */
    int lanes;                     /* of this process */
    int64_t pages_max;             /* that may wait or be at work at once */
    int64_t wait_max_ms;           /* 0: as long as it takes */
};

status_code queue_forecast_new(const struct queue_forecast_options *options,
                               struct queue_forecast **ret_forecast,
                               struct status *st) _must_check_;
void queue_forecast_free(struct queue_forecast *forecast);
DEFINE_CLEANUP(struct queue_forecast *, queue_forecast)

/* Fails with RESOURCE_EXHAUSTED QUEUE_FULL and a time to wait when there are `pages_max` pages, or
 * when a page of this caller would wait for longer than `wait_max_ms`. Until a page was read here
 * nobody knows how long one takes, and nobody is refused for that. */
status_code queue_forecast_admit(struct queue_forecast *forecast, const char *principal_key,
                                 int32_t priority, int64_t deadline,
                                 struct status *st) _must_check_;

/* What was admitted is over: its pages are in the queue, or it has failed. */
void queue_forecast_leave(struct queue_forecast *forecast);

/* --- what it computes with --- */

/* Pages that are read before the next one of a caller with `own_pages` waiting at `rank`. */
int64_t queue_forecast_ahead(const struct queue_load *load, int32_t rank, int64_t own_pages);

/* Callers come back: of those that waited at the look before nine tenths count, where fewer wait
 * now. Each of them has a turn before every further page of who has pages waiting. */
void queue_forecast_remember_callers(struct queue_load *load, const struct queue_load *before);

/* What the lanes were at lately: ranks, and their shares of the pages at work. */
struct queue_shares {
    size_t count;
    struct {
        int32_t rank;
        double share;
    } ranks[QUEUE_LINES_MAX];
};

/* Adds a look at the queue; older ones count less and less, one of ten looks ago a third. Where
 * nothing waits, lanes are idle, and nobody keeps them from anybody. */
void queue_forecast_learn_shares(struct queue_shares *shares, const struct queue_load *load);
/* The share of the lanes that is left for `rank`, at least a twentieth. */
double queue_forecast_share_left(const struct queue_shares *shares, int32_t rank);
