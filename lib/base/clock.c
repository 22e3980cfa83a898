#include "lib/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t offset_for_test;

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};

    (void)clock_gettime(id, &now); /* cannot fail for these two clocks */
    return now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec +
           atomic_load_explicit(&offset_for_test, memory_order_relaxed);
}

int64_t time_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t time_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t time_mono_after_ms(int64_t ms)
{
    int64_t delta, result;

    if (__builtin_mul_overflow(ms, NANOSECONDS_PER_MS, &delta) ||
        __builtin_add_overflow(time_mono(), delta, &result))
        return ms < 0 ? INT64_MIN : TIME_NEVER;
    return result;
}

void time_set_offset_for_test(int64_t offset_ns)
{
    atomic_store(&offset_for_test, offset_ns);
}

void time_format_rfc3339(int64_t wall_ns, char ret_text[static TIME_RFC3339_SIZE])
{
    /* Floored division: times before 1970 count up within their second, too. */
    int64_t seconds = wall_ns / NANOSECONDS_PER_SECOND;
    int64_t rest = wall_ns % NANOSECONDS_PER_SECOND;
    if (rest < 0) {
        rest += NANOSECONDS_PER_SECOND;
        seconds--;
    }

    time_t clock_seconds = (time_t)seconds;
    struct tm tm;
    (void)gmtime_r(&clock_seconds, &tm); /* an int64_t of nanoseconds is within 1677..2262 */
    size_t length = strftime(ret_text, TIME_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(ret_text + length, TIME_RFC3339_SIZE - length, ".%06dZ", (int)(rest / 1000));
}
