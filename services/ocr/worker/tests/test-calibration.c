#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/calibration.h"

enum { PAGE_MAX_BYTES = 1 << 20 };

static const confidence_kind kinds[] = {CONFIDENCE_TESSERACT, CONFIDENCE_NETWORKS};

static void test_a_surer_word_is_never_less_probable(void **state)
{
    enum { STEPS = 1000 };

    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        float before = 0;
        for (int i = 0; i <= STEPS; i++) {
            float probability = calibration_of(kinds[k], (float)i / STEPS);
            assert_true(probability >= before);
            assert_true(probability <= 1);
            before = probability;
        }
    }
}

static void test_what_is_sure_is_told_from_noise(void **state)
{
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        assert_true(calibration_of(kinds[k], 0.2f) < 0.5f);
        assert_true(calibration_of(kinds[k], 0.98f) > 0.9f);
    }
}

static void test_what_is_a_probability_stays(void **state)
{
    assert_float_equal(calibration_of(CONFIDENCE_CALIBRATED, 0.7f), 0.7f, 0);
}

/* A page of one line of words, with tesseract's confidence each. */
static void fill(struct page *page, const float *confidences, size_t count)
{
    page_begin(page, arena_new(PAGE_MAX_BYTES));
    page->width = page->height = 100;
    struct line *line = block_add_line(page, page_add_block(page));
    for (size_t i = 0; i < count; i++)
        *line_add_word(page, line) = (struct word){.text = "word",
                                                   .bbox = {0, 0, 10, 10},
                                                   .confidence = confidences[i],
                                                   .confidence_kind = CONFIDENCE_TESSERACT};
}

static void test_a_page_is_calibrated_once(void **state)
{
    static const float confidences[] = {0.3f, 0.95f};
    float expected[ARRAY_LENGTH(confidences)];
    struct page page;
    struct status st;

    fill(&page, confidences, ARRAY_LENGTH(confidences));
    for (size_t i = 0; i < ARRAY_LENGTH(confidences); i++)
        expected[i] = calibration_of(CONFIDENCE_TESSERACT, confidences[i]);
    assert_true(calibration_apply(&page));
    assert_false(calibration_apply(&page));
    assert_int_equal(page_finish(&page, &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(confidences); i++)
        assert_float_equal(page.blocks[0].lines[0].words[i].confidence, expected[i], 0);
    assert_float_equal(page.mean_confidence, (expected[0] + expected[1]) / 2, 1e-6);
    arena_free(page.arena);
}

static void test_a_finished_page_may_be_finished_again(void **state)
{
    static const float confidences[] = {0.5f};
    struct page page;
    struct status st;

    fill(&page, confidences, ARRAY_LENGTH(confidences));
    assert_int_equal(page_finish(&page, &st), STATUS_OK);
    const char *text = page.text, *markdown = page.markdown;
    assert_int_equal(page_finish(&page, &st), STATUS_OK);
    assert_string_equal(page.text, text);
    assert_string_equal(page.markdown, markdown);
    assert_int_equal(page.block_count, 1);
    arena_free(page.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_surer_word_is_never_less_probable),
        cmocka_unit_test(test_what_is_sure_is_told_from_noise),
        cmocka_unit_test(test_what_is_a_probability_stays),
        cmocka_unit_test(test_a_page_is_calibrated_once),
        cmocka_unit_test(test_a_finished_page_may_be_finished_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
