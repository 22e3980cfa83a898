/* What a page lacks of what its tool promises. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/ocr/page_result.h"
#include "services/ocr/page_tool.h"

typedef Ocrmesh__Document__V1__Page Page;

enum { ARENA_MAX_BYTES = 1 << 20 };

#define TABLE   OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE
#define FORMULA OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA
#define TEXT    OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH

/* The only warning of a page with one block of a kind; "" when there is none. */
static void assert_warning(const char *tool, bool is_vision_reading,
                           Ocrmesh__Document__V1__BlockKind kind, const char *expected)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Block *blocks[] = {&block};
    Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    struct page_result result = {.warnings = ""};
    struct status st;

    block.kind = kind;
    page.n_blocks = 1;
    page.blocks = blocks;
    assert_int_equal(page_result_pack(&page, arena, &result.content, &st), STATUS_OK);
    page_tool_warn(tool_find(str_of(tool)), is_vision_reading, arena, &result);
    Page *kept = ocrmesh__document__v1__page__unpack(NULL, result.content.n,
                                                     (const uint8_t *)result.content.p);
    assert_non_null(kept);
    assert_int_equal(kept->n_warnings, expected[0] != '\0');
    assert_int_equal(result.warnings[0] != '\0', expected[0] != '\0');
    assert_non_null(strstr(result.warnings, expected));
    if (expected[0] != '\0')
        assert_string_equal(kept->warnings[0], result.warnings);
    ocrmesh__document__v1__page__free_unpacked(kept, NULL);
}

static void test_a_page_without_a_table_says_so_where_one_was_asked_for(void **state)
{
    assert_warning("extract-tables", false, TEXT, "no table was found on this page");
    assert_warning("pdf-to-excel", true, TEXT, "no table was found on this page");
    assert_warning("extract-tables", false, TABLE, "");
    assert_warning("image-to-text", false, TEXT, "");
}

static void test_formulas_without_a_vision_model_are_counted_not_written(void **state)
{
    assert_warning("math-to-latex", false, FORMULA, "no vision model has read this page");
    assert_warning("math-to-latex", false, FORMULA, "formulas: 1");
    assert_warning("math-to-latex", false, TEXT, "formulas: 0");
    assert_warning("math-to-latex", true, TEXT, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_without_a_table_says_so_where_one_was_asked_for),
        cmocka_unit_test(test_formulas_without_a_vision_model_are_counted_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
