#pragma once

/*
 * What a client of `./ocrmesh bench rpc` counts: exchanges, and how long each took. The first
 * second only warms up. Thread rule: one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_tally {
    int64_t begin, end; /* monotonic; what is sent between them is measured */
    int64_t before;     /* exchanges that were sent earlier */
    int64_t *times_ns;  /* ours */
    size_t count, capacity;
};

/* Begins now. */
void bench_tally_init(struct bench_tally *tally, int seconds);
void bench_tally_deinit(struct bench_tally *tally);
/* One exchange, sent then, is over. Tells whether there is to be another one. Ends the program when
 * memory is short. */
bool bench_tally_add(struct bench_tally *tally, int64_t sent);
/* Prints {"calls", "all", "p50_us", "p99_us"}: in the measured time, with the warm-up; ends the
 * program where nothing was measured. */
void bench_tally_print(struct bench_tally *tally);

/* Prints why, and ends the program. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
