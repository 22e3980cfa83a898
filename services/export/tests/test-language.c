#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/export/page/language.h"

static void test_only_tags_that_say_something_are_given(void **state)
{
    static const char *const tags[] = {"en", "zh-Hant", "de-1996", "x-klingon", "ast"};
    static const char *const others[] = {"",      "x", "und", "-", "en-", "e1", "englishlanguage",
                                         "en us", "é"};
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;

    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
        page.language = (char *)tags[i];
        assert_string_equal(language_of(&page, NULL), tags[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        page.language = (char *)others[i];
        assert_null(language_of(&page, NULL));
    }
}

static void test_a_block_has_its_own_or_its_pages(void **state)
{
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;

    page.language = (char *)"ar";
    assert_string_equal(language_of(&page, &block), "ar");
    block.language = (char *)"he";
    assert_string_equal(language_of(&page, &block), "he");
    block.language = (char *)"und";
    assert_null(language_of(&page, &block));
}

static void test_directions_have_words(void **state)
{
    assert_string_equal(
        language_direction(OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT),
        "rtl");
    assert_null(
        language_direction(OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_UNSPECIFIED));
    assert_null(language_direction((Ocrmesh__Document__V1__TextDirection)77));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_tags_that_say_something_are_given),
        cmocka_unit_test(test_a_block_has_its_own_or_its_pages),
        cmocka_unit_test(test_directions_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
