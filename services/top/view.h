#pragma once

/*
 * What `ocrmesh-top` shows of the processes: text, a line each. Thread rule: one thread a buffer.
 */

#include "services/top/sample_set.h"

enum { VIEW_METHODS_MAX = 10 };

typedef enum { PROCESS_AWAY, PROCESS_NOT_READY, PROCESS_READY } process_state;

struct process {
    const char *name;    /* "bridge", "ocr", "billing", "export", "chat" */
    const char *address; /* of its admin port */
    process_state state;
    struct sample_set now, before;
};

/* Appends the whole view; lines are cut at `columns`, 0: not. False when `out` is full. */
bool view_write(const struct process *processes, size_t count, int columns,
                struct buf *out) _must_check_;
