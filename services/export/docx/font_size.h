#pragma once

/*
 * The size of the font that a paragraph was set in, told by its box and text. Only computes; any
 * thread.
 */

#include "ocrmesh/document/v1/document.pb-c.h"

/*
 * Half points; 0 when nothing tells it.
 *
 * @block: scripts whose letters are of like widths are told by the length of the longest line,
 * others by the distance of the lines, or the height of a single one.
 * @twips_per_pixel: of the block's page.
 */
double docx_font_size_of(const Ocrmesh__Document__V1__Block *block, double twips_per_pixel);
