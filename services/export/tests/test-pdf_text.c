/*
 * The font of the text layer, and where it sets words.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/pdf/glyphs.h"
#include "services/export/pdf/line.h"
#include "services/export/pdf/truetype.h"

/* --- the font --- */

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* OpenType 1.9, "head": the sum over the whole file is a constant. */
static void test_the_font_file_sums_up(void **state)
{
    uint8_t file[TRUETYPE_MAX_BYTES];
    size_t length = truetype_write(file);
    uint32_t sum = 0;

    assert_int_equal(length % 4, 0);
    for (size_t i = 0; i < length; i += 4)
        sum += big_endian(file + i);
    assert_int_equal(sum, 0xB1B0AFBA);
    for (size_t i = 0; i < 6; i++) {
        const uint8_t *record = file + 12 + 16 * i;

        assert_in_range(big_endian(record + 8) + big_endian(record + 12), 1, length);
    }
}

static void test_codes_are_given_in_the_order_of_characters(void **state)
{
    static const uint32_t points[] = {'b', 'a', 0x1D11E, 'b', 'a'};
    static const uint32_t expected[] = {1, 2, 3, 1, 2};
    struct pdf_font font = {0};
    uint32_t code;

    for (size_t i = 0; i < ARRAY_LENGTH(points); i++) {
        assert_true(pdf_font_code(&font, points[i], &code));
        assert_int_equal(code, expected[i]);
    }
    pdf_font_deinit(&font);
}

static void test_more_characters_than_codes_read_as_replacement(void **state)
{
    struct pdf_font font = {0};
    uint32_t code = 0;

    for (uint32_t point = 0x10000; point < 0x10000 + PDF_FONT_CODES_MAX + 100; point++)
        assert_true(pdf_font_code(&font, point, &code));
    assert_int_equal(code, PDF_FONT_CODES_MAX);
    assert_int_equal(font.points[code], 0xFFFD);
    assert_true(pdf_font_code(&font, 0x10000, &code));
    assert_int_equal(code, 1);
    pdf_font_deinit(&font);
}

/* --- glyphs --- */

/* The codes of a text, of a font that has the letters of `known` as 1, 2, 3. */
static void expect_codes(const char *known, const char *text, const uint16_t *codes, size_t count)
{
    struct pdf_font font = {0};
    struct pdf_glyphs glyphs;

    pdf_glyphs_init(&glyphs);
    assert_true(pdf_glyphs_set(&glyphs, &font, str_of(known)));
    assert_true(pdf_glyphs_set(&glyphs, &font, str_of(text)));
    assert_int_equal(pdf_glyphs_count(&glyphs), count);
    assert_memory_equal(glyphs.codes.data, codes, count * sizeof(*codes));
    pdf_glyphs_deinit(&glyphs);
    pdf_font_deinit(&font);
}

static void test_left_to_right_text_stays_as_it_is(void **state)
{
    expect_codes("abc", "cab", (const uint16_t[]){3, 1, 2}, 3);
}

static void test_marks_have_codes_of_their_own(void **state)
{
    /* Devanagari KA and vowel sign I. */
    expect_codes("x", "\u0915\u093F", (const uint16_t[]){2, 3}, 2);
}

static void test_right_to_left_words_are_in_visual_order(void **state)
{
    /* Hebrew alef, bet, gimel. */
    expect_codes("\u05D0", "\u05D0\u05D1\u05D2", (const uint16_t[]){2, 3, 1}, 3);
    /* A number within stays left to right: alef 1 2 is seen as 12 alef. */
    expect_codes("12",
                 "\u05D0"
                 "12",
                 (const uint16_t[]){1, 2, 3}, 3);
    /* The full stop is at the left end, after a mark that keeps it with its word. */
    expect_codes(".\u05D0\u200F", "\u05D0.", (const uint16_t[]){1, 3, 2}, 3);
}

/* A dash or a number to the right of Hebrew. */
static void test_a_mark_parts_a_word_from_right_to_left_text(void **state)
{
    static const uint16_t codes[] = {3, 2, 1};
    struct pdf_font font = {0};
    struct pdf_glyphs glyphs;

    pdf_glyphs_init(&glyphs);
    assert_true(pdf_glyphs_set(&glyphs, &font, STR("12")));
    assert_true(pdf_glyphs_set(&glyphs, &font, STR("21")));
    assert_true(pdf_glyphs_part(&glyphs, &font));
    assert_int_equal(pdf_glyphs_count(&glyphs), ARRAY_LENGTH(codes));
    assert_memory_equal(glyphs.codes.data, codes, sizeof(codes));
    assert_int_equal(pdf_glyphs_offset(&glyphs, 1), 0);
    assert_int_equal(pdf_glyphs_offset(&glyphs, 2), 1);
    pdf_glyphs_deinit(&glyphs);
    pdf_font_deinit(&font);
}

