#pragma once

/*
 * Whether a passage is a table of contents: it has the words of every section, and says nothing of
 * them. Private to retrieve/. Any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

/* Half of the lines end in a number, none less than the one before, and dots lead to three of
 * them. */
bool contents_page_is(struct str text);
