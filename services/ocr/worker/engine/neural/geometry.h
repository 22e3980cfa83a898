#pragma once

/*
 * Points and rectangles that may lie askew. Plain values; thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

struct point {
    float x;
    float y;
};

/* Around a centre: `length` along `angle`, `breadth` across; length >= breadth >= 0. */
struct rectangle {
    struct point center;
    float length;
    float breadth;
    float angle; /* radians, from the x axis towards the y axis, in (-pi/2, pi/2] */
};

/*
 * The convex hull of points, in place: its corners come first, and their number is returned.
 * Corners go round in one direction, none lies between two others.
 *
 * @points: reordered.
 * @scratch: room for twice as many.
 *
 * Method: Andrew, "Another efficient algorithm for convex hulls in two dimensions" (1979). Takes
 * n log n.
 */
size_t geometry_hull(struct point *points, size_t count, struct point *scratch);

/*
 * The smallest rectangle around points.
 *
 * @hull: as geometry_hull() leaves it; at least one point.
 * Method: it has a side in common with the hull (Freeman and Shapira, 1975).
 */
struct rectangle geometry_smallest_rectangle(const struct point *hull, size_t count);

/* The corners: from the top left one, clockwise as seen on a page whose y grows downwards. Top and
 * left are told by where the corners stand, not by the rectangle's own directions. */
void geometry_corners(const struct rectangle *rectangle, struct point ret_corners[static 4]);
