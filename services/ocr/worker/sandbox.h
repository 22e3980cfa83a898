#pragma once

/*
 * What a worker gives up before it looks at a document: memory without end, the network, new
 * processes, all files but the recognition models, core dumps, new privileges, and a life longer
 * than its parent's. Descriptors that are open already stay usable, and threads may be started,
 * which are in the sandbox with it. What only an exploit tries (exec, ptrace, namespaces, ...) ends
 * the process; any other call that computing does not need fails with EPERM.
 *
 * Where memory runs out, the kernel ends workers first. Processor time is the service's to limit
 * (worker_process.h): of a process that lives for many pages only it knows how much is too much.
 *
 * Resource limits always hold. Landlock (files) and seccomp (system calls) hold where the kernel
 * has them; sandbox_enter() says what is missing. Sanitizers reserve terabytes, read /proc, report
 * to stderr and start a helper at exit: under them memory stays unlimited and Landlock and seccomp
 * are left out.
 * Thread rule: before threads are started.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

enum {
    /* Address space of a worker: a page of PAGE_PIXELS_MAX with all that recognition keeps of it,
     * and the models. */
    WORKER_MEMORY_MAX_MIB = 4096,
    WORKER_FILES_MAX = 64, /* open descriptors */
};

/* What of the sandbox is missing: the kernel does not have it, or the build has a sanitizer. */
typedef enum {
    SANDBOX_WITHOUT_LANDLOCK = 1,
    SANDBOX_WITHOUT_SECCOMP = 2,
    SANDBOX_WITHOUT_LIMITS = 4, /* of memory and of files that are written */
} sandbox_gap;

/*
 * @models_paths: folders that may still be read; `path_count` of them; borrowed.
 * @may_write_files: false: writing to any file fails from here on, stderr included when it is one
 *     (pipes and sockets are no files).
 * @ret_gaps: a set of sandbox_gap.
 *
 * Fails with INTERNAL when the kernel refuses.
 */
status_code sandbox_enter(const char *const *models_paths, size_t path_count, bool may_write_files,
                          uint32_t *ret_gaps, struct status *st) _must_check_;
