#pragma once

/*
 * Condition variables on the monotonic clock, as deadlines here are in it.
 * Thread rule: as pthread_cond_t.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* To be destroyed with pthread_cond_destroy(). */
void wait_init(pthread_cond_t *condition);

/* With `lock` held: waits for a signal until `deadline` (monotonic nanoseconds, TIME_NEVER: without
 * end). False when the deadline has passed; may return true without a signal. */
bool wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline);
