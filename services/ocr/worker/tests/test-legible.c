#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/legible.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { WIDTH = 900, HEIGHT = 1200 };

static struct image *page_of_letters(int letter_height, float dpi)
{
    struct image *image = NULL;
    struct status st;

    assert_int_equal(image_from_pix(fixture_letters(WIDTH, HEIGHT, letter_height), &image, &st),
                     STATUS_OK);
    image->dpi = dpi;
    return image;
}

static float letter_height(const struct legible *legible)
{
    _cleanup_(pix_freep) struct Pix *ink = NULL;
    struct status st;

    assert_int_equal(ink_find(legible->image->pix, &ink, &st), STATUS_OK);
    return ink_letter_height(ink);
}

static void test_small_and_huge_letters_come_to_a_usual_size(void **state)
{
    static const int heights[] = {6, 9, 60, 100};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(heights); i++) {
        _cleanup_(image_freep) struct image *page = page_of_letters(heights[i], 0);
        _cleanup_(legible_deinit) struct legible legible = {0};
        struct status st;
        assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
        float height = letter_height(&legible);
        if (height < 16 || height > 32)
            fail_msg("letters of %d pixels become %.0f", heights[i], (double)height);
        assert_int_equal(page->width, WIDTH);
    }
}

/* Arabic has more dots than letters, and the grain of a scan leaves more specks than that. */
static void test_dots_and_specks_do_not_count_as_letters(void **state)
{
    enum { LETTER = 24, DOT = 5, MARGIN = 100, GAP = 8 };
    _cleanup_(image_freep) struct image *page = page_of_letters(LETTER, 300);
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    for (int y = MARGIN + LETTER + GAP; y < HEIGHT - MARGIN; y += 5 * LETTER / 2)
        for (int x = MARGIN; x < WIDTH - MARGIN; x += LETTER / 2) /* two for each letter */
            (void)pixRasterop(page->pix, x, y, DOT, DOT, PIX_CLR, NULL, 0, 0);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_float_equal(legible.letter_height, LETTER, 0.5f);
    assert_int_equal(legible.image->width, WIDTH);
}

/* One threshold parts such a page into the picture and all else. */
static void test_grey_letters_beside_a_black_picture_are_seen(void **state)
{
    enum { LETTER = 20, GREY = 140, PICTURE_SIDE = 500 };
    _cleanup_(image_freep) struct image *page = page_of_letters(LETTER, 0);
    _cleanup_(pix_freep) struct Pix *letters = pixThresholdToBinary(page->pix, 128);
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    assert_int_equal(pixSetMasked(page->pix, letters, GREY), 0);
    (void)pixRasterop(page->pix, WIDTH - PICTURE_SIDE, HEIGHT - PICTURE_SIDE, PICTURE_SIDE,
                      PICTURE_SIDE, PIX_CLR, NULL, 0, 0);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_float_equal(legible.letter_height, LETTER, 0.5f);
}

/* Somewhat low letters are raised where that is cheap, very low ones always. */
static void test_a_large_page_grows_for_very_low_letters_only(void **state)
{
    static const struct {
        int side, letter_height;
        bool grows;
    } pages[] = {{900, 16, true}, {3400, 16, false}, {3400, 11, true}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
        _cleanup_(image_freep) struct image *page = NULL;
        _cleanup_(legible_deinit) struct legible legible = {0};
        struct status st;
        assert_int_equal(
            image_from_pix(fixture_letters(pages[i].side, pages[i].side, pages[i].letter_height),
                           &page, &st),
            STATUS_OK);
        assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
        if ((legible.image->width > page->width) != pages[i].grows)
            fail_msg("page %zu: %u becomes %u", i, page->width, legible.image->width);
    }
}

/* A page of which every fourth pixel is black, by chance; the same in every run. */
static struct Pix *noise(int side)
{
    struct Pix *pix = pixCreate(side, side, 8);
    uint32_t state = 1;

    assert_non_null(pix);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            state = state * 1664525 + 1013904223; /* Knuth, TAOCP 3.3.4 */
            SET_DATA_BYTE(pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix), x,
                          state >> 30 != 0 ? 255 : 0);
        }
    return pix;
}

/* Reading it three times as large took minutes. */
static void test_noise_does_not_grow_like_low_letters(void **state)
{
    enum { SIDE = 1600 };
    _cleanup_(image_freep) struct image *page = NULL;
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    assert_int_equal(image_from_pix(noise(SIDE), &page, &st), STATUS_OK);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_true(legible.image->width < SIDE);
    assert_float_equal(legible.letter_height, 0, 0);
}

/* Of a title on a printed picture, or on a fabric. */
static void test_large_letters_on_grain_stay(void **state)
{
    enum { SIDE = 1600, LETTER = 160 };
    _cleanup_(image_freep) struct image *page = NULL;
    _cleanup_(legible_deinit) struct legible legible = {0};
    _cleanup_(pix_freep) struct Pix *letters = fixture_letters(SIDE, SIDE, LETTER);
    struct Pix *pix = noise(SIDE);
    struct status st;

    (void)state;
    (void)pixRasterop(pix, 0, 0, SIDE, SIDE, PIX_SRC & PIX_DST, letters, 0, 0);
    assert_int_equal(image_from_pix(pix, &page, &st), STATUS_OK);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_true(legible.image->width < SIDE);
    assert_float_equal(letter_height(&legible), (float)LETTER / 4, 2);
}

