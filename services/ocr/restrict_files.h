#pragma once

/*
 * The files that a process may still use: Landlock (Linux 5.13; kernel documentation
 * userspace-api/landlock.rst), in the newest version that the kernel has. What is not allowed by
 * name is refused: other files, and where the kernel can, also sockets by the network and signals
 * to processes outside. It holds for the process and all that it starts.
 *
 * PR_SET_NO_NEW_PRIVS is to be set before. Thread rule: before threads are started.
 */

#include <stdint.h>

#include "lib/base/status.h"

typedef enum {
    RESTRICT_READ = 1, /* files, and what is in folders */
    RESTRICT_WRITE = 2,
    RESTRICT_EXECUTE = 4,
} restrict_access;

/* @ret_ruleset: a descriptor, the caller's to close; -1 where the kernel has no Landlock, which the
 * functions below take and do nothing with. */
status_code restrict_files_begin(int *ret_ruleset, struct status *st) _must_check_;

/*
 * Allows a file, or all below a folder. What does not exist is no error.
 *
 * @access: a set of restrict_access.
 */
status_code restrict_files_allow(int ruleset, const char *path, uint32_t access,
                                 struct status *st) _must_check_;

/* From here on it holds. All three fail with INTERNAL when the kernel refuses. */
status_code restrict_files_enforce(int ruleset, struct status *st) _must_check_;
