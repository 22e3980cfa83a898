#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/image.h"

enum { ARENA_MAX_BYTES = 8 << 20, WIDTH = 40, HEIGHT = 20 };

static int prepare(void **state)
{
    *state = arena_new(ARENA_MAX_BYTES);
    return *state == NULL;
}

static int give_up(void **state)
{
    arena_free(*state);
    return 0;
}

/* Grey grows by 5 to the right and by 1 downwards. */
static struct raster slope(struct arena *arena)
{
    struct raster raster = {arena_alloc(arena, WIDTH * HEIGHT), WIDTH, HEIGHT};

    assert_non_null(raster.pixels);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            raster.pixels[y * WIDTH + x] = (uint8_t)(5 * x + y);
    return raster;
}

static uint8_t at(const struct raster *raster, int x, int y)
{
    return raster->pixels[y * raster->width + x];
}

static void test_an_image_comes_back_with_its_margin(void **state)
{
    struct raster raster = slope(*state), back;
    struct image *image = raster_to_image(&raster, 3);

    assert_non_null(image);
    assert_true(raster_from_image(image, *state, &back));
    assert_int_equal(back.width, WIDTH + 6);
    assert_int_equal(back.height, HEIGHT + 6);
    assert_int_equal(at(&back, 0, 0), 255);
    assert_int_equal(at(&back, 3, 3), 0);
    assert_int_equal(at(&back, 3 + 10, 3 + 4), 54);
    image_free(image);
}

static void test_an_image_is_told_from_another_by_one_pixel(void **state)
{
    struct raster raster = slope(*state), narrower = raster;
    struct image *image = raster_to_image(&raster, 0);

    assert_non_null(image);
    assert_true(raster_is_of_image(&raster, 0, image));
    narrower.width--;
    assert_false(raster_is_of_image(&narrower, 0, image));
    raster.pixels[WIDTH * HEIGHT - 1] ^= 1;
    assert_false(raster_is_of_image(&raster, 0, image));
    image_free(image);
}

static void test_a_raster_follows_an_image_that_is_turned(void **state)
{
    struct raster raster = slope(*state), before = slope(*state);
    struct image *image = raster_to_image(&raster, 0);
    struct status st;

    assert_non_null(image);
    for (uint32_t quarters = 1; quarters <= 3; quarters++) {
        assert_int_equal(image_turn(image, quarters, &st), STATUS_OK);
        for (uint32_t other = 0; other < 4; other++)
            assert_true(raster_is_of_image(&raster, other, image) == (other == quarters));
        raster_turn_to_image(&raster, quarters, image);
        assert_true(raster_is_of_image(&raster, 0, image));
    }
    /* A quarter, two and three are one and a half turns. */
    assert_int_equal(at(&raster, WIDTH - 1, HEIGHT - 1), at(&before, 0, 0));
    image_free(image);
}

static void test_a_straight_cut_is_a_copy(void **state)
{
    const struct point corners[] = {{10, 5}, {30, 5}, {30, 12}, {10, 12}};
    struct raster raster = slope(*state), cut;

    assert_true(raster_cut(&raster, corners, *state, &cut));
    assert_int_equal(cut.width, 20);
    assert_int_equal(cut.height, 7);
    assert_int_equal(at(&cut, 0, 0), at(&raster, 10, 5));
    assert_int_equal(at(&cut, 19, 6), at(&raster, 29, 11));
}

static void test_a_cut_begins_at_its_first_corner(void **state)
{
    /* Upside down, then on its side. */
    const struct point turned[] = {{30, 12}, {10, 12}, {10, 5}, {30, 5}};
    const struct point lying[] = {{30, 5}, {30, 12}, {10, 12}, {10, 5}};
    struct raster raster = slope(*state), cut;

    assert_true(raster_cut(&raster, turned, *state, &cut));
    assert_int_equal(cut.width, 20);
    assert_int_equal(at(&cut, 0, 0), at(&raster, 29, 11));
    assert_int_equal(at(&cut, 19, 6), at(&raster, 10, 5));
    assert_true(raster_cut(&raster, lying, *state, &cut));
    assert_int_equal(cut.width, 7);
    assert_int_equal(cut.height, 20);
    assert_int_equal(at(&cut, 0, 0), at(&raster, 29, 5));
    assert_int_equal(at(&cut, 6, 0), at(&raster, 29, 11));
}

static void test_outside_is_what_the_edge_shows(void **state)
{
    const struct point corners[] = {{-5, -5}, {5, -5}, {5, 5}, {-5, 5}};
    struct raster raster = slope(*state), cut;

    assert_true(raster_cut(&raster, corners, *state, &cut));
    assert_int_equal(at(&cut, 0, 0), at(&raster, 0, 0));
    assert_int_equal(at(&cut, 9, 9), at(&raster, 4, 4));
}

static void ink_rows(struct raster *raster, int y0, int y1)
{
    for (int y = y0; y < y1; y++)
        for (int x = 0; x < WIDTH; x += 3)
            raster->pixels[y * WIDTH + x] = 20;
}

static struct raster white(struct arena *arena)
{
    struct raster raster = slope(arena);

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        raster.pixels[i] = 240;
    return raster;
}

