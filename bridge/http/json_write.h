#pragma once

/*
 * Writing JSON (RFC 8259) into a buffer: strings, numbers, names and commas.
 *
 * A value is preceded by a comma where one is due: the writer looks at what stands before it, so
 * that callers only name things in order. Every function returns false when the buffer is full.
 * Thread rule: one thread at a time.
 */

#include "lib/base/str.h"

/* A string in quotes, its text as json_text_next() cuts it. */
bool json_write_string(struct buf *out, struct str text) _must_check_;
/* The same without the quotes: for strings that are written piece by piece. A sequence that a cut
 * between two pieces divides counts as invalid. */
bool json_write_escaped(struct buf *out, struct str text) _must_check_;
bool json_write_integer(struct buf *out, int64_t value) _must_check_;
/* As json_text_real(). */
bool json_write_real(struct buf *out, double value) _must_check_;
bool json_write_boolean(struct buf *out, bool value) _must_check_;
bool json_write_null(struct buf *out) _must_check_;
/* RFC 3339 in UTC from nanoseconds since 1970. */
bool json_write_time(struct buf *out, int64_t wall_ns) _must_check_;

/* "name": with the comma before it. `name` needs no escaping. */
bool json_write_name(struct buf *out, const char *name) _must_check_;
bool json_write_begin_object(struct buf *out) _must_check_;
bool json_write_end_object(struct buf *out) _must_check_;
bool json_write_begin_array(struct buf *out) _must_check_;
bool json_write_end_array(struct buf *out) _must_check_;
