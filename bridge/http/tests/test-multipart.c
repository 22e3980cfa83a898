#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/multipart.h"

enum { LOG_MAX = 64 * 1024 };

/* What came out, as one readable line: "[name|file name|type]data;" a part. */
struct reader {
    struct buf log;
};

static status_code on_part(void *data, const struct multipart_part *part, struct status *st)
{
    struct reader *reader = data;

    assert_true(buf_printf(&reader->log, "[%.*s|%.*s|%.*s]", (int)part->name.n, part->name.p,
                           (int)part->file_name.n, part->file_name.n > 0 ? part->file_name.p : "",
                           (int)part->content_type.n,
                           part->content_type.n > 0 ? part->content_type.p : ""));
    return STATUS_OK;
}

static status_code on_data(void *data, struct str bytes, struct status *st)
{
    struct reader *reader = data;

    assert_true(buf_append(&reader->log, bytes.p, bytes.n));
    return STATUS_OK;
}

static status_code on_part_end(void *data, struct status *st)
{
    struct reader *reader = data;

    assert_true(buf_append_char(&reader->log, ';'));
    return STATUS_OK;
}

static const struct multipart_callbacks callbacks = {on_part, on_data, on_part_end};

/* Feeds the pieces `text[0, first)`, `[first, second)` and the rest. */
static status_code read_in_pieces(const char *text, size_t length, size_t first, size_t second,
                                  struct reader *reader, struct status *st)
{
    _cleanup_(multipart_freep) struct multipart *parser =
        multipart_new(STR("cut"), &callbacks, reader);

    assert_non_null(parser);
    TRY(multipart_feed(parser, (struct str){text, first}, st));
    TRY(multipart_feed(parser, (struct str){text + first, second - first}, st));
    TRY(multipart_feed(parser, (struct str){text + second, length - second}, st));
    return multipart_finish(parser, st);
}

static void assert_reads(const char *text, size_t length, const char *expected)
{
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second += second + 1 < length ? 7 : 1) {
            struct reader reader;
            struct status st = {0};

            buf_init(&reader.log, LOG_MAX);
            assert_int_equal(read_in_pieces(text, length, first, second, &reader, &st), STATUS_OK);
            assert_string_equal(reader.log.data, expected);
            buf_deinit(&reader.log);
        }
    }
}

/* Fails, wherever it is cut. */
static void assert_refused(const char *text, const char *message_part)
{
    size_t length = strlen(text);

    for (size_t first = 0; first <= length; first++) {
        struct reader reader;
        struct status st = {0};

        buf_init(&reader.log, LOG_MAX);
        assert_int_equal(read_in_pieces(text, length, first, length, &reader, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "BAD_MULTIPART");
        assert_non_null(strstr(st.message, message_part));
        buf_deinit(&reader.log);
    }
}

static void test_form_is_read_the_same_wherever_it_is_cut(void **state)
{
    static const char form[] = "--cut\r\n"
                               "Content-Disposition: form-data; name=\"tier\"\r\n"
                               "\r\n"
                               "cpu\r\n"
                               "--cut\r\n"
                               "content-disposition: form-data; name=file; filename=\"a b.png\"\r\n"
                               "Content-Type: image/png\r\n"
                               "\r\n"
                               "\r\n-\r\n--cu\r\r\n--cub\n\r\n"
                               "--cut--\r\n";

    assert_reads(form, sizeof(form) - 1,
                 "[tier||]cpu;[file|a b.png|image/png]\r\n-\r\n--cu\r\r\n--cub\n;");
}

static void test_preamble_padding_and_epilogue_are_passed_over(void **state)
{
    static const char form[] = "This is a form.\r\n--cu\r\n"
                               "\r\n--cut \t\r\n"
                               "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
                               "\r\n--cut--\r\nend --cut";

    assert_reads(form, sizeof(form) - 1, "[a||];");
}

static void test_bytes_of_any_value_pass(void **state)
{
    char form[1024];
    int head = snprintf(form, sizeof(form),
                        "--cut\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n");
    size_t length = (size_t)head;
    struct reader reader;
    struct status st = {0};

    for (int i = 0; i < 256; i++)
        form[length++] = (char)i;
    memcpy(form + length, "\r\n--cut--", 9);
    length += 9;
    buf_init(&reader.log, LOG_MAX);
    assert_int_equal(read_in_pieces(form, length, 100, 101, &reader, &st), STATUS_OK);
    assert_int_equal(reader.log.length, strlen("[file||]") + 256 + 1);
    assert_memory_equal(reader.log.data + strlen("[file||]"), form + head, 256);
    buf_deinit(&reader.log);
}

static void test_extended_file_name_wins(void **state)
{
    static const char form[] = "--cut\r\n"
                               "Content-Disposition: form-data; name=\"file\"; filename=\"x\"; "
                               "filename*=UTF-8''na%C3%AFve.pdf\r\n\r\n"
                               "\r\n--cut--";

    assert_reads(form, sizeof(form) - 1, "[file|na\xC3\xAFve.pdf|];");
}

static void test_windows_path_keeps_its_backslashes(void **state)
{
    static const char form[] = "--cut\r\n"
                               "Content-Disposition: form-data; name=\"file\"; "
                               "filename=\"C:\\scan\\a\\\"b.png\"\r\n\r\n"
                               "\r\n--cut--";

    assert_reads(form, sizeof(form) - 1, "[file|C:\\scan\\a\"b.png|];");
}

static void test_missing_closing_boundary_is_refused(void **state)
{
    assert_refused("--cut\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--cut",
                   "closing boundary");
    assert_refused("--cut\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue",
                   "closing boundary");
    assert_refused("", "closing boundary");
    assert_refused("no form at all", "closing boundary");
}

static void test_malformed_parts_are_refused(void **state)
{
    assert_refused("--cut\r\n\r\nx\r\n--cut--", "no Content-Disposition");
    assert_refused("--cut\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--cut--",
                   "not form-data");
    assert_refused("--cut\r\nContent-Disposition: form-data\r\n\r\nx\r\n--cut--", "no name");
    assert_refused("--cut\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n"
                   "--cut--",
                   "two names");
    assert_refused("--cut\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--cut--",
                   "malformed Content-Disposition");
    assert_refused("--cut\r\nContent-Disposition: form-data; name=a\n\r\nx\r\n--cut--", "CR LF");
    assert_refused("--cut\r\nContent-Disposition : form-data; name=a\r\n\r\nx\r\n--cut--",
                   "malformed header line");
    assert_refused("--cut\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\nx\r\n--cut--",
                   "no name");
    assert_refused("--cutter\r\n\r\nx\r\n--cut--", "boundary line");
    assert_refused("--cut\r\nContent-Disposition: form-data; name=a\r\n"
                   "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--cut--",
                   "Content-Transfer-Encoding");
}

static void test_limits_are_kept(void **state)
{
    struct buf form;
    struct reader reader;
    struct status st = {0};

    buf_init(&form, 1 << 20);
    buf_init(&reader.log, LOG_MAX);
    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++)
        assert_true(
            buf_append_str(&form, "--cut\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n"));
    assert_int_equal(read_in_pieces(form.data, form.length, 1, 2, &reader, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "64 parts"));

    buf_clear(&form);
    assert_true(buf_append_str(&form, "--cut\r\nX: "));
    for (int i = 0; i < MULTIPART_HEADERS_MAX; i++)
        assert_true(buf_append_char(&form, 'x'));
    assert_int_equal(read_in_pieces(form.data, form.length, 1, 2, &reader, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "8192 bytes"));

    buf_clear(&form);
    for (int i = 0; i <= MULTIPART_PREAMBLE_MAX; i++)
        assert_true(buf_append_char(&form, 'x'));
    assert_int_equal(read_in_pieces(form.data, form.length, 1, 2, &reader, &st),
                     STATUS_INVALID_ARGUMENT);
    buf_deinit(&form);
    buf_deinit(&reader.log);
}

