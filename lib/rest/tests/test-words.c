#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rest/error_code.h"
#include "lib/rest/words.h"

static void test_tiers_are_called_as_they_are_asked_for(void **state)
{
    static const char *const words[] = {"cpu", "vlm"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        Ocrmesh__Ocr__V1__Tier tier;

        assert_true(rest_tier_parse(str_of(words[i]), &tier));
        assert_string_equal(rest_tier_word(tier), words[i]);
    }
}

static void test_other_words_are_no_tiers(void **state)
{
    Ocrmesh__Ocr__V1__Tier tier;

    assert_false(rest_tier_parse(STR(""), &tier));
    assert_false(rest_tier_parse(STR("CPU"), &tier));
    assert_false(rest_tier_parse(STR("cpu "), &tier));
}

/* API: POST /api/v1/ocr/: "poll until status is done or failed". */
static void test_booleans_are_true_false_and_their_digits(void **state)
{
    static const char *const others[] = {"", "TRUE", "yes", "2", "true "};
    bool is_set = false;

    assert_true(rest_boolean_parse(STR("true"), &is_set) && is_set);
    assert_true(rest_boolean_parse(STR("0"), &is_set) && !is_set);
    assert_true(rest_boolean_parse(STR("1"), &is_set) && is_set);
    assert_true(rest_boolean_parse(STR("false"), &is_set) && !is_set);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        assert_false(rest_boolean_parse(str_of(others[i]), &is_set));
}

static void test_every_ended_job_is_done_or_failed(void **state)
{
    assert_string_equal(rest_status_word(OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE), "done");
    assert_string_equal(rest_status_word(OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED), "failed");
    assert_string_equal(rest_status_word(OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED),
                        "failed");
    assert_string_equal(rest_status_word(OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING),
                        "pending");
    assert_string_equal(rest_status_word(OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING),
                        "processing");
}

/* Each kind of the .proto has a word of its own: the name after BLOCK_KIND_, in lower case. */
static void test_kinds_are_called_as_in_the_proto(void **state)
{
    const ProtobufCEnumDescriptor *kinds = &ocrmesh__document__v1__block_kind__descriptor;

    for (unsigned i = 1; i < kinds->n_values; i++) {
        char word[64];

        rest_error_code(kinds->values[i].name + strlen("BLOCK_KIND_"), word, sizeof(word));
        assert_string_equal(
            rest_block_kind_word((Ocrmesh__Document__V1__BlockKind)kinds->values[i].value), word);
    }
}

static void test_an_error_code_is_its_reason_in_lower_case_and_is_cut(void **state)
{
    char code[8];

    rest_error_code("A_1", code, sizeof(code));
    assert_string_equal(code, "a_1");
    rest_error_code("PAGE_TIMEOUT", code, sizeof(code));
    assert_string_equal(code, "page_ti");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiers_are_called_as_they_are_asked_for),
        cmocka_unit_test(test_other_words_are_no_tiers),
        cmocka_unit_test(test_booleans_are_true_false_and_their_digits),
        cmocka_unit_test(test_every_ended_job_is_done_or_failed),
        cmocka_unit_test(test_kinds_are_called_as_in_the_proto),
        cmocka_unit_test(test_an_error_code_is_its_reason_in_lower_case_and_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
