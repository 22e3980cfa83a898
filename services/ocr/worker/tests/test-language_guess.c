#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/language.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/language_profile.h"

enum { LINE_MAX_BYTES = 8192 };

static const char *guess(const char *text)
{
    struct language_guess result;

    language_guess_text(text, &result);
    return result.code;
}

/* Calls back for each line "code TAB text" of the articles of the Universal Declaration of Human
 * Rights, from which no profile was made. Returns how many there are. */
static size_t for_each_text(void (*visit)(const char *code, const char *text, void *context),
                            void *context)
{
    char path[512], line[LINE_MAX_BYTES];
    size_t count = 0;

    (void)snprintf(path, sizeof(path), "%s/languages.tsv", getenv("OCRMESH_TEST_DATA"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (; fgets(line, sizeof(line), file) != NULL; count++) {
        char *text = strchr(line, '\t');
        assert_non_null(text);
        *text++ = '\0';
        visit(line, text, context);
    }
    (void)fclose(file);
    return count;
}

struct tally {
    size_t count;
    char codes[512];
};

static void add(struct tally *tally, const char *code)
{
    size_t length = strlen(tally->codes);

    tally->count++;
    (void)snprintf(tally->codes + length, sizeof(tally->codes) - length, " %s", code);
}

static void guess_one(const char *code, const char *text, void *context)
{
    const char *found = guess(text);

    if (found == NULL || strcmp(found, code) != 0)
        add(context, code);
}

static void test_a_paragraph_in_any_of_eighty_languages_is_known(void **state)
{
    struct tally wrong = {0};

    (void)state;
    size_t count = for_each_text(guess_one, &wrong);
    assert_in_range(count, 75, 100);
    /* Malay is taken for Indonesian, Dzongkha for Tibetan; Yoruba and Tigrinya have poor profiles.
     */
    if (wrong.count > 4)
        fail_msg("%zu of %zu are taken for other languages:%s", wrong.count, count, wrong.codes);
}

/* What an English model makes of accents. */
static void drop_accents(const char *text, char *plain)
{
    static const struct {
        const char *letter, *plain;
    } letters[] = {
        {"á", "a"}, {"à", "a"}, {"â", "a"}, {"ä", "a"}, {"ã", "a"}, {"ą", "a"}, {"å", "a"},
        {"é", "e"}, {"è", "e"}, {"ê", "e"}, {"ë", "e"}, {"ę", "e"}, {"ě", "e"}, {"í", "i"},
        {"ì", "i"}, {"î", "i"}, {"ï", "i"}, {"ı", "i"}, {"ó", "o"}, {"ò", "o"}, {"ô", "o"},
        {"ö", "o"}, {"õ", "o"}, {"ø", "o"}, {"ő", "o"}, {"ú", "u"}, {"ù", "u"}, {"û", "u"},
        {"ü", "u"}, {"ů", "u"}, {"ű", "u"}, {"ý", "y"}, {"ç", "c"}, {"č", "c"}, {"ć", "c"},
        {"š", "s"}, {"ś", "s"}, {"ş", "s"}, {"ș", "s"}, {"ž", "z"}, {"ź", "z"}, {"ż", "z"},
        {"ł", "l"}, {"ř", "r"}, {"ň", "n"}, {"ń", "n"}, {"ñ", "n"}, {"ť", "t"}, {"ț", "t"},
        {"ď", "d"}, {"đ", "d"}, {"ð", "d"}, {"ğ", "g"}, {"ă", "a"}, {"ā", "a"}, {"ē", "e"},
        {"ī", "i"}, {"ū", "u"}, {"ž", "z"}, {"ė", "e"}, {"į", "i"}, {"ų", "u"},
    };

    while (*text != '\0') {
        size_t i = 0;
        while (i < ARRAY_LENGTH(letters) &&
               strncmp(text, letters[i].letter, strlen(letters[i].letter)) != 0)
            i++;
        if (i < ARRAY_LENGTH(letters)) {
            *plain++ = letters[i].plain[0];
            text += strlen(letters[i].letter);
        } else {
            *plain++ = *text++;
        }
    }
    *plain = '\0';
}

static void rank_without_accents(const char *code, const char *text, void *context)
{
    const struct language *language = language_find(str_of(code));
    struct language_fit fits[3];
    char plain[LINE_MAX_BYTES];

    assert_non_null(language);
    if (strcmp(language->script, "Latn") != 0)
        return;
    drop_accents(text, plain);
    size_t count = language_profile_rank(plain, "Latn", true, fits, ARRAY_LENGTH(fits));
    assert_int_equal(count, ARRAY_LENGTH(fits));
    for (size_t i = 0; i < count; i++)
        if (strcmp(fits[i].code, code) == 0)
            return;
    add(context, code);
}

static void test_without_accents_a_language_is_among_the_first_three(void **state)
{
    struct tally wrong = {0};

    (void)state;
    (void)for_each_text(rank_without_accents, &wrong);
    if (wrong.count > 0)
        fail_msg("%zu are not:%s", wrong.count, wrong.codes);
}

static void test_every_profile_is_of_a_language_that_can_be_asked_for(void **state)
{
    static const char *const scripts[] = {"Latn", "Cyrl", "Arab", "Deva"};
    /* Enough for the ranking to take place. */
    static const char *const texts[] = {
        "the quick brown fox jumps over the lazy dog", "съешь же ещё этих мягких французских булок",
        "نص حكيم له سر قاطع وذو شأن عظيم مكتوب", "ऋषियों को सताने वाले दुष्ट राक्षसों के राजा"};

    (void)state;
    for (size_t s = 0; s < ARRAY_LENGTH(scripts); s++) {
        struct language_fit fits[LANGUAGE_PROFILES_MAX];
        size_t count = language_profile_rank(texts[s], scripts[s], false, fits, ARRAY_LENGTH(fits));
        assert_in_range(count, 3, LANGUAGE_PROFILES_MAX);
        for (size_t i = 0; i < count; i++) {
            const struct language *language = language_find(str_of(fits[i].code));
            assert_non_null(language);
            assert_string_equal(language->code, fits[i].code);
            assert_string_equal(language->script, scripts[s]);
        }
    }
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
        {"Thai", "th", "สำนักงานท่าเรือ"},
        {"Hani", "zh-Hans", "在 BIOS 中打开 Secure Boot 之前，请先更新 UEFI 固件。"},
        {"Latn", "en",
         "The harbour office is called 港口办公室 in the language of the captains who came here."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct language_guess result;
        language_guess_text(texts[i].text, &result);
        assert_string_equal(result.script, texts[i].script);
        assert_string_equal(result.code, texts[i].code);
    }
}

static void test_a_long_s_is_an_s(void **state)
{
    static const char with[] = "Der Reiſende ſah am erſten Abend das Schloß auf dem Felſen, und "
                               "niemand wußte, weſſen es geweſen war.";
    static const char without[] = "Der Reisende sah am ersten Abend das Schloß auf dem Felsen, und "
                                  "niemand wußte, wessen es gewesen war.";

    (void)state;
    assert_string_equal(guess(with), "de");
    for (int is_folded = 0; is_folded < 2; is_folded++)
        assert_float_equal(language_profile_fit(with, "Latn", is_folded, "de"),
                           language_profile_fit(without, "Latn", is_folded, "de"), 0);
}

static void test_numbers_and_short_texts_are_in_no_language(void **state)
{
    struct language_guess result;

    (void)state;
    assert_null(guess("Invoice 2041"));
    language_guess_text("12.50 3.40", &result);
    assert_null(result.code);
    assert_string_equal(result.script, "");
    assert_null(guess(""));
    assert_null(guess("xqzj vwkq qqxz jjzq kxqv zzwq xjqk vvqz qxjz wqkx jzqv"));
}

static void test_gains_of_words_add_up_to_how_a_text_fits(void **state)
{
    float gains[LANGUAGE_PROFILES_MAX], sum = 0;
    static const char *const words[] = {"every", "person", "has", "the", "right", "to", "live"};
    size_t german = 0, english = 0, count = 0;

    (void)state;
    for (size_t w = 0; w < ARRAY_LENGTH(words); w++) {
        count = language_profile_gains(words[w], true, gains);
        for (size_t k = 0; k < count; k++) {
            english = strcmp(language_profile_code(k), "en") == 0 ? k : english;
            german = strcmp(language_profile_code(k), "de") == 0 ? k : german;
        }
        assert_string_equal(language_profile_script(english), "Latn");
        sum += gains[english] - gains[german];
    }
    /* Each letter is the middle of a group. */
    enum { LETTERS = 28 };
    const char *text = "every person has the right to live";
    float difference = language_profile_fit(text, "Latn", true, "en") -
                       language_profile_fit(text, "Latn", true, "de");
    assert_float_equal(sum, difference * LETTERS, 0.01f);
    assert_true(sum > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_paragraph_in_any_of_eighty_languages_is_known),
        cmocka_unit_test(test_without_accents_a_language_is_among_the_first_three),
        cmocka_unit_test(test_every_profile_is_of_a_language_that_can_be_asked_for),
        cmocka_unit_test(test_scripts_are_named),
        cmocka_unit_test(test_a_long_s_is_an_s),
        cmocka_unit_test(test_numbers_and_short_texts_are_in_no_language),
        cmocka_unit_test(test_gains_of_words_add_up_to_how_a_text_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
