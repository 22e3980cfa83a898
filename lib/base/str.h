#pragma once

/*
 * Strings with a length, and buffers that grow up to a maximum.
 *
 * `struct str` is a borrowed view: it owns nothing and need not end in NUL. `struct buf` owns its
 * bytes, keeps a NUL after the last one, and refuses to grow beyond the maximum that it was made
 * with. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* View of a C string; NULL gives the empty view. */
struct str str_of(const char *text);
bool str_equal(struct str a, struct str b);
/* ASCII letters alike in both cases. */
bool str_equal_nocase(struct str a, struct str b);
bool str_starts_with(struct str text, struct str prefix);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str text);
/* Cuts *rest at the first `separator`: returns what stood before it, leaves what follows.
 * False when *rest was used up (*rest has p == NULL then). */
bool str_next_token(struct str *rest, char separator, struct str *ret_token);
/* Decimal integer over the whole view, optional sign; false on anything else or on overflow. */
bool str_to_int64(struct str text, int64_t *ret_value);

struct buf {
    char *data;    /* NUL-terminated; NULL while empty and never grown */
    size_t length; /* without the NUL */
    size_t capacity;
    size_t max_bytes;
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_deinit(struct buf *buf);

/* All of these return false, and change nothing, at the maximum or when out of memory. */
bool buf_reserve(struct buf *buf, size_t extra_bytes) _must_check_;
bool buf_append(struct buf *buf, const void *data, size_t length) _must_check_;
bool buf_append_str(struct buf *buf, const char *text) _must_check_;
bool buf_append_char(struct buf *buf, char c) _must_check_;
bool buf_printf(struct buf *buf, const char *format, ...) _printf_(2, 3) _must_check_;

/* Gives back what is not filled, where memory can be moved. */
void buf_trim(struct buf *buf);
/* Drops the first `length` bytes. */
void buf_consume(struct buf *buf, size_t length);
void buf_clear(struct buf *buf);
/* View of the content; lives until the next change. */
struct str buf_str(const struct buf *buf);
