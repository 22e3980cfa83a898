#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/tests/document_fixture.h"

static void expect(Ocrmesh__Document__V1__Page *const *pages, size_t count, const char *expected)
{
    _cleanup_(freep) char *file =
        fixture_export(&format_text, fixture_job((int)count), pages, count);

    assert_string_equal(file, expected);
}

static void test_a_form_feed_stands_between_pages_and_nowhere_else(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "INVOICE\n\nTotal: 215.00 USD", ""),
        fixture_page(1, "second\n", ""),
        fixture_page(2, "third", ""),
    };

    expect(pages, 1, "INVOICE\n\nTotal: 215.00 USD\n");
    expect(pages, 3, "INVOICE\n\nTotal: 215.00 USD\n\fsecond\n\fthird\n");
}

static void test_empty_and_failed_pages_keep_their_place(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "", ""),
        fixture_failed_page(1, "PAGE_TIMEOUT"),
        fixture_page(2, "third", ""),
    };

    expect(pages, 3, "\f\fthird\n");
    expect(pages, 1, "");
    expect(pages, 0, "");
}

static void test_control_characters_do_not_reach_the_file(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "a\fb\vc\rd\r\ne\tf\x1b[31m\x07\x7f\xC2\x85g", ""),
    };

    expect(pages, 1, "a\nb\nc\nd\ne\tf[31mg\n");
}

static void test_text_of_any_script_stays_and_broken_bytes_are_marked(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "中文 العربية हिन्दी 𝄞", ""),
        fixture_page(1, "x\xC3(\xFF", ""),
    };

    expect(pages, 2, "中文 العربية हिन्दी 𝄞\n\fx\xEF\xBF\xBD(\xEF\xBF\xBD\n");
}

static void test_of_a_translated_job_it_is_the_translation(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "eins", ""),
        fixture_page(1, "12", ""),
    };
    Ocrmesh__Ocr__V1__Job *job = fixture_job(2);

    pages[0]->translated_text = (char *)"one";
    _cleanup_(freep) char *original = fixture_export(&format_text, job, pages, 2);
    assert_string_equal(original, "eins\n\f12\n");
    job->translate_to = (char *)"en";
    _cleanup_(freep) char *translated = fixture_export(&format_text, job, pages, 2);
    assert_string_equal(translated, "one\n\f12\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_form_feed_stands_between_pages_and_nowhere_else),
        cmocka_unit_test(test_empty_and_failed_pages_keep_their_place),
        cmocka_unit_test(test_of_a_translated_job_it_is_the_translation),
        cmocka_unit_test(test_control_characters_do_not_reach_the_file),
        cmocka_unit_test(test_text_of_any_script_stays_and_broken_bytes_are_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