static void test_nothing_is_taken_after_a_failure(void **state)
{
    struct reader reader;
    struct status st = {0};
    _cleanup_(multipart_freep) struct multipart *parser =
        multipart_new(STR("cut"), &callbacks, &reader);

    buf_init(&reader.log, LOG_MAX);
    assert_int_not_equal(multipart_feed(parser, STR("--cut\r\n\r\n"), &st), STATUS_OK);
    assert_int_not_equal(
        multipart_feed(parser,
                       STR("--cut\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--cut--"),
                       &st),
        STATUS_OK);
    assert_int_not_equal(multipart_finish(parser, &st), STATUS_OK);
    assert_int_equal(reader.log.length, 0);
}

static status_code boundary_of(const char *content_type, struct str *ret_boundary,
                               struct arena *arena, struct status *st)
{
    return multipart_boundary(str_of(content_type), arena, ret_boundary, st);
}

static void test_boundary_is_read_from_the_content_type(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64 * 1024);
    struct str boundary;
    struct status st = {0};

    assert_int_equal(boundary_of("multipart/form-data; boundary=cut", &boundary, arena, &st),
                     STATUS_OK);
    assert_true(str_equal(boundary, STR("cut")));
    assert_int_equal(
        boundary_of("Multipart/Form-Data ; charset=utf-8; Boundary=\"a b\"", &boundary, arena, &st),
        STATUS_OK);
    assert_true(str_equal(boundary, STR("a b")));
    assert_int_not_equal(boundary_of("multipart/form-data", &boundary, arena, &st), STATUS_OK);
    assert_int_not_equal(boundary_of("multipart/form-data; boundary=", &boundary, arena, &st),
                         STATUS_OK);
    assert_int_not_equal(
        boundary_of("multipart/form-data; boundary="
                    "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaab",
                    &boundary, arena, &st),
        STATUS_OK);
    assert_int_equal(boundary_of("application/json", &boundary, arena, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "NO_FILE");
    assert_int_equal(boundary_of("", &boundary, arena, &st), STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_is_read_the_same_wherever_it_is_cut),
        cmocka_unit_test(test_preamble_padding_and_epilogue_are_passed_over),
        cmocka_unit_test(test_bytes_of_any_value_pass),
        cmocka_unit_test(test_extended_file_name_wins),
        cmocka_unit_test(test_windows_path_keeps_its_backslashes),
        cmocka_unit_test(test_missing_closing_boundary_is_refused),
        cmocka_unit_test(test_malformed_parts_are_refused),
        cmocka_unit_test(test_limits_are_kept),
        cmocka_unit_test(test_nothing_is_taken_after_a_failure),
        cmocka_unit_test(test_boundary_is_read_from_the_content_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
