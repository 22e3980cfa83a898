#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/language_guess.h"

static const char *guess(const char *text)
{
    struct language_guess result;

    language_guess_text(text, &result);
    return result.code;
}

static void test_languages_are_known_by_their_commonest_words(void **state)
{
    /* Article 1 of the Universal Declaration of Human Rights, as the UN publishes it. */
    static const struct {
        const char *code;
        const char *text;
    } articles[] = {
        {"en", "All human beings are born free and equal in dignity and rights. They are endowed "
               "with reason and conscience and should act towards one another in a spirit of "
               "brotherhood."},
        {"de", "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit "
               "Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit "
               "begegnen."},
        {"fr", "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont "
               "doués de raison et de conscience et doivent agir les uns envers les autres dans "
               "un esprit de fraternité."},
        {"es", "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados "
               "como están de razón y conciencia, deben comportarse fraternalmente los unos con "
               "los otros."},
        {"it", "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono "
               "dotati di ragione e di coscienza e devono agire gli uni verso gli altri in "
               "spirito di fratellanza."},
        {"nl", "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn "
               "begiftigd met verstand en geweten, en behoren zich jegens elkander in een geest "
               "van broederschap te gedragen."},
        {"pl", "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. "
               "Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu "
               "braterstwa."},
        {"ru", "Все люди рождаются свободными и равными в своем достоинстве и правах. Они "
               "наделены разумом и совестью и должны поступать в отношении друг друга в духе "
               "братства."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(articles); i++)
        assert_string_equal(guess(articles[i].text), articles[i].code);
}

static void test_a_language_is_known_without_its_accents(void **state)
{
    (void)state;
    /* As an English model reads it. */
    assert_string_equal(guess("Statki z polnocy przyptywaja we wtorek i odptywaja przed koncem "
                              "tygodnia, kiedy rada zbiera sie, zeby zdecydowac o nowym murze"),
                        "pl");
}

static void test_scripts_are_named(void **state)
{
    static const struct {
        const char *script, *code, *text;
    } texts[] = {
        {"Jpan", "ja", "港の事務所は毎朝八時に開きます"},
        {"Hani", "zh-Hans", "港口办公室开门"},
        {"Hani", "zh-Hant", "港口辦公室開門"},
        {"Kore", "ko", "항구 사무소는 매일"},
        {"Grek", "el", "Τα πλοία από τον βορρά"},
        {"Thai", "th", "สำนักงานท่าเรือ"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct language_guess result;
        language_guess_text(texts[i].text, &result);
        assert_string_equal(result.script, texts[i].script);
        assert_string_equal(result.code, texts[i].code);
    }
}

static void test_numbers_and_names_are_in_no_language(void **state)
{
    struct language_guess result;

    (void)state;
    assert_null(guess("Invoice 2041 Acme Corp Total 215.00 USD"));
    language_guess_text("12.50 3.40", &result);
    assert_null(result.code);
    assert_string_equal(result.script, "");
    assert_null(guess(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_languages_are_known_by_their_commonest_words),
        cmocka_unit_test(test_a_language_is_known_without_its_accents),
        cmocka_unit_test(test_scripts_are_named),
        cmocka_unit_test(test_numbers_and_names_are_in_no_language),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
