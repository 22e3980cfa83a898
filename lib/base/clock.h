#pragma once

/*
 * Time as int64_t nanoseconds, from one module, so that tests can set it.
 *
 * Thread rule: any thread.
 */

#include <stdint.h>

#define NANOSECONDS_PER_SECOND INT64_C(1000000000)
#define NANOSECONDS_PER_MS     INT64_C(1000000)

/* "No deadline" wherever a deadline in monotonic nanoseconds is taken. */
#define TIME_NEVER INT64_MAX

/* Monotonic clock, for durations and deadlines. */
int64_t time_mono(void);
/* Nanoseconds since 1970-01-01T00:00:00Z. */
int64_t time_wall(void);
/* time_mono() + ms, saturated to TIME_NEVER. */
int64_t time_mono_after_ms(int64_t ms);

/* For tests: added to both clocks. */
void time_set_offset_for_test(int64_t offset_ns);

enum { TIME_RFC3339_SIZE = 32 };
/* Writes "2026-01-31T09:08:07.123456Z" (UTC, RFC 3339). */
void time_format_rfc3339(int64_t wall_ns, char ret_text[static TIME_RFC3339_SIZE]);
