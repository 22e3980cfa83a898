#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/docx/margin.h"

enum { BLOCKS_MAX = 20, PAGE_WIDTH = 900 };

/* Headers at the given places, for one call at a time. */
struct place {
    const char *text;
    int x;
    int y;
};

static void read_places(struct docx_margin_text *margin, const struct place *places, size_t count)
{
    static Ocrmesh__Document__V1__Block blocks[BLOCKS_MAX];
    static Ocrmesh__Document__V1__BoundingBox boxes[BLOCKS_MAX];
    Ocrmesh__Document__V1__Block *list[BLOCKS_MAX];
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;

    for (size_t i = 0; i < count; i++) {
        ocrmesh__document__v1__block__init(&blocks[i]);
        ocrmesh__document__v1__bounding_box__init(&boxes[i]);
        boxes[i].x0 = places[i].x;
        boxes[i].x1 = places[i].x + 10;
        boxes[i].y0 = places[i].y;
        boxes[i].y1 = places[i].y + 20;
        blocks[i].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER;
        blocks[i].text = (char *)places[i].text;
        blocks[i].bbox = &boxes[i];
        list[i] = &blocks[i];
    }
    page.width = PAGE_WIDTH;
    page.blocks = list;
    page.n_blocks = count;
    docx_margin_read(margin, &page, DOCX_HEADER);
}

static void read_text(struct docx_margin_text *margin, const char *text)
{
    read_places(margin, &(struct place){text, 10, 10}, 1);
}

static void test_pieces_of_a_row_are_apart_by_tabs(void **state)
{
    struct docx_margin_text margin;

    read_places(&margin,
                (const struct place[]){{"right", 880, 12}, {"left", 10, 10}, {"below", 450, 50}},
                3);
    assert_string_equal(margin.text, "left\t\tright\n\tbelow\n");
}

static void test_a_block_keeps_its_lines_and_no_controls(void **state)
{
    struct docx_margin_text margin;

    read_text(&margin, "a\tb\nc\x01");
    assert_string_equal(margin.text, "a b\nc \n");
}

static void test_a_header_with_too_much_in_it_is_none(void **state)
{
    struct docx_margin_text margin;
    char text[DOCX_MARGIN_TEXT_SIZE] = "";

    memset(text, 'a', sizeof(text) - 4);
    read_text(&margin, text);
    assert_int_equal(margin.length, sizeof(text) - 3);
    memset(text, 'a', sizeof(text) - 3);
    read_text(&margin, text);
    assert_string_equal(margin.text, "");
    memset(text, '\n', sizeof(text) / 3);
    text[sizeof(text) / 3] = '\0';
    read_text(&margin, text);
    assert_string_equal(margin.text, "");
}

static void test_as_many_pieces_as_there_is_room_for_are_kept(void **state)
{
    Ocrmesh__Document__V1__Block blocks[DOCX_MARGIN_BLOCKS_MAX + 1];
    Ocrmesh__Document__V1__Block *list[DOCX_MARGIN_BLOCKS_MAX + 1];
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    struct docx_margin_text margin;

    for (size_t i = 0; i <= DOCX_MARGIN_BLOCKS_MAX; i++) {
        ocrmesh__document__v1__block__init(&blocks[i]);
        blocks[i].kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER;
        blocks[i].text = (char *)"x";
        list[i] = &blocks[i];
    }
    page.blocks = list;
    page.n_blocks = DOCX_MARGIN_BLOCKS_MAX;
    docx_margin_read(&margin, &page, DOCX_FOOTER);
    assert_int_equal(margin.length, 2 * DOCX_MARGIN_BLOCKS_MAX); /* "x x ... x\n" */
    page.n_blocks++;
    docx_margin_read(&margin, &page, DOCX_FOOTER);
    assert_int_equal(margin.length, 0);
}

static bool goes_on(const char *first, const char *next, int32_t distance, int32_t *ret_number)
{
    struct docx_margin_text a;
    struct docx_margin_text b;

    read_text(&a, first);
    read_text(&b, next);
    bool result = docx_margin_goes_on(&a, &b, distance);
    *ret_number = a.number_length > 0 ? a.number : -1;
    return result;
}

static void test_a_number_that_grows_with_the_pages_is_the_page_number(void **state)
{
    int32_t number;

    assert_true(goes_on("Page 9 of 12", "Page 10 of 12", 1, &number));
    assert_int_equal(number, 9);
    assert_true(goes_on("109", "111", 2, &number));
    assert_int_equal(number, 109);
    assert_true(goes_on("Report 2025", "Report 2025", 1, &number));
    assert_int_equal(number, -1);
}

static void test_another_text_does_not_go_on(void **state)
{
    int32_t number;

    assert_false(goes_on("Page 9", "Page 11", 1, &number));
    assert_false(goes_on("Page 9", "Page x", 1, &number));
    assert_false(goes_on("1 of 2", "2 of 3", 1, &number));
    assert_false(goes_on("Page 007", "Page 008", 1, &number));
    assert_false(goes_on("", "1", 1, &number));
    assert_false(goes_on("1234567", "1234568", 1, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_a_row_are_apart_by_tabs),
        cmocka_unit_test(test_a_block_keeps_its_lines_and_no_controls),
        cmocka_unit_test(test_a_header_with_too_much_in_it_is_none),
        cmocka_unit_test(test_as_many_pieces_as_there_is_room_for_are_kept),
        cmocka_unit_test(test_a_number_that_grows_with_the_pages_is_the_page_number),
        cmocka_unit_test(test_another_text_does_not_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
