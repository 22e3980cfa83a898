#pragma once

/*
 * A text in UTF-16, as ICU reads it, with what tears words mended: marks that stand before their
 * letters, and ends of lines in scripts without spaces. Private to text/. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include <unicode/unorm2.h>

#include "lib/base/str.h"
#include "services/chat/text/text_language.h"

/*
 * What is not valid is U+FFFD.
 *
 * @units, @offsets: room for text.n + 1 each. Gets the units, and where in the text each begins, in
 * bytes; text.n behind the last one. Returns how many units there are.
 */
size_t word_units_read(struct str text, const struct text_language *language,
                       const UNormalizer2 *composer, UChar *units, uint32_t *offsets);
