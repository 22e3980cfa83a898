#pragma once

/*
 * About how many words a text has, without cutting it: what white space parts, and for scripts
 * that write without spaces so many characters a word. Private to passage/. Any thread.
 */

#include <stddef.h>

#include "lib/base/str.h"

size_t word_estimate(struct str text);
