#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/page/box.h"

static void expect(int32_t x0, int32_t y0, int32_t x1, int32_t y1, const struct box *expected)
{
    Ocrmesh__Document__V1__BoundingBox bbox = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    struct box box;

    page.width = 100;
    page.height = 200;
    bbox.x0 = x0, bbox.y0 = y0, bbox.x1 = x1, bbox.y1 = y1;
    assert_true(box_of(&bbox, &page, &box));
    assert_memory_equal(&box, expected, sizeof(box));
}

static void test_boxes_are_cut_to_the_page(void **state)
{
    expect(1, 2, 3, 4, &(struct box){1, 2, 3, 4});
    expect(-5, -5, 300, 300, &(struct box){0, 0, 100, 200});
    expect(INT32_MIN, INT32_MAX, INT32_MAX, INT32_MIN, &(struct box){0, 200, 100, 200});
}

static void test_boxes_are_never_inside_out(void **state)
{
    expect(50, 60, 40, 30, &(struct box){50, 60, 50, 60});
}

static void test_a_page_of_unknown_size_cuts_nothing(void **state)
{
    Ocrmesh__Document__V1__BoundingBox bbox = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    struct box box;

    bbox.x1 = INT32_MAX, bbox.y1 = 7;
    page.height = UINT32_MAX;
    assert_true(box_of(&bbox, &page, &box));
    assert_int_equal(box.x1, INT32_MAX);
    assert_int_equal(box.y1, 7);
    assert_false(box_of(NULL, &page, &box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_are_cut_to_the_page),
        cmocka_unit_test(test_boxes_are_never_inside_out),
        cmocka_unit_test(test_a_page_of_unknown_size_cuts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
