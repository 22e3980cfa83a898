#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/artifact.h"
#include "services/export/format.h"

static void test_the_upload_keeps_its_name_and_changes_its_extension(void **state)
{
    static const struct {
        const char *upload;
        const char *expected;
    } cases[] = {
        {"scan.pdf", "scan.md"},
        {"Rechnung März.PDF", "Rechnung März.md"},
        {"請求書.jpeg", "請求書.md"},
        {"archive.tar.gz", "archive.tar.md"},
        {"no extension", "no extension.md"},
        {"report 3.1 final", "report 3.1 final.md"}, /* ".1 final" is no extension */
        {"v1.something-long", "v1.something-long.md"},
        {"", "document.md"},
        {"...", "document.md"},
        {".htaccess", "htaccess.md"},
        {"  x  .png", "x.md"},
    };
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(artifact_file_name(cases[i].upload, ".md", arena), cases[i].expected);
}

static void test_what_a_header_or_file_system_trips_over_is_replaced(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    assert_string_equal(artifact_file_name("../../etc/pass\"wd\r\nX: y", ".txt", arena),
                        "_.._etc_pass_wd__X_ y.txt");
    assert_string_equal(artifact_file_name("a\xFF\xC3.png", ".txt", arena), "a__.txt");
    /* right-to-left override */
    assert_string_equal(artifact_file_name("a\xE2\x80\xAE"
                                           "b.png",
                                           ".txt", arena),
                        "a_b.txt");
}

static void test_a_long_name_is_cut_at_a_whole_character(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);
    char upload[301];
    const char *name;

    for (size_t i = 0; i < 100; i++)
        memcpy(upload + 3 * i, "\xE4\xB8\xAD", 3);
    upload[300] = '\0';
    name = artifact_file_name(upload, ".json", arena);
    /* 195 bytes are left for the stem: 65 characters of 3 bytes. */
    assert_int_equal(strlen(name), 65 * 3 + 5);
    assert_string_equal(name + 65 * 3, ".json");
    name = artifact_file_name(upload, ".txt", arena);
    assert_int_equal(strlen(name), 65 * 3 + 4);
}

static void test_the_entity_tag_changes_with_what_it_depends_on(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);
    static const struct format json1 = {.name = "json", .revision = 1};
    static const struct format json2 = {.name = "json", .revision = 2};
    static const struct format md = {.name = "md", .revision = 1};
    static const struct {
        const char *job_id;
        int64_t revision;
        const struct format *format;
        struct format_options options;
        const char *expected;
    } cases[] = {
        {"9f2c", 7, &json1, {0}, "9f2c-7-json1"},
        {"9f2d", 7, &json1, {0}, "9f2d-7-json1"},
        {"9f2c", 8, &json1, {0}, "9f2c-8-json1"},
        {"9f2c", 7, &md, {0}, "9f2c-7-md1"},
        {"9f2c", 7, &json2, {0}, "9f2c-7-json2"},
        {"9f2c", 7, &json1, {.table = 1}, "9f2c-7-json1-t1"},
        {"9f2c", 7, &json1, {.table = UINT32_MAX}, "9f2c-7-json1-t4294967295"},
        {"9f2c", 7, &json1, {.has_byte_order_mark = true}, "9f2c-7-json1-b"},
        {"9f2c", 7, &json1, {.neutralizes_formulas = true}, "9f2c-7-json1-f"},
        {"9f2c", 7, &json1, {.is_pdfa = true}, "9f2c-7-json1-a"},
        {"9f2c", 7, &json1, {2, true, true, true}, "9f2c-7-json1-t2-b-f-a"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(artifact_entity_tag(cases[i].job_id, cases[i].revision, cases[i].format,
                                                &cases[i].options, arena),
                            cases[i].expected);
}

static void test_no_memory_is_told(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1);

    assert_null(artifact_file_name("scan.pdf", ".md", arena));
    assert_null(artifact_entity_tag("9f2c", 7, &(struct format){.name = "json"},
                                    &(struct format_options){0}, arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_upload_keeps_its_name_and_changes_its_extension),
        cmocka_unit_test(test_what_a_header_or_file_system_trips_over_is_replaced),
        cmocka_unit_test(test_a_long_name_is_cut_at_a_whole_character),
        cmocka_unit_test(test_the_entity_tag_changes_with_what_it_depends_on),
        cmocka_unit_test(test_no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
