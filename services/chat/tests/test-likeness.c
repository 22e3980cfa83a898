#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/chat/retrieve/likeness.h"

static float of(const char *wanted, const char *found)
{
    struct likeness_key wanted_key, found_key;

    likeness_key_init(&wanted_key, str_of(wanted));
    likeness_key_init(&found_key, str_of(found));
    struct likeness_sketch wanted_sketch = likeness_sketch_of(&wanted_key);
    struct likeness_sketch found_sketch = likeness_sketch_of(&found_key);
    if (!likeness_is_possible(&wanted_sketch, &found_sketch))
        return 0;
    return likeness(&wanted_key, &found_key);
}

static void test_what_engines_confuse_is_all_but_the_same(void **state)
{
    static const char *const pairs[][2] = {
        {"invoice", "lnvoice"}, {"number", "nurnber"}, {"2026", "2o26"},  {"ab-1508", "ab-lso8"},
        {"order", "orcler"},    {"total", "tota1"},    {"wert", "vvert"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
        assert_true(of(pairs[i][0], pairs[i][1]) > 0.9f);
}

static void test_another_number_is_another_thing(void **state)
{
    assert_true(of("2026", "2025") == 0);
    assert_true(of("1250", "12500") == 0);
    assert_true(of("ab-1234", "ab-1235") == 0);
}

static void test_a_letter_that_was_misread_is_alike(void **state)
{
    assert_true(of("warranty", "warrantv") > 0.7f);
    assert_true(of("payment", "paymnet") > 0.7f);
    assert_true(of("φορολογία", "φορολογίο") > 0.7f);
    assert_true(of("rate", "date") < 0.7f);
}

static void test_parts_of_compounds_are_alike_but_less(void **state)
{
    float part = of("rechnung", "rechnungsnummer");

    assert_true(part > 0.5f && part < 0.9f);
    assert_true(of("nummer", "rechnungsnummer") > 0.5f);
    assert_true(of("rechnungsnummer", "rechnung") > 0.4f);
    assert_true(of("art", "artikel") == 0);
    assert_true(of("송장", "송장번호") > 0.5f);
    assert_true(of("חשבונית", "החשבונית") > 0.7f);
}

static void test_other_endings_are_alike(void **state)
{
    assert_true(of("faktura", "faktury") > 0.6f);
    assert_true(of("рахунок", "рахунку") > 0.6f);
}

static void test_strangers_are_not_alike(void **state)
{
    assert_true(of("invoice", "weather") == 0);
    assert_true(of("house", "mouse") < 0.72f);
    assert_true(of("", "a") == 0);
    assert_true(of("a", "b") == 0);
}

static void test_long_terms_are_borne(void **state)
{
    const char *longer =
        "donaudampfschifffahrtselektrizitatenhauptbetriebswerkbauunterbeamtengesellschaft";

    assert_true(of(longer, longer) > 0.9f);
    assert_true(of("donaudampfschiff", longer) > 0.5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_engines_confuse_is_all_but_the_same),
        cmocka_unit_test(test_another_number_is_another_thing),
        cmocka_unit_test(test_a_letter_that_was_misread_is_alike),
        cmocka_unit_test(test_parts_of_compounds_are_alike_but_less),
        cmocka_unit_test(test_other_endings_are_alike),
        cmocka_unit_test(test_strangers_are_not_alike),
        cmocka_unit_test(test_long_terms_are_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
