#pragma once

/*
 * Colour profiles (ICC.1:2004-10, version 4.2), for files whose colours mean the same anywhere.
 *
 * Both are made here, always the same bytes: sRGB (IEC 61966-2-1), and a CMYK that is sRGB's
 * complement with black, what programs without colour management make of CMYK. Pictures in CMYK
 * come without a profile, so that no better is known.
 */

#include "lib/base/str.h"

/* Appends a profile; false without memory. */
bool icc_append_srgb(struct buf *profile) _must_check_;
bool icc_append_cmyk(struct buf *profile) _must_check_;
