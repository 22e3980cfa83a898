#pragma once

/*
 * The `code` of an error in the public API: its reason in lower case. Any thread.
 */

#include <stddef.h>

/* Cut to `size` bytes with the NUL. */
void rest_error_code(const char *reason, char *ret_code, size_t size);
