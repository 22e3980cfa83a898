#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/file_name.h"

static int make_arena(void **state)
{
    *state = arena_new(1 << 16);
    return *state != NULL ? 0 : -1;
}

static int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void test_only_the_last_component_is_kept(void **state)
{
    assert_string_equal(file_name_clean(STR("scan.png"), *state), "scan.png");
    assert_string_equal(file_name_clean(STR("/etc/../scan 1.pdf"), *state), "scan 1.pdf");
    assert_string_equal(file_name_clean(STR("C:\\scans\\a b.pdf"), *state), "a b.pdf");
}

static void test_what_is_no_name_is_empty(void **state)
{
    assert_string_equal(file_name_clean(STR(""), *state), "");
    assert_string_equal(file_name_clean(STR("a/"), *state), "");
    assert_string_equal(file_name_clean(STR("."), *state), "");
    assert_string_equal(file_name_clean(STR("a/.."), *state), "");
}

static void test_control_characters_are_dropped(void **state)
{
    assert_string_equal(file_name_clean(STR("a\r\nb\x01\x7F.png"), *state), "ab.png");
    assert_string_equal(file_name_clean(STR("Stra\xC3\x9F"
                                            "e\xC2\x85\x1B[1m.png"),
                                        *state),
                        "Stra\xC3\x9F"
                        "e[1m.png");
}

static void test_bytes_that_are_not_utf8_become_the_replacement_character(void **state)
{
    assert_string_equal(file_name_clean(STR("a\xFF.png"), *state), "a\xEF\xBF\xBD.png");
}

static void test_a_long_name_is_cut_at_a_whole_character(void **state)
{
    char name[600];

    for (size_t i = 0; i < sizeof(name); i += 3)
        memcpy(name + i, "\xE2\x82\xAC", 3);
    assert_int_equal(strlen(file_name_clean((struct str){name, sizeof(name)}, *state)), 255);
    /* Four characters of one byte, then whole ones of three: 4 + 83 * 3. */
    memcpy(name, "xxxx", 4);
    memmove(name + 4, name + 6, sizeof(name) - 6);
    assert_int_equal(strlen(file_name_clean((struct str){name, sizeof(name) - 2}, *state)), 253);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(test_only_the_last_component_is_kept),
        TEST(test_what_is_no_name_is_empty),
        TEST(test_control_characters_are_dropped),
        TEST(test_bytes_that_are_not_utf8_become_the_replacement_character),
        TEST(test_a_long_name_is_cut_at_a_whole_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
