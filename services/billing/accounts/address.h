#pragma once

/*
 * IP addresses as keys of quotas. Any thread.
 *
 * An IPv6 address counts by its /64, since a single host has a whole one to choose from (RFC 4291
 * §2.5.1); one that maps an IPv4 address counts as that.
 */

#include <stdbool.h>

#include "lib/base/status.h"

enum { ADDRESS_KEY_SIZE = 64 };

/* "192.0.2.7" or "2001:db8:1:2::/64". Fails with INVALID_ARGUMENT INVALID_FIELD
 * (client_address) when `text` is no IP address. */
status_code address_key(const char *text, char ret_key[static ADDRESS_KEY_SIZE],
                        struct status *st) _must_check_;

/* Whether it is one of this very host: 127.0.0.0/8 or ::1. */
bool address_is_loopback(const char *text);
