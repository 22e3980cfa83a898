#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/language.h"

static const char *model_of(const char *code)
{
    const struct language *language = language_find(str_of(code));

    return language != NULL ? language->tesseract : NULL;
}

static void test_published_codes_are_known(void **state)
{
    assert_string_equal(model_of("en"), "eng");
    assert_string_equal(model_of("ch"), "chi_sim");
    assert_string_equal(model_of("ja"), "jpn");
    assert_string_equal(model_of("ar"), "ara");
}

static void test_a_language_answers_to_all_its_names(void **state)
{
    assert_string_equal(model_of("deu"), "deu");
    assert_string_equal(model_of("ger"), "deu");
    assert_string_equal(model_of("DE"), "deu");
    assert_string_equal(model_of("de-AT"), "deu");
    assert_string_equal(model_of("de_CH"), "deu");
    assert_string_equal(model_of("de-Latn"), "deu");
    assert_string_equal(model_of("de-Latn-DE"), "deu");
    assert_string_equal(model_of("es-419"), "spa");
    assert_string_equal(model_of("chi_tra"), "chi_tra");
    assert_string_equal(model_of("zh-TW"), "chi_tra");
    assert_string_equal(model_of("zh_TW"), "chi_tra");
    assert_string_equal(model_of("sr-Latn-RS"), "srp_latn");
    assert_string_equal(model_of("sr"), "srp");
    assert_string_equal(model_of("und-Cyrl"), "Cyrillic");
    assert_string_equal(model_of("pt-BR"), "por");
    assert_string_equal(model_of("zh-Hant"), "chi_tra");
    assert_string_equal(model_of("zh-Hant-HK"), "chi_tra");
    assert_string_equal(model_of("zh-Hans-TW"), "chi_sim");
    assert_string_equal(model_of("chi_tra_vert"), "chi_tra_vert");
    assert_string_equal(model_of("HanS_vert"), "HanS_vert");
}

/* RFC 5646, appendix A, as far as tesseract has the language. */
static void test_tags_of_the_standard_are_understood(void **state)
{
    assert_string_equal(model_of("fr-Latn-CA"), "fra");
    assert_string_equal(model_of("zh-cmn-Hans-CN"), "chi_sim");
    assert_string_equal(model_of("zh-yue-HK"), "chi_tra");
    assert_string_equal(model_of("sr-Cyrl"), "srp");
    assert_string_equal(model_of("sl-rozaj-biske"), "slv");
    assert_string_equal(model_of("de-CH-1901"), "deu");
    assert_null(model_of("hy-Latn-IT-arevela"));
    assert_string_equal(model_of("de-CH-x-phonebk"), "deu");
    assert_string_equal(model_of("es-005"), "spa");
    assert_string_equal(model_of("en-US-u-islamcal"), "eng");
    assert_string_equal(model_of("ko-Hang-KR"), "kor");
    assert_string_equal(model_of("ja-Hira"), "jpn");
    assert_null(model_of("de-419-DE"));
    assert_null(model_of("ar-a"));
}

static void test_what_is_no_code_is_not_found(void **state)
{
    assert_null(model_of(""));
    assert_null(model_of("xx"));
    assert_null(model_of("auto"));
    assert_null(model_of("de-Cyrl"));
    assert_null(model_of("de-"));
    assert_null(model_of("-de"));
    assert_null(model_of("de-AT.utf8"));
    assert_null(model_of("a very long text that is certainly no code of any language"));
}

static void test_over_a_hundred_languages_each_found_by_its_code(void **state)
{
    assert_true(language_count() > 100);
    for (size_t i = 0; i < language_count(); i++) {
        const struct language *language = language_at(i);
        assert_ptr_equal(language_find(str_of(language->code)), language);
        assert_int_equal(strlen(language->script), 4);
        for (const char *const *alias = language->aliases; *alias != NULL; alias++)
            assert_ptr_equal(language_find(str_of(*alias)), language);
    }
}

static void test_check_accepts_auto_codes_and_joined_codes(void **state)
{
    struct status st;

    assert_int_equal(language_check(STR("auto"), &st), STATUS_OK);
    assert_int_equal(language_check(STR("de"), &st), STATUS_OK);
    assert_int_equal(language_check(STR("de+en+fra"), &st), STATUS_OK);
}

static void test_check_names_the_nearest_codes(void **state)
{
    struct status st;

    assert_int_equal(language_check(STR("german"), &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNKNOWN_LANGUAGE");
    assert_string_equal(st.field, "language");
    assert_non_null(strstr(st.message, "de (German)"));
    assert_int_equal(language_check(STR("en+engg"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "en (English)"));
    assert_int_equal(language_check(STR("chinese"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "zh-Hans (Chinese (simplified))"));
    assert_int_equal(language_check(STR("pt-Brazilian"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "pt (Portuguese)"));
    assert_int_equal(language_check(STR("klingon"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "use a code such as"));
    /* What begins alike first; what has nothing in common never. */
    assert_int_equal(language_check(STR("gn"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "the nearest are gd ("));
    assert_int_equal(language_check(STR("%"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "use a code such as"));
    assert_int_equal(language_check(STR("x-klingon"), &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "use a code such as"));
}

static void test_check_says_how_codes_are_joined(void **state)
{
    static const char *const lists[] = {"",        "+",       "de+",      "+de",     "de++en",
                                        "auto+de", "eng,deu", "eng; deu", "eng deu", "eng + deu"};
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        assert_int_equal(language_check(str_of(lists[i]), &st), STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "UNKNOWN_LANGUAGE");
        assert_non_null(strstr(st.message, "joined by +"));
    }
}

/* CLDR's aliases of retired codes, and countries that no language has as its code. */
static void test_retired_codes_and_countries_are_understood(void **state)
{
    assert_string_equal(model_of("iw"), "heb");
    assert_string_equal(model_of("jw"), "jav");
    assert_string_equal(model_of("sh"), "srp_latn");
    assert_string_equal(model_of("cn"), "chi_sim");
    assert_string_equal(model_of("cz"), "ces");
    assert_string_equal(model_of("dk"), "dan");
    assert_string_equal(model_of("gr"), "ell");
}

static void test_check_refuses_what_is_malformed(void **state)
{
    static const char *const malformed[] = {
        "", "+", "de+", "+de", "de++en", "auto+de", "en+de+fr+es+it+nl+pt+pl+cs",
    };
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++)
        assert_int_equal(language_check(str_of(malformed[i]), &st), STATUS_INVALID_ARGUMENT);
}

static void test_to_tesseract_joins_models_once_each(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    assert_string_equal(language_to_tesseract(STR("de+en"), arena), "deu+eng");
    assert_string_equal(language_to_tesseract(STR("de+deu+de-AT"), arena), "deu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_codes_are_known),
        cmocka_unit_test(test_a_language_answers_to_all_its_names),
        cmocka_unit_test(test_tags_of_the_standard_are_understood),
        cmocka_unit_test(test_what_is_no_code_is_not_found),
        cmocka_unit_test(test_over_a_hundred_languages_each_found_by_its_code),
        cmocka_unit_test(test_check_accepts_auto_codes_and_joined_codes),
        cmocka_unit_test(test_check_names_the_nearest_codes),
        cmocka_unit_test(test_check_says_how_codes_are_joined),
        cmocka_unit_test(test_retired_codes_and_countries_are_understood),
        cmocka_unit_test(test_check_refuses_what_is_malformed),
        cmocka_unit_test(test_to_tesseract_joins_models_once_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
