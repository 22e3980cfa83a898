#pragma once

/*
 * Where a format writes its file: bytes go in in any pieces and come out as chunks of a bounded
 * size, in order.
 *
 * A failure sticks: after it everything that is written is dropped, and sink_finish() or
 * sink_check() tells why. So a format writes without looking back, and the exporter looks once a
 * page. Memory is one chunk, whatever the size of the file.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum { SINK_CHUNK_MAX_BYTES = 256 << 10 };

/* Passes a chunk on; blocks while the reader is slow. `data` is borrowed. */
typedef status_code (*sink_write_function)(void *arg, const void *data, size_t length,
                                           struct status *st);

/* In the caller's memory; the members are the module's own. */
struct sink {
    sink_write_function write;
    void *arg;
    struct buf chunk;
    bool has_failed;
    struct status failure;
};

void sink_init(struct sink *sink, sink_write_function write, void *arg);
void sink_deinit(struct sink *sink);

void sink_append(struct sink *sink, const void *data, size_t length);
void sink_append_text(struct sink *sink, const char *text);
void sink_printf(struct sink *sink, const char *format, ...) _printf_(2, 3);

/* Passes on what is there, for a reader who waits while nothing more comes for a while. */
void sink_flush(struct sink *sink);

/* Makes the writing fail with *failure, unless it has failed already. */
void sink_fail(struct sink *sink, const struct status *failure);

/* The same for want of memory. */
void sink_fail_memory(struct sink *sink);
/* The first failure, if there was one. */
status_code sink_check(const struct sink *sink, struct status *st) _must_check_;
/* Passes the last, partly filled chunk on; then as sink_check(). */
status_code sink_finish(struct sink *sink, struct status *st) _must_check_;
