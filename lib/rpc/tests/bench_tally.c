#include "lib/rpc/tests/bench_tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"

enum {
    WARM_UP_MS = 1000,
    TIMES_FIRST = 1 << 16,
    PERCENT = 100,
    P99 = 99,
};

void bench_die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void bench_tally_init(struct bench_tally *tally, int seconds)
{
    *tally = (struct bench_tally){.begin = time_mono_after_ms(WARM_UP_MS)};
    tally->end = tally->begin + seconds * NANOSECONDS_PER_SECOND;
}

void bench_tally_deinit(struct bench_tally *tally)
{
    free(tally->times_ns);
}

static void grow(struct bench_tally *tally)
{
    size_t capacity = tally->capacity == 0 ? TIMES_FIRST : tally->capacity * 2;
    int64_t *times_ns = reallocarray(tally->times_ns, capacity, sizeof(times_ns[0]));

    if (times_ns == NULL)
        bench_die("out of memory");
    tally->times_ns = times_ns;
    tally->capacity = capacity;
}

bool bench_tally_add(struct bench_tally *tally, int64_t sent)
{
    int64_t now = time_mono();

    if (sent < tally->begin) {
        tally->before++;
    } else {
        if (tally->count == tally->capacity)
            grow(tally);
        tally->times_ns[tally->count++] = now - sent;
    }
    return now < tally->end;
}

static int compare(const void *left_data, const void *right_data)
{
    const int64_t *left = left_data, *right = right_data;

    return (*left > *right) - (*left < *right);
}

static double microseconds(const struct bench_tally *tally, size_t percent)
{
    return (double)tally->times_ns[tally->count * percent / PERCENT] / 1e3;
}

void bench_tally_print(struct bench_tally *tally)
{
    if (tally->count == 0)
        bench_die("nothing was measured");
    qsort(tally->times_ns, tally->count, sizeof(tally->times_ns[0]), compare);
    (void)printf("{\"calls\": %zu, \"all\": %" PRId64 ", \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
                 tally->count, (int64_t)tally->count + tally->before,
                 microseconds(tally, PERCENT / 2), microseconds(tally, P99));
}
