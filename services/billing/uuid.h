#pragma once

/* UUIDs as text (RFC 9562): keys of accounts, tokens and reservations. Any thread. */

#include <stdbool.h>

enum { UUID_SIZE = 37 }; /* 36 characters and a NUL */

/* Version 4: 122 random bits. */
void uuid_make(char ret_uuid[static UUID_SIZE]);

/* Whether `text` is a UUID of 8-4-4-4-12 hexadecimal digits. */
bool uuid_is_valid(const char *text);
