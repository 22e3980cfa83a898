#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/docx/statistics.h"

enum { PARAGRAPHS = 5, PARAGRAPH_HEIGHT = 170, LINES = 4 };

static const double twips_per_pixel = 1440 / 300.0;

/* Statistics of paragraphs of four lines in 10 points, `gap` pixels apart; at 300 dots per inch a
 * point is 4.17 pixels. */
static struct docx_statistics statistics_of(int32_t gap, size_t count)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Document__V1__Block blocks[PARAGRAPHS];
    Ocrmesh__Document__V1__BoundingBox boxes[PARAGRAPHS];
    Ocrmesh__Document__V1__Block *list[PARAGRAPHS];
    struct docx_statistics statistics = {0};

    for (size_t i = 0; i < count; i++) {
        ocrmesh__document__v1__block__init(&blocks[i]);
        ocrmesh__document__v1__bounding_box__init(&boxes[i]);
        boxes[i].y0 = (int32_t)i * (PARAGRAPH_HEIGHT + gap);
        boxes[i].y1 = boxes[i].y0 + PARAGRAPH_HEIGHT;
        boxes[i].x1 = 1000;
        blocks[i].bbox = &boxes[i];
        blocks[i].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH;
        blocks[i].text = (char *)"one\ntwo\nthree\nfour";
        list[i] = &blocks[i];
    }
    page.blocks = list;
    page.n_blocks = count;
    docx_statistics_add(&statistics, &page, twips_per_pixel);
    return statistics;
}

static void test_paragraphs_are_as_far_apart_as_on_the_page(void **state)
{
    const int twips_per_point = 20;
    /* Lines are 3 points apart, so 6 points more are 9. */
    struct docx_statistics statistics = statistics_of((int32_t)(9 * 300 / 72.0), PARAGRAPHS);
    int space = docx_statistics_space_after(&statistics);

    assert_in_range(docx_statistics_body_size(&statistics), 18, 20);
    assert_in_range(space, 5 * twips_per_point, 7 * twips_per_point);
}

static void test_paragraphs_neither_touch_nor_drift_apart(void **state)
{
    struct docx_statistics close = statistics_of(10, PARAGRAPHS);
    struct docx_statistics wide = statistics_of(100, PARAGRAPHS);
    int body_twips = docx_statistics_body_size(&close) * 10;

    assert_int_equal(docx_statistics_space_after(&close), body_twips / 5);
    assert_int_equal(docx_statistics_space_after(&wide), body_twips * 4 / 5);
}

static void test_where_nothing_tells_it_half_a_line_is_between_paragraphs(void **state)
{
    struct docx_statistics single = statistics_of(0, 1);

    assert_int_equal(docx_statistics_space_after(&single),
                     docx_statistics_body_size(&single) * 10 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paragraphs_are_as_far_apart_as_on_the_page),
        cmocka_unit_test(test_paragraphs_neither_touch_nor_drift_apart),
        cmocka_unit_test(test_where_nothing_tells_it_half_a_line_is_between_paragraphs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
