#pragma once

/*
 * The part of sandbox.h that is about system calls. Private to it. Thread rule: as sandbox.h.
 */

#include <stdbool.h>

#include "lib/base/status.h"

/*
 * No system calls but those of a process that computes. The last of all parts.
 *
 * @ret_is_held: false where the kernel has no such filters.
 *
 * Fails with INTERNAL when the kernel refuses.
 */
status_code sandbox_limit_calls(bool *ret_is_held, struct status *st) _must_check_;
