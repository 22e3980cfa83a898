#pragma once

/*
 * The darkest and the lightest of the squares that a grey picture (depth 8) is parted into, as
 * pixScaleGrayMinMax() finds them, many pixels at once.
 *
 * What comes back is a new picture with a pixel for each square, the caller's; NULL without memory.
 * What is left at the right and at the bottom belongs to no square; of a picture that is narrower
 * or lower than a square, squares are as narrow or low. Thread rule: one thread at a time.
 */

#include <stdint.h>

struct Pix;

/* @side: of a square, in pixels; at least 1. */
struct Pix *tiles_darkest(struct Pix *grey, int32_t side);
struct Pix *tiles_lightest(struct Pix *grey, int32_t side);
