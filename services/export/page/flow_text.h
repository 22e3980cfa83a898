#pragma once

/*
 * Lines of a block as running text: where a line ends, words are parted by a space, save where the
 * script has none between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) and after a hyphen
 * between letters. Thread rule: any thread.
 */

#include "lib/base/str.h"

/* Writes `text`, whose lines are parted by "\n", into `out`, which is cleared first and then is
 * never NULL. False when it is full. */
bool flow_text_join(const char *text, struct buf *out) _must_check_;