static void test_what_text_may_not_have_is_left_out(void **state)
{
    expect_codes("ab",
                 "a\x01\x7F\xC2\x85\uFEFF"
                 "b",
                 (const uint16_t[]){1, 3, 2}, 3);
    expect_codes("a\uFFFD", "a\xFF", (const uint16_t[]){1, 2}, 2);
}

/* --- lines --- */

enum { WORDS_MAX = 4 };

struct test_line {
    Ocrmesh__Document__V1__Line line;
    Ocrmesh__Document__V1__Baseline baseline;
    Ocrmesh__Document__V1__Word words[WORDS_MAX], *pointers[WORDS_MAX];
    Ocrmesh__Document__V1__BoundingBox boxes[WORDS_MAX];
};

static void start_line(struct test_line *test)
{
    ocrmesh__document__v1__line__init(&test->line);
    ocrmesh__document__v1__baseline__init(&test->baseline);
    test->line.words = test->pointers;
}

static void add_word(struct test_line *test, const char *text, int x0, int y0, int x1, int y1)
{
    size_t i = test->line.n_words++;

    ocrmesh__document__v1__word__init(&test->words[i]);
    ocrmesh__document__v1__bounding_box__init(&test->boxes[i]);
    test->boxes[i].x0 = x0;
    test->boxes[i].y0 = y0;
    test->boxes[i].x1 = x1;
    test->boxes[i].y1 = y1;
    test->words[i].text = (char *)text;
    test->words[i].bbox = &test->boxes[i];
    test->pointers[i] = &test->words[i];
}

static void set_baseline(struct test_line *test, float x0, float y0, float x1, float y1)
{
    test->baseline.x0 = x0;
    test->baseline.y0 = y0;
    test->baseline.x1 = x1;
    test->baseline.y1 = y1;
    test->line.baseline = &test->baseline;
}

static void set(struct pdf_line *line, struct test_line *test)
{
    assert_true(pdf_line_set(line, &test->line,
                             OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT,
                             1000, 500));
}

#define ASSERT_NEAR(value, expected)                                                               \
    assert_in_range((int)((value) * 100 + 100000.5), (int)((expected) * 100) + 100000 - 1,         \
                    (int)((expected) * 100) + 100000 + 1)

static void test_a_skewed_line_steps(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    add_word(&test, "up", 100, 80, 200, 110);
    add_word(&test, "down", 300, 90, 400, 112);
    set_baseline(&test, 100, 100, 500, 110);
    set(&line, &test);
    ASSERT_NEAR(line.ux, 1);
    assert_int_equal(pdf_line_count(&line), 2);
    /* At the middle of the words, x = 150 and 350: a quarter of 10 pixels in 100. */
    ASSERT_NEAR(pdf_line_piece(&line, 0)->baseline, -101.25);
    ASSERT_NEAR(pdf_line_piece(&line, 1)->baseline, -106.25);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->low, -110);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->high, -80);
    pdf_line_deinit(&line);
}

static void test_a_steep_line_has_a_turned_frame(void **state)
{
    struct pdf_line line;
    struct test_line test;
    Ocrmesh__Document__V1__BoundingBox box = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;

    pdf_line_init(&line);
    start_line(&test);
    /* 100 long and 20 thick at 45 degrees: (100 + 20) / sqrt(2) each way. */
    add_word(&test, "steep", 100, 100, 185, 185);
    box = test.boxes[0];
    test.line.bbox = &box;
    set_baseline(&test, 100.0F, 114.14F, 170.71F, 184.85F);
    set(&line, &test);
    ASSERT_NEAR(line.ux, 0.7071);
    ASSERT_NEAR(line.uy, 0.7071);
    const struct pdf_piece *piece = pdf_line_piece(&line, 0);
    assert_in_range((int)(piece->end - piece->start), 98, 102);
    assert_in_range((int)(piece->high - piece->low), 17, 21);
    pdf_line_deinit(&line);
}

