#pragma once

/*
 * What a client prefers: lists whose members carry a weight, as Accept-Encoding and
 * Accept-Language do (RFC 9110 §12.4.2).
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

enum { ACCEPT_QUALITY_MAX = 1000 };

/* Takes the next member off *rest; false at the end. @ret_quality: its weight in thousandths, 0 for
 * one that is not wanted; a weight that cannot be read counts as 0. Views of what was passed in. */
bool accept_next(struct str *rest, struct str *ret_value, int *ret_quality);
