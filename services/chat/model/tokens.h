#pragma once

/*
 * How many tokens a text will be, without the model's own vocabulary: more than most models make of
 * it, so that what is sent fits. Thread rule: any thread.
 *
 * A token for three bytes of ASCII letters, one for each other character of ASCII but a lone space,
 * for each character of one or two further bytes, and two for longer ones.
 */

#include <stddef.h>

#include "lib/base/str.h"

size_t tokens_estimate(struct str text);
