#pragma once

/*
 * A part of a file as it is made: so many bytes at the start are left out, and nothing is passed on
 * beyond a number of bytes. One thread at a time.
 */

#include "services/export/sink.h"

/* In the caller's memory; the members are the module's own. */
struct file_window {
    sink_write_function write;
    void *arg;
    int64_t left_out; /* bytes still to be dropped */
    int64_t left;     /* bytes still to be passed on; INT64_MAX: all */
    int64_t seen;     /* bytes of the file so far */
};

/* @first: how many bytes to leave out. @limit: how many to pass on; 0: all that follow.
 * @write: NULL drops everything, to see how long the file is. */
void file_window_init(struct file_window *window, sink_write_function write, void *arg,
                      int64_t first, int64_t limit);

/* A sink_write_function; @arg is the window. */
status_code file_window_write(void *arg, const void *data, size_t length, struct status *st);

/* True when no byte of what follows would be passed on: the file need not be made any further. */
bool file_window_is_full(const struct file_window *window);
/* Bytes of the file so far. */
int64_t file_window_size(const struct file_window *window);