static void test_what_is_cut_off_at_the_edges_is_the_neighbours(void **state)
{
    struct raster line = white(*state);
    int32_t y0, y1;

    ink_rows(&line, 0, 2);
    ink_rows(&line, 5, 15);
    ink_rows(&line, 17, HEIGHT);
    raster_own_rows(&line, &y0, &y1);
    assert_int_equal(y0, 2);
    assert_int_equal(y1, 17);
    raster_clear_other_rows(&line, y0, y1);
    assert_int_equal(at(&line, 0, 0), 240);
    assert_int_equal(at(&line, 0, 10), 20);
    assert_int_equal(at(&line, 0, HEIGHT - 1), 240);
}

static void test_marks_apart_from_their_letters_are_the_lines_own(void **state)
{
    struct raster line = white(*state);
    int32_t y0, y1;

    ink_rows(&line, 2, 4); /* dots, not at the edge */
    ink_rows(&line, 6, 16);
    raster_own_rows(&line, &y0, &y1);
    assert_int_equal(y0, 0);
    assert_int_equal(y1, HEIGHT);
}

static void test_a_line_that_fills_its_box_is_its_own(void **state)
{
    struct raster line = white(*state);
    int32_t y0, y1;

    ink_rows(&line, 0, HEIGHT);
    raster_own_rows(&line, &y0, &y1);
    assert_int_equal(y0, 0);
    assert_int_equal(y1, HEIGHT);
}

static void test_inked_columns_are_seen(void **state)
{
    struct raster line = white(*state);
    bool inked[WIDTH];

    ink_rows(&line, 8, 9); /* every third pixel */
    raster_inked_columns(&line, inked);
    for (int x = 0; x < WIDTH; x++)
        assert_int_equal(inked[x], x % 3 == 0);
}

static float scaled[4 * WIDTH * 4 * HEIGHT];

static struct raster_target target_of(int width, int height)
{
    return (struct raster_target){scaled, (size_t)width, width, height, 1, 0};
}

static void test_a_slope_stays_a_slope_at_any_size(void **state)
{
    static const int sizes[][2] = {{WIDTH, HEIGHT}, {2 * WIDTH, 2 * HEIGHT}, {20, 10}, {13, 7}};
    struct raster raster = slope(*state);

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct raster_target target = target_of(sizes[i][0], sizes[i][1]);
        assert_true(raster_scale(&raster, &target, *state));
        /* Away from the edges, which count more than once. */
        for (int y = target.height / 3; y < target.height * 2 / 3; y++)
            for (int x = target.width / 3; x < target.width * 2 / 3; x++) {
                float source_x = ((float)x + 0.5f) * WIDTH / (float)target.width - 0.5f;
                float source_y = ((float)y + 0.5f) * HEIGHT / (float)target.height - 0.5f;
                assert_float_equal(scaled[y * target.width + x], 5 * source_x + source_y, 0.6f);
            }
    }
}

static void test_a_thin_line_leaves_its_trace(void **state)
{
    struct raster raster = slope(*state);
    struct raster_target target = target_of(WIDTH / 8, HEIGHT);

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        raster.pixels[i] = i % WIDTH == 17 ? 0 : 255;
    assert_true(raster_scale(&raster, &target, *state));
    float darkest = 255;
    for (int x = 0; x < target.width; x++)
        darkest = scaled[x] < darkest ? scaled[x] : darkest;
    assert_true(darkest < 240);
}

static void test_gain_and_offset_are_applied(void **state)
{
    struct raster raster = slope(*state);
    struct raster_target target = target_of(WIDTH, HEIGHT);

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        raster.pixels[i] = 255;
    target.gain = 2.0f / 255;
    target.offset = -1;
    assert_true(raster_scale(&raster, &target, *state));
    assert_float_equal(scaled[0], 1, 0.0001f);
    assert_float_equal(scaled[WIDTH * HEIGHT - 1], 1, 0.0001f);
}

static void test_one_pixel_can_be_scaled(void **state)
{
    uint8_t pixel = 100;
    const struct raster raster = {&pixel, 1, 1};
    struct raster_target target = target_of(5, 3);

    assert_true(raster_scale(&raster, &target, *state));
    assert_float_equal(scaled[0], 100, 0.01f);
    assert_float_equal(scaled[14], 100, 0.01f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_image_comes_back_with_its_margin),
        TEST(test_an_image_is_told_from_another_by_one_pixel),
        TEST(test_a_raster_follows_an_image_that_is_turned),
        TEST(test_a_straight_cut_is_a_copy),
        TEST(test_a_cut_begins_at_its_first_corner),
        TEST(test_outside_is_what_the_edge_shows),
        TEST(test_what_is_cut_off_at_the_edges_is_the_neighbours),
        TEST(test_marks_apart_from_their_letters_are_the_lines_own),
        TEST(test_a_line_that_fills_its_box_is_its_own),
        TEST(test_inked_columns_are_seen),
        TEST(test_a_slope_stays_a_slope_at_any_size),
        TEST(test_a_thin_line_leaves_its_trace),
        TEST(test_gain_and_offset_are_applied),
        TEST(test_one_pixel_can_be_scaled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
