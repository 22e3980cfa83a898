#pragma once

/*
 * The system calls that a process may still make: seccomp, by libseccomp. It holds for the process
 * and all that it starts.
 *
 * A filter begins with what happens to calls that it has no rule for; rules are added with
 * restrict_calls_add(), or with libseccomp's own functions; actions are libseccomp's. Calls of
 * another architecture's table end the process.
 * PR_SET_NO_NEW_PRIVS is to be set before. Thread rule: before threads are started.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

DEFINE_CLEANUP_NAMED(scmp_filter_ctx, restrict_calls_freep, seccomp_release)

/* @ret_filter: the caller's, to be given to restrict_calls_freep(). */
status_code restrict_calls_begin(uint32_t otherwise, scmp_filter_ctx *ret_filter,
                                 struct status *st) _must_check_;

/* The same action for a list of calls, by the library's numbers (SCMP_SYS); those that an
 * architecture does not have are left out by the library. */
status_code restrict_calls_add(scmp_filter_ctx filter, uint32_t action, const int *calls,
                               size_t count, struct status *st) _must_check_;

/*
 * From here on it holds.
 *
 * @ret_is_held: false where the kernel has no such filters.
 *
 * All three fail with INTERNAL when the library or the kernel refuses.
 */
status_code restrict_calls_enforce(scmp_filter_ctx filter, bool *ret_is_held,
                                   struct status *st) _must_check_;
