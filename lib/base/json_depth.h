#pragma once

/*
 * How deep JSON is nested, asked before it is parsed: parsers recurse. Any thread.
 */

#include "lib/base/str.h"

/* Whether no value of `text` stands in more than `depth_max` arrays and objects. Text that is no
 * JSON gets some answer, and is the parser's to refuse. */
bool json_depth_is_within(struct str text, int depth_max);
