#include "services/ocr/worker/engine/neural/geometry.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int compare_points(const void *a, const void *b)
{
    const struct point *p = a, *q = b;

    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

/* Above 0 when the way a, b, c turns from the x axis towards the y axis. */
static float turn(struct point a, struct point b, struct point c)
{
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

size_t geometry_hull(struct point *points, size_t count, struct point *scratch)
{
    struct point *chain = scratch;

    if (count < 2)
        return count;
    qsort(points, count, sizeof(*points), compare_points);
    size_t length = 0;
    /* One side from left to right, then the other one back. */
    for (size_t i = 0; i < count; i++) {
        while (length >= 2 && turn(chain[length - 2], chain[length - 1], points[i]) <= 0)
            length--;
        chain[length++] = points[i];
    }
    size_t first_side = length + 1;
    for (size_t i = count - 1; i-- > 0;) {
        while (length >= first_side && turn(chain[length - 2], chain[length - 1], points[i]) <= 0)
            length--;
        chain[length++] = points[i];
    }
    length--; /* the first point once more */
    for (size_t i = 0; i < length; i++)
        points[i] = chain[i];
    return length;
}

/* The rectangle with a side in the direction (cosine, sine). */
static struct rectangle rectangle_along(const struct point *hull, size_t count, float cosine,
                                        float sine)
{
    float along_min = INFINITY, along_max = -INFINITY, across_min = INFINITY,
          across_max = -INFINITY;

    for (size_t i = 0; i < count; i++) {
        float along = hull[i].x * cosine + hull[i].y * sine;
        float across = hull[i].y * cosine - hull[i].x * sine;
        along_min = fminf(along_min, along);
        along_max = fmaxf(along_max, along);
        across_min = fminf(across_min, across);
        across_max = fmaxf(across_max, across);
    }
    float along = (along_min + along_max) / 2, across = (across_min + across_max) / 2;
    return (struct rectangle){
        .center = {along * cosine - across * sine, along * sine + across * cosine},
        .length = along_max - along_min,
        .breadth = across_max - across_min,
        .angle = atan2f(sine, cosine),
    };
}

/* Makes `length` the longer side and brings the angle into its range. */
static struct rectangle normalized(struct rectangle rectangle)
{
    const float half_turn = (float)M_PI, quarter_turn = (float)M_PI / 2;

    if (rectangle.length < rectangle.breadth) {
        float length = rectangle.length;
        rectangle.length = rectangle.breadth;
        rectangle.breadth = length;
        rectangle.angle += quarter_turn;
    }
    while (rectangle.angle > quarter_turn)
        rectangle.angle -= half_turn;
    while (rectangle.angle <= -quarter_turn)
        rectangle.angle += half_turn;
    return rectangle;
}

struct rectangle geometry_smallest_rectangle(const struct point *hull, size_t count)
{
    struct rectangle best = rectangle_along(hull, count, 1, 0);

    for (size_t i = 0; i < count; i++) {
        struct point side = {hull[(i + 1) % count].x - hull[i].x,
                             hull[(i + 1) % count].y - hull[i].y};
        float length = hypotf(side.x, side.y);
        if (length == 0)
            continue;
        struct rectangle one = rectangle_along(hull, count, side.x / length, side.y / length);
        if (one.length * one.breadth < best.length * best.breadth)
            best = one;
    }
    return normalized(best);
}

void geometry_corners(const struct rectangle *rectangle, struct point ret_corners[static 4])
{
    float angle = rectangle->angle, length = rectangle->length, breadth = rectangle->breadth;

    /* Of the four names for the same rectangle, the one whose "along" points most to the right. */
    if (angle > (float)M_PI_4 || angle <= -(float)M_PI_4) {
        angle += angle > 0 ? -(float)M_PI_2 : (float)M_PI_2;
        length = rectangle->breadth;
        breadth = rectangle->length;
    }
    struct point along = {cosf(angle) * length / 2, sinf(angle) * length / 2};
    struct point across = {-sinf(angle) * breadth / 2, cosf(angle) * breadth / 2};
    struct point center = rectangle->center;
    ret_corners[0] = (struct point){center.x - along.x - across.x, center.y - along.y - across.y};
    ret_corners[1] = (struct point){center.x + along.x - across.x, center.y + along.y - across.y};
    ret_corners[2] = (struct point){center.x + along.x + across.x, center.y + along.y + across.y};
    ret_corners[3] = (struct point){center.x - along.x + across.x, center.y - along.y + across.y};
}
