#pragma once

/*
 * The header field Forwarded (RFC 7239): who asked whom on the way to us.
 *
 * Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/str.h"

/* The clients that the elements name (`for=`), in their order, as X-Forwarded-For would list them:
 * addresses without port and brackets, joined by commas. An element that names none, or is broken,
 * is "unknown". False when out of memory. */
bool forwarded_for(struct str forwarded, struct arena *arena, struct str *ret_list) _must_check_;
