#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "services/export/csv/field.h"
#include "services/export/tests/document_fixture.h"
#include "services/export/tests/rich_document.h"

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

static void expect_field(const char *text, unsigned flags, const char *expected)
{
    struct buf out;
    struct sink sink;
    struct status st = {0};

    buf_init(&out, 1 << 16);
    sink_init(&sink, keep, &out);
    csv_field_write(&sink, text, flags);
    assert_int_equal(sink_finish(&sink, &st), STATUS_OK);
    assert_string_equal(out.data != NULL ? out.data : "", expected);
    sink_deinit(&sink);
    buf_deinit(&out);
}

/* RFC 4180 §2, 5 to 7. */
static void test_fields_are_quoted_where_they_must_be(void **state)
{
    expect_field("plain", 0, "plain");
    expect_field("", 0, "");
    expect_field("", CSV_FIELD_QUOTED, "\"\"");
    expect_field("a,b", 0, "\"a,b\"");
    expect_field("say \"hi\"", 0, "\"say \"\"hi\"\"\"");
    expect_field("\"", 0, "\"\"\"\"");
    expect_field("two\nlines", 0, "\"two\nlines\"");
    expect_field("a;b", 0, "\"a;b\"");
    expect_field(" a", 0, "\" a\"");
    expect_field("ä中", 0, "ä中");
}

/* OWASP, "CSV Injection". */
static void test_formulas_are_neutralised_on_request_and_numbers_stay(void **state)
{
    static const char *const formulas[] = {"=1+1",
                                           "@SUM(A1)",
                                           "+1 (555) 0100",
                                           "-5+cmd|' /C calc'!A0",
                                           "-",
                                           "+",
                                           "-1e5",
                                           "=",
                                           " =1+1",
                                           "\xC2\xA0=1",
                                           "\xEF\xBC\x9D"
                                           "1",
                                           "-A1",
                                           "+-5",
                                           "--5",
                                           "\xEF\xBC\x8D"
                                           "A"};
    static const char *const harmless[] = {
        "-5", "-1,200.50", "+3 %", "-$5.00", "-5 €", "-1 234,56", "5-3", "a=b", "", "e@mail", "−5"};

    for (size_t i = 0; i < ARRAY_LENGTH(formulas); i++) {
        char expected[64];

        /* Only spaces at the edge need quotes here. */
        (void)snprintf(expected, sizeof(expected), formulas[i][0] == ' ' ? "\"'%s\"" : "'%s",
                       formulas[i]);
        expect_field(formulas[i], CSV_FIELD_NEUTRAL, expected);
        expected[0] = '\0';
    }
    expect_field("\t=1", CSV_FIELD_NEUTRAL, "\"'\t=1\"");
    expect_field("\n=1", CSV_FIELD_NEUTRAL, "\"'\n=1\"");
    expect_field("=1+1", 0, "=1+1");
    for (size_t i = 0; i < ARRAY_LENGTH(harmless); i++) {
        struct str text = str_of(harmless[i]);
        char expected[64];

        (void)snprintf(expected, sizeof(expected), memchr(text.p, ',', text.n) ? "\"%s\"" : "%s",
                       harmless[i]);
        expect_field(harmless[i], CSV_FIELD_NEUTRAL, expected);
    }
}

/* --- files --- */

static void expect_file(const struct format_options *options, size_t first_page, size_t count,
                        const char *expected)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(RICH_DOCUMENT_ARENA_BYTES);
    struct rich_document document = rich_document_new(arena);
    struct buf out;
    struct status st = {0};

    buf_init(&out, FIXTURE_FILE_MAX_BYTES);
    assert_int_equal(fixture_try(&format_csv, options, NULL, document.job,
                                 document.pages + first_page, count, &out, &st),
                     STATUS_OK);
    assert_string_equal(out.data, expected);
    buf_deinit(&out);
}

static void test_tables_follow_one_another_with_an_empty_line_between(void **state)
{
    expect_file(NULL, 0, 2,
                "Region,Sales,\r\n,2025,2026\r\n\"North, East\",\"1,200\",-35.5\r\n"
                "South,,\"two\nlines\"\r\n\r\nالبند,السعر\r\nقهوة,12.50\r\n");
}

static void test_one_table_can_be_chosen(void **state)
{
    expect_file(&(struct format_options){.table = 2, .has_byte_order_mark = true}, 0, 2,
                "\xEF\xBB\xBFالبند,السعر\r\nقهوة,12.50\r\n");
}

static void expect_no_table(size_t first_page, size_t count, uint32_t table, const char *message)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(RICH_DOCUMENT_ARENA_BYTES);
    struct rich_document document = rich_document_new(arena);
    struct buf out;
    struct status st = {0};

    buf_init(&out, FIXTURE_FILE_MAX_BYTES);
    assert_int_equal(fixture_try(&format_csv, &(struct format_options){.table = table}, NULL,
                                 document.job, document.pages + first_page, count, &out, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "table");
    assert_string_equal(st.message, message);
    assert_int_equal(out.length, 0);
    buf_deinit(&out);
}

static void test_a_table_that_there_is_not_is_refused_with_how_many_there_are(void **state)
{
    expect_no_table(0, 2, 3, "there is no table 3; this document has 2, counted from 1");
    expect_no_table(0, 1, 2, "there is no table 2; this document has 1, number 1");
    expect_no_table(2, 1, 1, "this document has no tables; without table it gives its lines");
}

static void test_hostile_cells_are_harmless_on_request(void **state)
{
    expect_file(&(struct format_options){.table = 1, .neutralizes_formulas = true}, 5, 1,
                "'=1+1,-5,'+1 (555) 0100\r\n"
                "'@SUM(A1),\"'\ttab\",\"say \"\"hi\"\", <b>you</b>\"\r\n"
                "'-5+cmd|' /C calc'!A0,,\r\n");
    expect_file(&(struct format_options){.table = 2}, 5, 1, ",\r\n,\r\n");
}

static void test_a_document_without_tables_gives_its_lines(void **state)
{
    expect_file(NULL, 2, 3,
                "page,x0,y0,x1,y1,confidence,text\r\n"
                "3,100,60,1100,90,0.9200,请保存文件 OCR 2026\r\n"
                "3,100,110,1100,140,0.9200,ภาษาไทยไม่มีช่องว่าง\r\n"
                "3,100,160,1100,190,0.9200,हिन्दी में पाठ\r\n"
                "3,100,210,1100,240,0.9200,E = mc²\r\n"
                "3,1000,260,1030,660,0.9200,縦書きの文\r\n");
    expect_file(NULL, 3, 2, "page,x0,y0,x1,y1,confidence,text\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_quoted_where_they_must_be),
        cmocka_unit_test(test_formulas_are_neutralised_on_request_and_numbers_stay),
        cmocka_unit_test(test_tables_follow_one_another_with_an_empty_line_between),
        cmocka_unit_test(test_one_table_can_be_chosen),
        cmocka_unit_test(test_a_table_that_there_is_not_is_refused_with_how_many_there_are),
        cmocka_unit_test(test_hostile_cells_are_harmless_on_request),
        cmocka_unit_test(test_a_document_without_tables_gives_its_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
