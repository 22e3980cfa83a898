#pragma once

/*
 * The rows of a table as its block's text has them. Private to passage/. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"

struct table_rows {
    const struct str *items; /* views of the block's text; a row without text is empty */
    size_t count;
    size_t header_count; /* at the top: names of columns */
};

/* @block: with a table. False when the arena is full. */
bool table_rows_read(const Ocrmesh__Document__V1__Block *block, struct arena *arena,
                     struct table_rows *ret_rows) _must_check_;

/* Appends what cells above say of `row` too, for they reach down to it; a line each. False when
 * `out` is full. */
bool table_rows_append_spanning(const Ocrmesh__Document__V1__Table *table, size_t row,
                                struct buf *out) _must_check_;
