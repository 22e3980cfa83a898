#pragma once

/*
 * Affine mappings of the plane: where a point of one picture lies in another. Points are in pixels,
 * origin top left, y downwards; the middle of the first pixel is (0.5, 0.5).
 *
 * x' = a * x + c * y + e, y' = b * x + d * y + f. Thread rule: any thread.
 */

#include <stdint.h>

struct affine {
    double a, b, c, d, e, f;
};

extern const struct affine affine_identity;

struct affine affine_scale(double x, double y);
struct affine affine_translate(double x, double y);
/* Clockwise around the origin. */
struct affine affine_rotate(double radians);
/* A picture of that width, mirrored sideways. */
struct affine affine_mirror(uint32_t width);
/* A picture of that size, turned by quarters clockwise (0 to 3), its corner at the origin again. */
struct affine affine_turn(uint32_t quarter_turns, uint32_t width, uint32_t height);

/* First one, then the other. */
struct affine affine_then(struct affine first, struct affine second);
