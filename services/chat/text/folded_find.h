#pragma once

/*
 * Whether a text stands in another, word for word: any run of white space is as good as any other,
 * and nothing else is. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

/* Where `wanted`, without white space around it, first stands in `text`, in bytes of `text`. False
 * when it does not, or is empty. Linear in both. */
bool folded_find(struct str text, struct str wanted, size_t *ret_offset, size_t *ret_length);

/* Appends `text` with each run of white space as one space, none at its ends. False when full. */
bool folded_append(struct buf *out, struct str text) _must_check_;
