#pragma once

/*
 * The parts of sandbox.h. Private to them. Each sets its bit of sandbox_gap in *gaps where the
 * kernel does not have what it needs, and fails with INTERNAL where the kernel refuses.
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/status.h"

#define FAIL_RESTRICTION(st, error)                                                                \
    FAIL((st), STATUS_INTERNAL, NULL, "a restriction cannot be set: %s", strerror(error))

/* Landlock: no files but those below `models_paths` and what the engines look up, read only. */
status_code sandbox_limit_files(const char *const *models_paths, size_t path_count, uint32_t *gaps,
                                struct status *st) _must_check_;

/* seccomp: no system calls but those of a process that computes. The last of all parts. */
status_code sandbox_limit_calls(uint32_t *gaps, struct status *st) _must_check_;
