#include "lib/endpoint/breaker.h"

#include "lib/base/clock.h"

void breaker_init(struct breaker *breaker, int failures_max, int64_t pause_ms)
{
    *breaker = (struct breaker){
        .failures_max = failures_max, .pause_ms = pause_ms, .next_pause_ms = pause_ms};
    pthread_mutex_init(&breaker->lock, NULL);
}

void breaker_deinit(struct breaker *breaker)
{
    pthread_mutex_destroy(&breaker->lock);
}

bool breaker_enter(struct breaker *breaker, bool *ret_is_probe)
{
    pthread_mutex_lock(&breaker->lock);
    bool is_open = breaker->open_until_ns != 0;
    bool is_probe = is_open && !breaker->is_probing && time_mono() >= breaker->open_until_ns;
    breaker->is_probing = breaker->is_probing || is_probe;
    pthread_mutex_unlock(&breaker->lock);
    *ret_is_probe = is_probe;
    return !is_open || is_probe;
}

/* With the lock held. */
static void open_breaker(struct breaker *breaker)
{
    const int64_t pause_max_ms = breaker->pause_ms * BREAKER_PAUSE_FACTOR_MAX;

    breaker->open_until_ns = time_mono_after_ms(breaker->next_pause_ms);
    breaker->next_pause_ms =
        breaker->next_pause_ms * 2 < pause_max_ms ? breaker->next_pause_ms * 2 : pause_max_ms;
    breaker->openings++;
}

void breaker_leave(struct breaker *breaker, bool is_probe, breaker_outcome outcome)
{
    pthread_mutex_lock(&breaker->lock);
    bool is_open = breaker->open_until_ns != 0;
    if (outcome == BREAKER_SUCCESS) {
        breaker->failures = 0;
        breaker->open_until_ns = 0;
        breaker->next_pause_ms = breaker->pause_ms;
    } else if (outcome == BREAKER_FAILURE) {
        breaker->failures++;
        /* A call that began before the breaker opened does not open it anew. */
        if (is_probe || (!is_open && breaker->failures >= breaker->failures_max))
            open_breaker(breaker);
    }
    if (is_probe)
        breaker->is_probing = false;
    pthread_mutex_unlock(&breaker->lock);
}

bool breaker_is_open(struct breaker *breaker, int64_t *ret_openings)
{
    pthread_mutex_lock(&breaker->lock);
    bool is_open = breaker->open_until_ns != 0;
    *ret_openings = breaker->openings;
    pthread_mutex_unlock(&breaker->lock);
    return is_open;
}
