#pragma once

/*
 * What a worker gives up before it looks at a document: memory without end, files, core dumps,
 * new privileges, and a life longer than its parent's. Thread rule: before threads are started.
 */

#include <stdbool.h>

#include "lib/base/status.h"

enum {
    /* Address space of a worker: a page of PAGE_PIXELS_MAX with all that recognition keeps of it,
     * and the models. */
    WORKER_MEMORY_MAX_MIB = 4096,
    WORKER_FILES_MAX = 64, /* open descriptors */
};

/*
 * @may_write_files: false: writing to any file fails from here on, stderr included when it is one
 *     (pipes and sockets are no files).
 *
 * Fails with INTERNAL when the kernel refuses. Under a sanitizer, memory and files stay unlimited:
 * it reserves terabytes that it never touches, and reports to stderr.
 */
status_code sandbox_enter(bool may_write_files, struct status *st) _must_check_;
