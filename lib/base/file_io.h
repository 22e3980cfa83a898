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

/* Reads `length` bytes from `offset` on; false, with errno, where that fails, and with errno 0
 * where the file ends before. */
bool file_read_at(int fd, int64_t offset, void *bytes, size_t length) _must_check_;
