#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <allheaders.h>
#include <cmocka.h>

#include "services/ocr/worker/prepare.h"

/* A page of 1200 x 1600 with lines of dashes, like text from far away, turned by so much. */
static struct image *page_of_lines(float clockwise_degrees)
{
    struct Pix *pix = pixCreate(1200, 1600, 8);
    struct image *image = NULL;
    struct status st;

    (void)pixSetAll(pix);
    for (int y = 200; y < 1400; y += 40)
        for (int x = 150; x < 1000; x += 30)
            (void)pixRasterop(pix, x, y, 20, 16, PIX_CLR, NULL, 0, 0);
    if (clockwise_degrees != 0) {
        struct Pix *turned = pixRotate(pix, clockwise_degrees * (float)M_PI / 180,
                                       L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
        pixDestroy(&pix);
        pix = turned;
    }
    assert_int_equal(image_from_pix(pix, &image, &st), STATUS_OK);
    return image;
}

static void test_a_skewed_page_is_straightened(void **state)
{
    static const float angles[] = {-15, -9, -3, 2, 6, 14};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(angles); i++) {
        _cleanup_(image_freep) struct image *image = page_of_lines(angles[i]);
        struct status st;
        float removed, left;

        assert_int_equal(prepare_straighten(image, &removed, &st), STATUS_OK);
        assert_float_equal(removed, angles[i], 0.3f);
        assert_true(image->width > 1200);
        /* Nothing is left to straighten. */
        assert_int_equal(prepare_straighten(image, &left, &st), STATUS_OK);
        assert_float_equal(left, 0, 0);
    }
}

/* Neither a slope of light nor white on black hides the lines. */
static void test_lines_are_seen_in_bad_light(void **state)
{
    (void)state;
    for (int is_inverted = 0; is_inverted <= 1; is_inverted++) {
        _cleanup_(image_freep) struct image *image = page_of_lines(5);
        struct status st;
        float removed;

        for (uint32_t y = 0; y < image->height; y++)
            for (uint32_t x = 0; x < image->width; x++) {
                uint32_t grey = image_get(image, x, y) * (100 - 75 * x / image->width) / 100;
                (void)pixSetPixel(image->pix, (l_int32)x, (l_int32)y, grey);
            }
        if (is_inverted)
            (void)pixInvert(image->pix, image->pix);
        assert_int_equal(prepare_straighten(image, &removed, &st), STATUS_OK);
        assert_float_equal(removed, 5, 0.3f);
        assert_int_equal(image_get(image, 0, 0), is_inverted ? 0 : 255);
    }
}

static void test_a_straight_page_and_a_blank_one_stay_as_they_are(void **state)
{
    _cleanup_(image_freep) struct image *straight = page_of_lines(0);
    _cleanup_(image_freep) struct image *blank = NULL;
    struct status st;
    float removed;

    (void)state;
    assert_int_equal(image_new(500, 400, &blank, &st), STATUS_OK);
    assert_int_equal(prepare_straighten(straight, &removed, &st), STATUS_OK);
    assert_float_equal(removed, 0, 0);
    assert_int_equal(straight->width, 1200);
    assert_int_equal(prepare_straighten(blank, &removed, &st), STATUS_OK);
    assert_float_equal(removed, 0, 0);
}

static void test_quarters_turn_clockwise(void **state)
{
    _cleanup_(image_freep) struct image *image = NULL;
    static const uint8_t row[] = {0, 255, 255};
    struct status st;

    (void)state;
    /* Black at the top left. */
    assert_int_equal(image_new(3, 2, &image, &st), STATUS_OK);
    image_put_row(image, 0, row);
    assert_int_equal(image_turn(image, 1, &st), STATUS_OK);
    assert_int_equal(image->width, 2);
    assert_int_equal(image->height, 3);
    assert_int_equal(image_get(image, 1, 0), 0);
    assert_int_equal(image_get(image, 0, 0), 255);
    assert_int_equal(image_turn(image, 3, &st), STATUS_OK);
    assert_int_equal(image_get(image, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_skewed_page_is_straightened),
        cmocka_unit_test(test_lines_are_seen_in_bad_light),
        cmocka_unit_test(test_a_straight_page_and_a_blank_one_stay_as_they_are),
        cmocka_unit_test(test_quarters_turn_clockwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
