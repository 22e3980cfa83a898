#pragma once

/*
 * Compresses messages by gzip. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

/* @out: has room for as many bytes as `bytes` has. False when it would be no smaller, or memory is
 * short: then the message goes as it is. */
bool rpc_deflate(struct str bytes, char *out, size_t *ret_length);
