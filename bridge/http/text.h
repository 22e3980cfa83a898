#pragma once

/*
 * Text from outside.
 *
 * Thread rule: any thread.
 */

#include "lib/base/str.h"

/* True when all of `text` is UTF-8 and has no control character but tab and line ends. */
bool text_is_clean(struct str text);
