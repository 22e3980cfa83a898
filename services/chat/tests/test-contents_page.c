#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/chat/retrieve/contents_page.h"

static void test_dots_that_lead_to_pages_are_contents(void **state)
{
    assert_true(
        contents_page_is(STR("Contents\n1 Scope ........ 3\n2 Terms ........ 3\n3 Rules .... 12")));
    assert_true(contents_page_is(STR("2.1 Ort\t.\t.\t.\t.\t3\n2.2 Zeit . . . . . .\t4\n3\tEnde\t5\n"
                                     "4 Mehr . . . . 7")));
}

static void test_forms_and_prices_are_none(void **state)
{
    assert_false(contents_page_is(STR("Name ........\nCity ........ Paris\nAge ........ 42")));
    assert_false(contents_page_is(STR("Tea ..... 4\nCoffee ..... 3\nWater ..... 2")));
    assert_false(contents_page_is(
        STR("Tea ..... 4,50\nCoffee ..... 5,10\nWater ..... 6,00\nWine ..... 7,-")));
    assert_false(contents_page_is(STR("It was in 2024\nand in 2025\nand in 2026")));
    assert_false(contents_page_is(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dots_that_lead_to_pages_are_contents),
        cmocka_unit_test(test_forms_and_prices_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
