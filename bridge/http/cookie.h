#pragma once

/*
 * The Cookie field (RFC 6265 §4.2.1): one cookie out of it.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

/* The value of the first cookie of that name, without the quotes it may stand in; a view of
 * `field`. Names are told apart by case. What is no pair of name and value is passed over. */
bool cookie_find(struct str field, struct str name, struct str *ret_value);
