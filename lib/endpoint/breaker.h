#pragma once

/*
 * A circuit breaker: once an endpoint has failed several times in a row, it is left alone for a
 * while, and then tried with one call before all others.
 *
 * Closed: calls go through. `failures_max` failures in a row open it for `pause_ms`. After the
 * pause one call at a time is let through as a probe: its success closes the breaker, its failure
 * opens it again for twice as long, up to BREAKER_PAUSE_FACTOR_MAX times the first pause.
 * After M. Nygard, "Release It!" (2007), chapter 5.
 *
 * Each call that breaker_enter() lets through is ended by exactly one breaker_leave().
 * Thread rule: any thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_PAUSE_FACTOR_MAX = 8 };

typedef enum {
    BREAKER_SUCCESS,
    BREAKER_FAILURE,
    BREAKER_UNKNOWN, /* the call was given up, or says nothing about the endpoint */
} breaker_outcome;

struct breaker {
    int failures_max;
    int64_t pause_ms;
    pthread_mutex_t lock;
    int failures;          /* in a row */
    int64_t open_until_ns; /* time_mono(); 0: closed */
    int64_t next_pause_ms;
    bool is_probing;
    int64_t openings;
};

/* @failures_max: at least 1. */
void breaker_init(struct breaker *breaker, int failures_max, int64_t pause_ms);
void breaker_deinit(struct breaker *breaker);

/* Whether a call may be made, and whether it is a probe, which breaker_leave() is to be told. */
bool breaker_enter(struct breaker *breaker, bool *ret_is_probe);
void breaker_leave(struct breaker *breaker, bool is_probe, breaker_outcome outcome);

/* Open or about to be probed; and how often it has opened so far. */
bool breaker_is_open(struct breaker *breaker, int64_t *ret_openings);