static void test_a_usual_page_stays_pixel_by_pixel(void **state)
{
    _cleanup_(image_freep) struct image *page = page_of_letters(20, 300);
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;
    l_int32 is_same = 0;

    (void)state;
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_int_equal(pixEqual(page->pix, legible.image->pix, &is_same), 0);
    assert_true(is_same);
    assert_float_equal(legible.image->dpi, 300, 0);
}

static void test_a_resolution_that_letters_contradict_is_not_believed(void **state)
{
    _cleanup_(image_freep) struct image *page = page_of_letters(20, 75);
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_float_equal(legible.image->dpi, 280, 30);
}

static void test_white_on_black_becomes_black_on_white_and_lines_vanish(void **state)
{
    _cleanup_(image_freep) struct image *page = page_of_letters(20, 0);
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    (void)pixRasterop(page->pix, 20, 30, 800, 3, PIX_CLR, NULL, 0, 0);
    (void)pixInvert(page->pix, page->pix);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_int_equal(image_get(legible.image, 5, 5), 255);
    assert_int_equal(image_get(legible.image, 400, 31), 255);
    assert_true(letter_height(&legible) > 18);
    /* The page's own image is not touched. */
    assert_int_equal(image_get(page, 5, 5), 0);
}

/* A box around each letter of the legible picture holds the letter of the page, and little more. */
static void test_boxes_come_back_to_the_pixels_of_the_page(void **state)
{
    static const int heights[] = {7, 20, 90};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(heights); i++) {
        _cleanup_(image_freep) struct image *page = page_of_letters(heights[i], 0);
        _cleanup_(legible_deinit) struct legible legible = {0};
        _cleanup_(pix_freep) struct Pix *page_ink = NULL, *ink = NULL;
        struct status st;
        assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
        assert_int_equal(ink_find(page->pix, &page_ink, &st), STATUS_OK);
        assert_int_equal(ink_find(legible.image->pix, &ink, &st), STATUS_OK);
        _cleanup_(boxa_freep) struct Boxa *there = pixConnCompBB(page_ink, 8);
        _cleanup_(boxa_freep) struct Boxa *here = pixConnCompBB(ink, 8);
        assert_int_equal(boxaGetCount(there), boxaGetCount(here));
        for (l_int32 b = 0; b < boxaGetCount(here); b++) {
            l_int32 x, y, width, height;
            (void)boxaGetBoxGeometry(here, b, &x, &y, &width, &height);
            struct bbox found =
                legible_to_page(&legible, (struct bbox){x, y, x + width, y + height});
            (void)boxaGetBoxGeometry(there, b, &x, &y, &width, &height);
            const int slack = 1 + (int)(1 / legible.scale_x + 1);
            assert_in_range(found.x0 + slack, x, x + 2 * slack);
            assert_in_range(found.y0 + slack, y, y + 2 * slack);
            assert_in_range(found.x1 + slack, x + width, x + width + 2 * slack);
            assert_in_range(found.y1 + slack, y + height, y + height + 2 * slack);
        }
    }
}

static void test_boxes_outside_are_cut_to_the_page(void **state)
{
    const struct legible legible = {
        .scale_x = 2, .scale_y = 0.5f, .page_width = 100, .page_height = 200};
    struct bbox box = legible_to_page(&legible, (struct bbox){-5, 3, 301, 150});

    (void)state;
    assert_int_equal(box.x0, 0);
    assert_int_equal(box.y0, 6);
    assert_int_equal(box.x1, 100);
    assert_int_equal(box.y1, 200);
}

/* Letters of four pixels on the largest page: tripled, it would be too large. */
static void test_no_picture_grows_beyond_the_limits(void **state)
{
    _cleanup_(image_freep) struct image *page = NULL;
    _cleanup_(legible_deinit) struct legible legible = {0};
    struct status st;

    (void)state;
    assert_int_equal(image_from_pix(fixture_letters(PAGE_SIDE_MAX, 60, 6), &page, &st), STATUS_OK);
    assert_int_equal(legible_init(&legible, page, &st), STATUS_OK);
    assert_int_equal(legible.image->width, PAGE_SIDE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_and_huge_letters_come_to_a_usual_size),
        cmocka_unit_test(test_dots_and_specks_do_not_count_as_letters),
        cmocka_unit_test(test_grey_letters_beside_a_black_picture_are_seen),
        cmocka_unit_test(test_a_large_page_grows_for_very_low_letters_only),
        cmocka_unit_test(test_noise_does_not_grow_like_low_letters),
        cmocka_unit_test(test_large_letters_on_grain_stay),
        cmocka_unit_test(test_a_usual_page_stays_pixel_by_pixel),
        cmocka_unit_test(test_a_resolution_that_letters_contradict_is_not_believed),
        cmocka_unit_test(test_white_on_black_becomes_black_on_white_and_lines_vanish),
        cmocka_unit_test(test_boxes_come_back_to_the_pixels_of_the_page),
        cmocka_unit_test(test_boxes_outside_are_cut_to_the_page),
        cmocka_unit_test(test_no_picture_grows_beyond_the_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
