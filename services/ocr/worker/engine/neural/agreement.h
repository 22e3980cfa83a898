#pragma once

/*
 * How far two readings of a line say the same. Thread rule: any thread.
 */

#include "services/ocr/worker/engine/neural/text_line.h"

/*
 * The part of the letters and digits that two readings share in order, 0 to 1: by the least number
 * to insert, delete or replace (V. Levenshtein, 1966), without accents, letter case and all that is
 * no letter or digit. 0 where one of them has none. Only the first AGREEMENT_SYMBOLS_MAX count.
 */
float agreement_of(const struct text_line *one, const struct text_line *other);

enum { AGREEMENT_SYMBOLS_MAX = 256 };
