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
        fixture_export(&format_markdown, fixture_job((int)count), pages, count);

    assert_string_equal(file, expected);
}

static void test_a_single_page_is_its_own_markdown(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "", "# INVOICE\n\n**Acme Corp**\n\n"),
    };

    expect(pages, 1, "# INVOICE\n\n**Acme Corp**\n");
}

static void test_later_pages_start_with_a_comment(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_page(0, "", "# One"),
        fixture_page(1, "", "Two"),
        fixture_page(2, "", ""),
        fixture_page(3, "", "Four"),
    };

    expect(pages, 4,
           "# One\n\n<!-- page 2 -->\n\nTwo\n\n<!-- page 3 -->\n\n\n<!-- page 4 -->\n\nFour\n");
}

static void test_pages_that_could_not_be_read_are_named(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        fixture_failed_page(0, "PAGE_TIMEOUT"),
        fixture_page(1, "", "Two"),
        fixture_failed_page(2, "--> <script>"),
    };

    expect(pages, 3,
           "<!-- page 1 could not be read: PAGE_TIMEOUT -->\n\n<!-- page 2 -->\n\nTwo\n\n"
           "<!-- page 3 could not be read -->\n");
}

/* Pages selected at submission keep their number in the document. */
static void test_the_number_is_the_documents(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {fixture_page(2, "", "a"), fixture_page(6, "", "b")};

    expect(pages, 2, "a\n\n<!-- page 7 -->\n\nb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_single_page_is_its_own_markdown),
        cmocka_unit_test(test_later_pages_start_with_a_comment),
        cmocka_unit_test(test_pages_that_could_not_be_read_are_named),
        cmocka_unit_test(test_the_number_is_the_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
