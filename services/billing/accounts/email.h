#pragma once

/*
 * E-mail addresses, as far as they can be judged without sending mail. Any thread.
 *
 * The local part is a dot-atom (RFC 5321 §4.1.2), not a quoted string; the domain has at least two
 * labels (RFC 1035 §2.3.1). Letters beyond ASCII are allowed in both (RFC 6531). Addresses that
 * differ in the case of ASCII letters alone are one account's.
 */

#include <stdbool.h>

enum { EMAIL_SIZE = 255 }; /* 254 bytes (RFC 5321 §4.5.3.1.3 without its brackets) and a NUL */

bool email_is_valid(const char *email);

/* What an address is found by: itself in lower case. `email` must be valid. */
void email_key(const char *email, char ret_key[static EMAIL_SIZE]);
