#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/page/text_flow.h"

struct extent {
    int x0, x1;
};

/* Lines in a block of 1,000 pixels; each first word is 50 wide. */
static void expect_flow(const char *text, const struct extent *extents, size_t count,
                        const char *expected)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__BoundingBox whole = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__BoundingBox boxes[8];
    Ocrmesh__Document__V1__BoundingBox word_box = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__Word word = OCRMESH__DOCUMENT__V1__WORD__INIT;
    Ocrmesh__Document__V1__Word *words[] = {&word};
    Ocrmesh__Document__V1__Line lines[8];
    Ocrmesh__Document__V1__Line *line_list[8];
    struct buf out;

    word_box.x1 = 50;
    word_box.y1 = 20;
    word.bbox = &word_box;
    for (size_t i = 0; i < count; i++) {
        ocrmesh__document__v1__bounding_box__init(&boxes[i]);
        ocrmesh__document__v1__line__init(&lines[i]);
        boxes[i].x0 = extents[i].x0;
        boxes[i].x1 = extents[i].x1;
        boxes[i].y0 = (int)i * 30;
        boxes[i].y1 = (int)i * 30 + 20;
        lines[i].bbox = &boxes[i];
        lines[i].words = words;
        lines[i].n_words = 1;
        line_list[i] = &lines[i];
    }
    whole.x1 = 1000;
    block.bbox = &whole;
    block.lines = line_list;
    block.n_lines = count;
    block.text = (char *)text;
    buf_init(&out, 1 << 10);
    assert_true(text_flow_append(&out, &page, &block, str_of(text)));
    assert_string_equal(out.data, expected);
    buf_deinit(&out);
}

static void test_a_line_that_ends_early_keeps_its_end(void **state)
{
    const struct extent extents[] = {{0, 1000}, {0, 400}, {0, 1000}, {0, 990}, {0, 300}};

    expect_flow("a\nb\nc\nd\ne", extents, 5, "a b\nc d e");
}

static void test_a_block_whose_lines_mostly_end_early_keeps_all_ends(void **state)
{
    const struct extent extents[] = {{0, 1000}, {0, 400}, {0, 500}};

    expect_flow("name\nstreet\ntown", extents, 3, "name\nstreet\ntown");
}

static void test_ragged_lines_flow(void **state)
{
    const struct extent extents[] = {{0, 960}, {0, 990}, {0, 300}};

    expect_flow("a\nb\nc", extents, 3, "a b c");
}

static void test_a_first_line_with_an_indent_flows(void **state)
{
    const struct extent extents[] = {{40, 960}, {0, 990}, {0, 300}};

    expect_flow("a\nb\nc", extents, 3, "a b c");
}

static void test_centred_lines_keep_their_ends(void **state)
{
    const struct extent extents[] = {{60, 940}, {0, 1000}, {300, 705}};

    expect_flow("a\nb\nc", extents, 3, "a\nb\nc");
}

/* The block is as wide as its last lines, which stand beneath a figure that the others run along.
 */
static void test_running_text_beside_a_figure_flows(void **state)
{
    const struct extent extents[] = {{0, 490}, {0, 500}, {0, 480}, {0, 495}, {0, 1000}, {0, 980}};

    expect_flow("a repeat-\ned\nc\nd\ne\nf", extents, 6, "a repeated c d e f");
    expect_flow("a\nb\nc\nd\ne\nf", extents, 6, "a\nb\nc\nd\ne\nf");
}

static void test_a_line_of_running_text_that_ends_early_keeps_its_end(void **state)
{
    const struct extent extents[] = {{0, 990}, {0, 1000}, {0, 400}, {0, 995}, {0, 1000}};

    expect_flow("a repeat-\ned\nc\nd\ne", extents, 5, "a repeated c\nd e");
}

static void test_lines_without_boxes_flow(void **state)
{
    expect_flow("a\nb\nc", NULL, 0, "a b c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_that_ends_early_keeps_its_end),
        cmocka_unit_test(test_a_block_whose_lines_mostly_end_early_keeps_all_ends),
        cmocka_unit_test(test_ragged_lines_flow),
        cmocka_unit_test(test_a_first_line_with_an_indent_flows),
        cmocka_unit_test(test_centred_lines_keep_their_ends),
        cmocka_unit_test(test_running_text_beside_a_figure_flows),
        cmocka_unit_test(test_a_line_of_running_text_that_ends_early_keeps_its_end),
        cmocka_unit_test(test_lines_without_boxes_flow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
