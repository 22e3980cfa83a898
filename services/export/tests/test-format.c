#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/format.h"

static void test_available_formats_are_found_by_name(void **state)
{
    struct status st = {0};

    for (size_t i = 0; i < format_count(); i++) {
        const struct format *format = NULL;

        assert_int_equal(format_find(format_at(i)->name, &format, &st), STATUS_OK);
        assert_ptr_equal(format, format_at(i));
        assert_int_equal(format->extension[0], '.');
        assert_true(format->revision > 0);
        assert_true(format->pass_count > 0);
    }
    assert_null(format_at(format_count()));
}

/* API: Formats out and B25. */
static void test_every_format_of_the_api_is_available(void **state)
{
    static const char *const names[] = {"txt",  "md",   "docx", "pdf",  "csv", "json",
                                        "hocr", "alto", "pdf",  "html", "xlsx"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct format *format = NULL;
        struct status st = {0};

        assert_int_equal(format_find(names[i], &format, &st), STATUS_OK);
        assert_string_equal(format->name, names[i]);
    }
}

static void test_other_words_are_unknown_and_the_message_lists_the_known(void **state)
{
    static const char *const names[] = {"", "exe", "TXT", "txt ", "../../etc/passwd"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct format *format = NULL;
        struct status st = {0};

        assert_int_equal(format_find(names[i], &format, &st), STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "UNKNOWN_FORMAT");
        assert_string_equal(st.field, "format");
        assert_non_null(strstr(st.message, "txt, md, json"));
    }
}

static void test_a_long_word_does_not_push_the_list_out_of_the_message(void **state)
{
    char name[1000];
    const struct format *format = NULL;
    struct status st = {0};

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(format_find(name, &format, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "txt, md, json"));
}

static void test_options_that_a_format_does_not_take_are_refused(void **state)
{
    static const struct {
        struct format_options options;
        const char *field;
    } cases[] = {
        {{.table = 1}, "table"},
        {{.has_byte_order_mark = true}, "has_byte_order_mark"},
        {{.neutralizes_formulas = true}, "neutralizes_formulas"},
        {{.is_pdfa = true}, "is_pdfa"},
    };
    static const struct format able = {.name = "able", .option_mask = 15};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct status st = {0};

        assert_int_equal(format_check_options(&format_text, &cases[i].options, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "INVALID_FIELD");
        assert_string_equal(st.field, cases[i].field);
        assert_int_equal(format_check_options(&able, &cases[i].options, &st), STATUS_OK);
    }
    struct status st = {0};
    assert_int_equal(format_check_options(&format_text, &(struct format_options){0}, &st),
                     STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_available_formats_are_found_by_name),
        cmocka_unit_test(test_every_format_of_the_api_is_available),
        cmocka_unit_test(test_other_words_are_unknown_and_the_message_lists_the_known),
        cmocka_unit_test(test_options_that_a_format_does_not_take_are_refused),
        cmocka_unit_test(test_a_long_word_does_not_push_the_list_out_of_the_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
