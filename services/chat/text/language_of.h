#pragma once

/*
 * Which language a short text - a question - is in. Thread rule: any thread.
 */

#include "lib/base/str.h"

/*
 * By its script, letters that few languages have, and function words. What cannot be told gives
 * `likely` when its script fits, else "en".
 *
 * @likely: BCP 47, such as the language of the document; "" when not known.
 * Returns an ISO 639-1 code, static.
 */
const char *language_of(struct str text, struct str likely);
