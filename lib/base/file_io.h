#pragma once

/*
 * Files, as a whole where the system gives parts. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

/* Writes all the bytes from `offset` on; false, with errno, where that fails: part of them may be
 * in the file then. */
bool file_write_at(int fd, int64_t offset, struct str bytes) _must_check_;
