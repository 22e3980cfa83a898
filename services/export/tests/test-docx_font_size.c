#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/docx/font_size.h"

/* Boxes as the recogniser gave them of pages that pango set at 300 dots per inch in 11 points,
 * which are 22 half points. */
static const double twips_per_pixel = 1440 / 300.0;

static double size_of(const char *text, int32_t width, int32_t height)
{
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__BoundingBox box = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;

    box.x1 = width;
    box.y1 = height;
    block.bbox = &box;
    block.text = (char *)text;
    return docx_font_size_of(&block, twips_per_pixel);
}

static void expect_near(double size, double points)
{
    assert_true(size > 2 * points * 0.85 && size < 2 * points * 1.15);
}

static void test_wide_characters_are_told_by_the_length_of_their_line(void **state)
{
    expect_near(
        size_of(
            "法律之前人人平等,并有权享受法律的平等保护,不受任何歧视。"
            "人人有权亭受平等保护,以免受违反本\n宣言的任何歧视行为以及炉动这种歧视的任何行为之害。",
            2019, 132),
        11);
    expect_near(size_of("すべての人は、いかなる場所においても、法の下において、"
                        "人として認められる権利を有する。",
                        1942, 57),
                11);
}

/* With a heading that the recogniser took for the paragraph's last line: the distance of the lines
 * says nothing. */
static void test_tall_scripts_are_told_by_the_length_of_their_line(void **state)
{
    expect_near(size_of("لا يجوز إسترقاق أو إستعباد أي شخص. ويحظر الإسترقاق وتجارة الرقيق "
                        "بكافة أوضاعهما.\nالمادة 5",
                        1420, 210),
                11);
    expect_near(size_of("कोई भी गुलामी या दासता की हालत में न रखा जाएगा, ग़ुलामी-प्रथा और ग़ुलामों का "
                        "व्यापार अपने सभी रूपों में निषिद्ध होगा ।\nअनुच्छेद ५.",
                        1860, 205),
                11);
    expect_near(size_of("ทุกคนมีสิทธิทีจะได้รับการยอมรับนับถือว่า "
                        "เป็นบุคคลตามกฎหมายทุกแห่งหน\nข้อ 7",
                        1422, 216),
                11);
    expect_near(size_of("לא יהיה אדם עבד או משועבד; עבדות וסחר עבדים יאסרו לכל "
                        "צורותיהם.\nסעיף ה.",
                        1297, 173),
                11);
}

static void test_latin_is_told_by_the_distance_of_its_lines(void **state)
{
    /* 10 points with lines 12 points apart, which are 50 pixels. */
    expect_near(size_of("one\ntwo\nthree\nfour", 1994, 185), 10);
    expect_near(size_of("one", 100, 36), 10);
}

static void test_too_little_text_tells_nothing(void **state)
{
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;

    assert_true(docx_font_size_of(&block, twips_per_pixel) <= 0);
    assert_true(size_of("第三条", 300, 60) <= 0);
    assert_true(size_of("", 0, 0) <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_characters_are_told_by_the_length_of_their_line),
        cmocka_unit_test(test_tall_scripts_are_told_by_the_length_of_their_line),
        cmocka_unit_test(test_latin_is_told_by_the_distance_of_its_lines),
        cmocka_unit_test(test_too_little_text_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
