#include "lib/base/wait.h"

#include <errno.h>
#include <time.h>

#include "lib/base/clock.h"

void wait_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline)
{
    if (deadline == TIME_NEVER) {
        pthread_cond_wait(condition, lock);
        return true;
    }
    /* By what is left, since time_mono() may be offset in tests. */
    int64_t left_ns = deadline - time_mono();
    if (left_ns <= 0)
        return false;
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += left_ns / NANOSECONDS_PER_SECOND;
    until.tv_nsec += left_ns % NANOSECONDS_PER_SECOND;
    if (until.tv_nsec >= NANOSECONDS_PER_SECOND) {
        until.tv_sec++;
        until.tv_nsec -= NANOSECONDS_PER_SECOND;
    }
    return pthread_cond_timedwait(condition, lock, &until) != ETIMEDOUT;
}