static void test_vertical_text_runs_downwards(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    test.line.direction = OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM;
    add_word(&test, "tate", 800, 100, 830, 300);
    set(&line, &test);
    ASSERT_NEAR(line.ux, 0);
    ASSERT_NEAR(line.uy, 1);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->start, 100);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->end, 300);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->low, 800);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->high, 830);
    pdf_line_deinit(&line);
}

static void test_words_without_a_space_between_them_are_one_piece(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    add_word(&test, "ab", 100, 80, 140, 100);
    add_word(&test, "c", 150, 70, 160, 100);
    add_word(&test, "d", 200, 80, 220, 100);
    test.words[0].no_space_after = true;
    set(&line, &test);
    assert_int_equal(pdf_line_count(&line), 2);
    const struct pdf_piece *piece = pdf_line_piece(&line, 0);
    assert_true(str_equal(pdf_line_text(&line, piece), STR("abc")));
    assert_int_equal(piece->stop_count, 2);
    ASSERT_NEAR(pdf_line_stop(&line, piece->first_stop + 1)->start, 150);
    ASSERT_NEAR(piece->end, 160);
    ASSERT_NEAR(piece->high, -70);
    pdf_line_deinit(&line);
}

static void test_touching_words_make_room_for_a_space(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    add_word(&test, "a", 100, 80, 200, 100);
    add_word(&test, "b", 195, 80, 300, 100);
    add_word(&test, "c", 320, 80, 400, 100);
    set(&line, &test);
    pdf_line_space(&line, 10);
    ASSERT_NEAR(pdf_line_piece(&line, 0)->end, 185);
    ASSERT_NEAR(pdf_line_piece(&line, 1)->start, 195);
    ASSERT_NEAR(pdf_line_piece(&line, 1)->end, 300);
    pdf_line_deinit(&line);
}

static void test_words_from_right_to_left_stand_as_they_are_seen(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    test.line.direction = OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT;
    add_word(&test, "first", 300, 80, 400, 100);
    add_word(&test, "second", 100, 80, 200, 100);
    set(&line, &test);
    assert_true(str_equal(pdf_line_text(&line, pdf_line_piece(&line, 0)), STR("second")));
    assert_true(str_equal(pdf_line_text(&line, pdf_line_piece(&line, 1)), STR("first")));
    pdf_line_deinit(&line);
}

static void test_boxes_that_make_no_sense_are_cut_to_the_page(void **state)
{
    struct pdf_line line;
    struct test_line test;

    pdf_line_init(&line);
    start_line(&test);
    add_word(&test, "far", INT32_MAX, INT32_MIN, INT32_MIN, INT32_MAX);
    test.pointers[1] = &test.words[1];
    ocrmesh__document__v1__word__init(&test.words[1]);
    test.words[1].text = (char *)"nowhere";
    test.line.n_words = 2;
    set(&line, &test);
    assert_int_equal(pdf_line_count(&line), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct pdf_piece *piece = pdf_line_piece(&line, i);

        assert_true(piece->start >= 0 && piece->start < piece->end && piece->end <= 1000);
        assert_true(piece->low >= -500 && piece->low < piece->high && piece->high <= 0);
    }
    pdf_line_deinit(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_font_file_sums_up),
        cmocka_unit_test(test_codes_are_given_in_the_order_of_characters),
        cmocka_unit_test(test_more_characters_than_codes_read_as_replacement),
        cmocka_unit_test(test_left_to_right_text_stays_as_it_is),
        cmocka_unit_test(test_marks_have_codes_of_their_own),
        cmocka_unit_test(test_right_to_left_words_are_in_visual_order),
        cmocka_unit_test(test_a_mark_parts_a_word_from_right_to_left_text),
        cmocka_unit_test(test_what_text_may_not_have_is_left_out),
        cmocka_unit_test(test_a_skewed_line_steps),
        cmocka_unit_test(test_a_steep_line_has_a_turned_frame),
        cmocka_unit_test(test_vertical_text_runs_downwards),
        cmocka_unit_test(test_words_without_a_space_between_them_are_one_piece),
        cmocka_unit_test(test_touching_words_make_room_for_a_space),
        cmocka_unit_test(test_words_from_right_to_left_stand_as_they_are_seen),
        cmocka_unit_test(test_boxes_that_make_no_sense_are_cut_to_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
