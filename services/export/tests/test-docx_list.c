#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/docx/list.h"

static struct docx_list_place place(struct docx_lists *lists, const char *marker, uint32_t level)
{
    static char text[64];
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;

    (void)snprintf(text, sizeof(text), "%s item", marker);
    block.text = text;
    block.list_marker = (char *)marker;
    block.level = level;
    return docx_lists_place(lists, &block);
}

/* The number of the list that an item goes into; 0: its marker stays text. */
static uint32_t list_of(struct docx_lists *lists, const char *marker)
{
    return place(lists, marker, 1).number;
}

static void test_numbers_that_follow_each_other_are_one_list(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();
    uint32_t first = list_of(lists, "7.");

    assert_int_not_equal(first, 0);
    assert_int_equal(list_of(lists, "8."), first);
    assert_int_not_equal(list_of(lists, "10."), first);
    assert_int_not_equal(list_of(lists, "11)"), first);
}

static void test_levels_count_by_themselves(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();
    uint32_t outer = place(lists, "1.", 1).number;
    uint32_t inner = place(lists, "1.", 2).number;

    assert_int_not_equal(outer, inner);
    assert_int_equal(place(lists, "2.", 2).number, inner);
    assert_int_equal(place(lists, "2.", 1).number, outer);
    assert_int_equal(place(lists, "2.", 0).level, 0);
    assert_int_equal(place(lists, "2.", 4000000000).level, DOCX_LIST_LEVELS - 1);
}

static void test_letters_that_are_roman_numerals_are_read_by_what_goes_before(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();
    uint32_t letters = list_of(lists, "(h)");
    uint32_t roman;

    assert_int_equal(list_of(lists, "(i)"), letters);
    assert_int_equal(list_of(lists, "(j)"), letters);
    roman = list_of(lists, "i.");
    assert_int_equal(list_of(lists, "ii."), roman);
    assert_int_equal(list_of(lists, "iii."), roman);
    assert_int_equal(list_of(lists, "iv."), roman);
    assert_int_equal(list_of(lists, "v."), roman);
    assert_int_not_equal(list_of(lists, "V."), roman);
}

static void test_what_word_does_not_count_stays_text(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();
    static const char *const markers[] = {"1.2",  "\xC2\xA7", "iiii.", "007.", "1900",
                                          "abc)", "99999.",   "()",    ".",    "一、"};

    for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
        struct docx_list_place item = place(lists, markers[i], 1);

        assert_int_equal(item.number, 0);
        assert_true(str_starts_with(item.text, str_of(markers[i])));
    }
}

static void test_the_marker_leaves_the_text(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();

    assert_true(str_equal(place(lists, "1.", 1).text, STR("item")));
    assert_true(str_equal(place(lists, "•", 1).text, STR("item")));
}

static void test_bullets_of_a_sign_are_one_list(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();
    uint32_t dash = list_of(lists, "-");

    assert_int_not_equal(list_of(lists, "•"), dash);
    assert_int_equal(list_of(lists, "-"), dash);
}

static void test_beyond_the_limit_markers_stay_text(void **state)
{
    _cleanup_(docx_lists_freep) struct docx_lists *lists = docx_lists_new();

    for (int i = 0; i < DOCX_LISTS_MAX; i++)
        assert_int_not_equal(list_of(lists, "1."), 0);
    assert_int_equal(list_of(lists, "1."), 0);
    assert_int_not_equal(list_of(lists, "2."), 0); /* of the last list */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_that_follow_each_other_are_one_list),
        cmocka_unit_test(test_levels_count_by_themselves),
        cmocka_unit_test(test_letters_that_are_roman_numerals_are_read_by_what_goes_before),
        cmocka_unit_test(test_what_word_does_not_count_stays_text),
        cmocka_unit_test(test_the_marker_leaves_the_text),
        cmocka_unit_test(test_bullets_of_a_sign_are_one_list),
        cmocka_unit_test(test_beyond_the_limit_markers_stay_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
