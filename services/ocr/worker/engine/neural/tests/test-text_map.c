#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/text_map.h"

enum { WIDTH = 200, HEIGHT = 120, ARENA_MAX_BYTES = 16 << 20 };

struct fixture {
    float probability[WIDTH * HEIGHT];
    struct arena *arena;
};

static int prepare(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->arena = arena_new(ARENA_MAX_BYTES);
    assert_non_null(fixture->arena);
    *state = fixture;
    return 0;
}

static int give_up(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* x1, y1: the last ones. */
static void fill(struct fixture *fixture, int x0, int y0, int x1, int y1, float value)
{
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++)
            fixture->probability[y * WIDTH + x] = value;
}

static size_t find(struct fixture *fixture, float scale_x, float scale_y,
                   struct text_box **ret_boxes)
{
    const struct text_map map = {fixture->probability, WIDTH, HEIGHT};
    struct status st;
    size_t count;

    assert_int_equal(
        text_map_find_boxes(&map, scale_x, scale_y, fixture->arena, ret_boxes, &count, &st),
        STATUS_OK);
    return count;
}

static void assert_box(const struct text_box *box, float x0, float y0, float x1, float y1)
{
    const float near = 0.05f;

    assert_float_equal(box->corners[0].x, x0, near);
    assert_float_equal(box->corners[0].y, y0, near);
    assert_float_equal(box->corners[2].x, x1, near);
    assert_float_equal(box->corners[2].y, y1, near);
}

static void test_an_empty_map_has_no_boxes(void **state)
{
    struct text_box *boxes;

    assert_int_equal(find(*state, 1, 1, &boxes), 0);
}

static void test_a_bar_grows_by_what_the_paper_says(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    /* From 20 to 119 and 40 to 49; dilated by a pixel to the right and beneath, so that the middles
     * of its outermost pixels are 100 and 10 apart. D' = A r / L = 1000 x 1.6 / 220 = 7.27. */
    fill(fixture, 20, 40, 119, 49, 0.9f);
    assert_int_equal(find(fixture, 1, 1, &boxes), 1);
    assert_box(&boxes[0], 20.5f - 7.27f, 40.5f - 7.27f, 120.5f + 7.27f, 50.5f + 7.27f);
    /* The mean includes the pixels that dilation added. */
    assert_float_equal(boxes[0].score, 0.9f * (100 * 10) / (101 * 11), 0.01f);
}

static void test_boxes_are_in_pixels_of_the_page(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    fill(fixture, 20, 40, 119, 49, 0.9f);
    assert_int_equal(find(fixture, 2, 3, &boxes), 1);
    assert_box(&boxes[0], 2 * 13.23f, 3 * 33.23f, 2 * 127.77f, 3 * 57.77f);
}

static void test_lines_apart_are_boxes_apart(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    fill(fixture, 20, 20, 150, 28, 0.9f);
    fill(fixture, 20, 31, 150, 39, 0.9f);
    assert_int_equal(find(fixture, 1, 1, &boxes), 2);
}

static void test_what_touches_at_a_corner_is_one(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    fill(fixture, 10, 10, 110, 50, 0.29f); /* below the threshold, but of some weight */
    fill(fixture, 20, 20, 59, 29, 1);
    fill(fixture, 61, 31, 100, 40, 1); /* dilation closes the pixel in between */
    assert_int_equal(find(fixture, 1, 1, &boxes), 1);
}

static void test_a_ring_is_one_box(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    fill(fixture, 20, 20, 100, 60, 0.9f);
    fill(fixture, 30, 28, 90, 40, 0);
    assert_int_equal(find(fixture, 1, 1, &boxes), 1);
}

static void test_specks_and_doubts_are_no_text(void **state)
{
    struct fixture *fixture = *state;
    struct text_box *boxes;

    fill(fixture, 10, 10, 11, 11, 1);      /* too small */
    fill(fixture, 20, 40, 119, 59, 0.35f); /* seen, but not believed */
    fill(fixture, 20, 80, 119, 99, 0.29f); /* below the threshold */
    assert_int_equal(find(fixture, 1, 1, &boxes), 0);
}

static void test_a_long_line_with_a_bump_is_text(void **state)
{
    struct text_box *boxes;

    /* Of its rectangle not a half is text; of its own pixels all but those around it are. */
    fill(*state, 4, 10, 190, 27, 0.9f);
    fill(*state, 70, 27, 79, 56, 0.9f);
    assert_int_equal(find(*state, 1, 1, &boxes), 1);
    assert_true(boxes[0].score < 0.5f);
}

static void test_a_line_askew_has_a_box_askew(void **state)
{
    const float angle = 20 * (float)M_PI / 180;
    struct fixture *fixture = *state;
    struct text_box *boxes;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            float dx = (float)x - 100, dy = (float)y - 60;
            float along = dx * cosf(angle) + dy * sinf(angle);
            float across = dy * cosf(angle) - dx * sinf(angle);
            if (fabsf(along) <= 60 && fabsf(across) <= 6)
                fixture->probability[y * WIDTH + x] = 0.9f;
        }
    assert_int_equal(find(fixture, 1, 1, &boxes), 1);
    const struct point *corners = boxes[0].corners;
    float found = atan2f(corners[1].y - corners[0].y, corners[1].x - corners[0].x);
    assert_float_equal(found, angle, 0.02f);
    /* D' = 120 x 12 x 1.6 / 264 = 8.7 */
    assert_float_equal(hypotf(corners[1].x - corners[0].x, corners[1].y - corners[0].y),
                       120 + 2 * 8.7f, 4);
    assert_float_equal(hypotf(corners[3].x - corners[0].x, corners[3].y - corners[0].y),
                       12 + 2 * 8.7f, 4);
}

static void test_more_boxes_than_the_limit_are_left_out(void **state)
{
    enum { SIDE = 700, STEP = 8 };
    struct fixture *fixture = *state;
    float *probability = calloc((size_t)SIDE * SIDE, sizeof(*probability));
    const struct text_map map = {probability, SIDE, SIDE};
    struct text_box *boxes;
    struct status st;
    size_t count;

    assert_non_null(probability);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            probability[y * SIDE + x] = x % STEP < 5 && y % STEP < 5 ? 1 : 0;
    assert_int_equal(text_map_find_boxes(&map, 1, 1, fixture->arena, &boxes, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, TEXT_BOXES_MAX);
    free(probability);
}

static void test_a_full_arena_is_said(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(arena_freep) struct arena *small = arena_new(1000);
    const struct text_map map = {fixture->probability, WIDTH, HEIGHT};
    struct text_box *boxes;
    struct status st;
    size_t count;

    fill(fixture, 20, 40, 119, 49, 0.9f);
    assert_int_equal(text_map_find_boxes(&map, 1, 1, small, &boxes, &count, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "PAGE_TOO_LARGE");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_empty_map_has_no_boxes),
        TEST(test_a_bar_grows_by_what_the_paper_says),
        TEST(test_boxes_are_in_pixels_of_the_page),
        TEST(test_lines_apart_are_boxes_apart),
        TEST(test_what_touches_at_a_corner_is_one),
        TEST(test_a_ring_is_one_box),
        TEST(test_specks_and_doubts_are_no_text),
        TEST(test_a_long_line_with_a_bump_is_text),
        TEST(test_a_line_askew_has_a_box_askew),
        TEST(test_more_boxes_than_the_limit_are_left_out),
        TEST(test_a_full_arena_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
