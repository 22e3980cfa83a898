#pragma once

/*
 * Glyphs of a text layer as the parts of text_layer.h see them. Private to them.
 */

#include <stdint.h>

#include "services/ocr/worker/pdfdoc_text.h"

/* Something of the glyph can be seen on the page. */
bool text_layer_is_shown(const struct pdfdoc_glyph *glyph);

enum { TEXT_LAYER_GLYPH_BYTES = 8 };

/* Writes what a character stands for as UTF-8 without NUL: ligatures as their letters, the bullets
 * of symbol fonts as bullets. Returns the bytes; 0 for what has no text. */
int32_t text_layer_glyph_text(uint32_t character, char target[static TEXT_LAYER_GLYPH_BYTES]);
