#pragma once

/*
 * What stands between two lines of a paragraph when its text flows.
 *
 * - Lines are joined by a space, or by nothing where both sides are of a script without spaces
 *   (Han, kana, Thai, Lao, Khmer, Burmese).
 * - A word that a hyphen divides at the end of a line is put together: "recogni-" + "tion" becomes
 *   "recognition". The hyphen stays before anything but a small letter ("COVID-" + "19", "Jean-" +
 *   "Paul"), and where the page has the word with its hyphen within a line ("well-known").
 *
 * Thread rule: any thread.
 */

#include <stddef.h>

#include "lib/base/str.h"

/* "" or " ", and how many bytes of the first line's end are dropped, 0 but for a hyphen. @within:
 * text of the page, for words with hyphens. */
const char *flow_joint(struct str first, struct str second, const char *within,
                       size_t *ret_dropped);
