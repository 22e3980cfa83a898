#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/geometry.h"

static const float near = 0.01f;

static void test_hull_leaves_out_what_is_inside_and_between(void **state)
{
    struct point points[] = {{0, 0}, {2, 0}, {4, 0}, {4, 4}, {0, 4}, {1, 1}, {3, 2}, {0, 2}};
    struct point scratch[16];

    (void)state;
    assert_int_equal(geometry_hull(points, 8, scratch), 4);
    for (int i = 0; i < 4; i++) {
        assert_true(points[i].x == 0 || points[i].x == 4);
        assert_true(points[i].y == 0 || points[i].y == 4);
    }
}

static void test_hull_of_a_line_is_its_ends(void **state)
{
    struct point points[] = {{1, 1}, {3, 3}, {2, 2}};
    struct point scratch[6];

    (void)state;
    assert_int_equal(geometry_hull(points, 3, scratch), 2);
    assert_float_equal(points[0].x, 1, 0);
    assert_float_equal(points[1].x, 3, 0);
}

static void test_one_point_is_a_rectangle_without_sides(void **state)
{
    const struct point point = {5, 7};

    (void)state;
    struct rectangle rectangle = geometry_smallest_rectangle(&point, 1);
    assert_float_equal(rectangle.center.x, 5, near);
    assert_float_equal(rectangle.center.y, 7, near);
    assert_float_equal(rectangle.length, 0, near);
}

/* A rectangle of 40 x 10 around (50, 30), turned. */
static void turned_rectangle(float angle, struct point corners[static 4])
{
    const float xs[] = {-20, 20, 20, -20}, ys[] = {-5, -5, 5, 5};

    for (int i = 0; i < 4; i++) {
        corners[i].x = 50 + xs[i] * cosf(angle) - ys[i] * sinf(angle);
        corners[i].y = 30 + xs[i] * sinf(angle) + ys[i] * cosf(angle);
    }
}

static void test_a_turned_rectangle_is_found_again(void **state)
{
    (void)state;
    for (int degrees = -85; degrees <= 90; degrees += 5) {
        float angle = (float)degrees * (float)M_PI / 180;
        struct point corners[4], scratch[8];
        turned_rectangle(angle, corners);
        size_t count = geometry_hull(corners, 4, scratch);
        struct rectangle found = geometry_smallest_rectangle(corners, count);
        assert_float_equal(found.length, 40, near);
        assert_float_equal(found.breadth, 10, near);
        assert_float_equal(found.center.x, 50, near);
        assert_float_equal(found.center.y, 30, near);
        /* The same up to half a turn. */
        assert_float_equal(fabsf(sinf(found.angle - angle)), 0, near);
    }
}

static void test_corners_go_round_from_the_top_left(void **state)
{
    (void)state;
    for (int degrees = -85; degrees <= 90; degrees += 5) {
        if (abs(degrees) == 45)
            continue; /* as much top left as top right */
        struct rectangle rectangle = {.center = {50, 30},
                                      .length = 40,
                                      .breadth = 10,
                                      .angle = (float)degrees * (float)M_PI / 180};
        struct point corners[4];
        geometry_corners(&rectangle, corners);
        assert_true(corners[0].x + corners[3].x < corners[1].x + corners[2].x);
        assert_true(corners[0].y + corners[1].y < corners[2].y + corners[3].y);
        float turn = (corners[1].x - corners[0].x) * (corners[2].y - corners[1].y) -
                     (corners[1].y - corners[0].y) * (corners[2].x - corners[1].x);
        assert_float_equal(turn, 400, 1); /* its area: clockwise where y grows downwards */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hull_leaves_out_what_is_inside_and_between),
        cmocka_unit_test(test_hull_of_a_line_is_its_ends),
        cmocka_unit_test(test_one_point_is_a_rectangle_without_sides),
        cmocka_unit_test(test_a_turned_rectangle_is_found_again),
        cmocka_unit_test(test_corners_go_round_from_the_top_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
