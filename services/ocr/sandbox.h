#pragma once

/*
 * What a worker gives up before it looks at a document: memory without end, files, core dumps,
 * new privileges, and a life longer than its parent's. Thread rule: before threads are started.
 */

#include "lib/base/status.h"

enum {
    /* Address space of a worker: a page of PAGE_PIXELS_MAX with all that recognition keeps of it,
     * and the models. */
    WORKER_MEMORY_MAX_MIB = 4096,
    WORKER_FILES_MAX = 64, /* open descriptors */
};

/* Fails with INTERNAL when the kernel refuses. */
status_code sandbox_enter(struct status *st) _must_check_;
