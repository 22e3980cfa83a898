#pragma once

/*
 * A TrueType font without shapes: what an invisible text layer is set in.
 *
 * It has two glyphs that paint nothing: .notdef and the one that stands for every character. Its
 * tables are those that a PDF asks of an embedded CIDFontType2 (ISO 32000-1 §9.9) and no more.
 */

#include <stddef.h>
#include <stdint.h>

enum {
    TRUETYPE_EM = 1000,
    TRUETYPE_ADVANCE = 500, /* of both glyphs */
    TRUETYPE_ASCENT = 800,
    TRUETYPE_DESCENT = -200,
    TRUETYPE_GLYPH = 1, /* the one to be used */
    TRUETYPE_MAX_BYTES = 512,
};

/* Writes the file; returns its length. Always the same bytes. */
size_t truetype_write(uint8_t ret_file[static TRUETYPE_MAX_BYTES]);
