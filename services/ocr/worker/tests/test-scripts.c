#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/recognize.h"

/* Pictures of a few lines each, read without being told the language (API: `language=auto`). */

enum { PAGE_MAX_BYTES = 256 << 20 };

static void read_sample(const char *name, const char *language, const char *script,
                        const char *const *phrases)
{
    const struct recognize_request request = {.tier = TIER_CPU, .language = "auto"};
    _cleanup_(recognizer_freep) struct recognizer *recognizer = recognizer_new();
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_MAX_BYTES);
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;
    const struct engine_class *engine;
    struct page page;
    struct status st;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/scripts/%s.png", getenv("OCRMESH_TEST_DATA"), name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(decoder_open(fd, &decoder, &st), STATUS_OK);
    assert_int_equal(recognize_page(recognizer, decoder, &request, arena, &page, &engine, &st),
                     STATUS_OK);
    assert_string_equal(page.language, language);
    assert_string_equal(page.script, script);
    for (; *phrases != NULL; phrases++)
        if (strstr(page.text, *phrases) == NULL)
            fail_msg("'%s' is not in: %s", *phrases, page.text);
}

#define PHRASES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_a_script_that_detection_does_not_know_is_found(void **state)
{
    (void)state;
    read_sample("km", "km", "Khmr", PHRASES("មានសិទ្ធិរស់រានមានជីវិត"));
    read_sample("am", "am", "Ethi", PHRASES("አለው", "ክልክል"));
}

/* Detection takes it for Latin letters upside down. */
static void test_a_script_that_looks_turned_is_read_as_it_stands(void **state)
{
    (void)state;
    read_sample("hy", "hy", "Armn",
                PHRASES("ապրելու, ազատության ու անձի", "ստրկության կամ անազատ"));
}

static void test_hangul_is_found_and_its_spaces_kept(void **state)
{
    (void)state;
    read_sample("ko", "ko", "Kore", PHRASES("모든 사람은 생명과 신체의 자유와 안전에 대한"));
}

static void test_a_language_of_the_same_script_is_found(void **state)
{
    (void)state;
    read_sample("vi", "vi", "Latn", PHRASES("Mọi người đều có quyền sống", "ngăn c"));
}

/* Models of languages read it as f. */
static void test_a_long_s_is_read(void **state)
{
    (void)state;
    read_sample("long-s", "de", "Latn",
                PHRASES("Der Reiſende ſah am erſten Abend die alte Stadt", "ſeine Schätze"));
}

static void test_traditional_chinese_is_told_from_simplified(void **state)
{
    (void)state;
    read_sample("zh-Hant", "zh-Hant", "Hani", PHRASES("人人有權享有生命"));
}

/* There are more Latin letters than ideographs, but fewer words of them. */
static void test_english_names_leave_a_page_chinese(void **state)
{
    (void)state;
    read_sample("zh-Hans+en", "zh-Hans", "Hani",
                PHRASES("打开 Secure Boot 之前，请先更新 UEFI 固件", "legacy keyboard emulation"));
}

static void test_lines_in_two_languages_are_each_read_in_theirs(void **state)
{
    (void)state;
    read_sample("ru+en", "ru", "Cyrl",
                PHRASES("Каждый человек имеет право на жизнь",
                        "Everyone has the right to life, liberty and the security of person"));
}

static void test_words_in_latin_letters_leave_those_beside_them_alone(void **state)
{
    (void)state;
    read_sample("uk+words", "uk", "Cyrl",
                PHRASES("пристрої, а lspci -nn їхні", "карти RTL8111 потрібен", "GtkButton, PNG"));
}

/* English has no accents: its model leaves them out, and is sure of the rest. */
static void test_quotations_in_other_languages_keep_their_accents(void **state)
{
    (void)state;
    read_sample("en+cs", "en", "Latn",
                PHRASES("Každý má právo na život, svobodu a osobní",
                        "Yaşamak, özgürlük ve kişi güvenliği herkesin hakkıdır",
                        "the right at the end of the sentence"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_script_that_detection_does_not_know_is_found),
        cmocka_unit_test(test_a_script_that_looks_turned_is_read_as_it_stands),
        cmocka_unit_test(test_hangul_is_found_and_its_spaces_kept),
        cmocka_unit_test(test_a_language_of_the_same_script_is_found),
        cmocka_unit_test(test_a_long_s_is_read),
        cmocka_unit_test(test_traditional_chinese_is_told_from_simplified),
        cmocka_unit_test(test_english_names_leave_a_page_chinese),
        cmocka_unit_test(test_lines_in_two_languages_are_each_read_in_theirs),
        cmocka_unit_test(test_words_in_latin_letters_leave_those_beside_them_alone),
        cmocka_unit_test(test_quotations_in_other_languages_keep_their_accents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
