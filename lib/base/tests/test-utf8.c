#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"

/* Decodes all of `text` into code points; returns how many. */
static size_t decode_all(const char *text, uint32_t *characters, bool *ret_all_valid)
{
    size_t count = 0;

    *ret_all_valid = true;
    for (size_t i = 0; i < strlen(text); count++) {
        bool is_valid;

        i += utf8_decode(text + i, strlen(text) - i, &characters[count], &is_valid);
        *ret_all_valid = *ret_all_valid && is_valid;
    }
    return count;
}

static void test_characters_of_every_length_decode(void **state)
{
    uint32_t characters[16];
    bool all_valid;

    /* RFC 3629 §7: "A<NOT IDENTICAL TO><ALPHA>." and the stump of tree. */
    assert_int_equal(decode_all("\x41\xE2\x89\xA2\xCE\x91\x2E", characters, &all_valid), 4);
    assert_true(all_valid);
    assert_int_equal(characters[1], 0x2262);
    assert_int_equal(characters[2], 0x0391);
    assert_int_equal(decode_all("\xEF\xBB\xBF\xF0\xA3\x8E\xB4", characters, &all_valid), 2);
    assert_true(all_valid);
    assert_int_equal(characters[1], 0x233B4);
}

static void test_ill_formed_bytes_become_as_many_marks_as_unicode_says(void **state)
{
    uint32_t characters[16];
    bool all_valid;

    /* Unicode 15 §3.9, tables 3-8 to 3-11. */
    static const struct {
        const char *text;
        size_t count;
    } cases[] = {
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 9}, /* non-shortest forms */
        {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 9}, /* surrogates */
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 9}, /* beyond U+10FFFF and others */
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 5}, /* truncated sequences */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(decode_all(cases[i].text, characters, &all_valid), cases[i].count);
        assert_false(all_valid);
        assert_int_equal(characters[0], UTF8_REPLACEMENT);
    }
}

static void test_nothing_beyond_the_length_is_read(void **state)
{
    char bytes[1] = {(char)0xF0};
    uint32_t character;
    bool is_valid;

    assert_int_equal(utf8_decode(bytes, 1, &character, &is_valid), 1);
    assert_false(is_valid);
}

static void test_a_sequence_is_whole_or_none(void **state)
{
    assert_int_equal(utf8_sequence("\xE2\x89\xA2.", 4), 3);
    assert_int_equal(utf8_sequence("\xE2\x89", 2), 0);
    assert_int_equal(utf8_sequence("\xED\xA0\x80", 3), 0);
    assert_int_equal(utf8_sequence("a", 0), 0);
}

static void test_characters_of_valid_text_are_counted(void **state)
{
    assert_int_equal(utf8_length(""), 0);
    assert_int_equal(utf8_length("a\xC3\xA4\xE2\x82\xAC\xF0\xA3\x8E\xB4"), 4);
}

static void test_the_ends_of_valid_text_are_known(void **state)
{
    assert_int_equal(utf8_first("\xE2\x82\xAC"
                                "a"),
                     0x20AC);
    assert_int_equal(utf8_last("a\xF0\xA3\x8E\xB4"), 0x233B4);
    assert_int_equal(utf8_last("a"), 'a');
    assert_int_equal(utf8_first(""), 0);
    assert_int_equal(utf8_last(""), 0);
}

static void test_text_is_cut_between_characters(void **state)
{
    const char *text = "a\xC3\xA4\xE2\x82\xAC";

    assert_int_equal(utf8_cut(text, 100), 6);
    assert_int_equal(utf8_cut(text, 6), 6);
    assert_int_equal(utf8_cut(text, 5), 3);
    assert_int_equal(utf8_cut(text, 3), 3);
    assert_int_equal(utf8_cut(text, 2), 1);
    assert_int_equal(utf8_cut(text, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_of_every_length_decode),
        cmocka_unit_test(test_ill_formed_bytes_become_as_many_marks_as_unicode_says),
        cmocka_unit_test(test_nothing_beyond_the_length_is_read),
        cmocka_unit_test(test_a_sequence_is_whole_or_none),
        cmocka_unit_test(test_characters_of_valid_text_are_counted),
        cmocka_unit_test(test_the_ends_of_valid_text_are_known),
        cmocka_unit_test(test_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
