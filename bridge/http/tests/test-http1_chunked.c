#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/http1_chunked.h"

/* Feeds [0, cut) and the rest; what follows the body's end is left in *ret_rest. */
static status_code decode(struct str bytes, size_t cut, struct buf *out, bool *ret_is_end,
                          size_t *ret_rest, struct status *st)
{
    struct http1_chunked decoder;
    struct str pieces[] = {{bytes.p, cut}, {bytes.p + cut, bytes.n - cut}};

    http1_chunked_init(&decoder);
    *ret_is_end = false;
    *ret_rest = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
        while (pieces[i].n > 0 && !*ret_is_end) {
            struct str data;

            TRY(http1_chunked_next(&decoder, &pieces[i], &data, ret_is_end, st));
            assert_true(buf_append(out, data.p, data.n));
        }
        *ret_rest += pieces[i].n;
    }
    return STATUS_OK;
}

static void assert_decodes(struct str bytes, const char *expected, size_t rest)
{
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        struct buf out;
        struct status st = {0};
        bool is_end;
        size_t left;

        buf_init(&out, 4096);
        assert_true(buf_append_str(&out, ""));
        assert_int_equal(decode(bytes, cut, &out, &is_end, &left, &st), STATUS_OK);
        assert_true(is_end);
        assert_int_equal(left, rest);
        assert_int_equal(out.length, strlen(expected));
        assert_memory_equal(out.data, expected, out.length);
        buf_deinit(&out);
    }
}

static void test_chunks_are_joined_wherever_they_are_cut(void **state)
{
    assert_decodes(STR("5\r\nhello\r\n1;name=\"value\"\r\n \r\n00A\r\n0123456789\r\n0\r\n\r\n"),
                   "hello 0123456789", 0);
    assert_decodes(STR("0\r\n\r\n"), "", 0);
}

static void test_trailers_are_passed_over_and_the_next_request_left(void **state)
{
    assert_decodes(STR("3\r\nabc\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET / HTTP/1.1\r\n"), "abc", 16);
}

static void test_malformed_chunks_are_refused(void **state)
{
    static const struct str bad[] = {
        STR("\r\n"),       STR("g\r\n"),          STR("-1\r\n"),
        STR("+1\r\na"),    STR("0x1\r\na"),       STR("1 \r\na"),
        STR(" 1\r\na"),    STR("1\na\r\n"),       STR("1\rXa\r\n"),
        STR("1\r\nab"),    STR("1\r\na\rX"),      STR("1\r\na\n"),
        STR("5;\x01\r\n"), STR("0\r\nX: \0\r\n"), STR("1000000000000000\r\n"),
        STR("0\r\n\rX"),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        for (size_t cut = 0; cut <= bad[i].n; cut++) {
            struct buf out;
            struct status st = {0};
            bool is_end;
            size_t left;

            buf_init(&out, 4096);
            assert_int_equal(decode(bad[i], cut, &out, &is_end, &left, &st),
                             STATUS_INVALID_ARGUMENT);
            buf_deinit(&out);
        }
    }
}

static void test_extensions_and_trailers_are_bounded(void **state)
{
    struct buf bytes, out;
    struct status st = {0};
    bool is_end;
    size_t left;

    buf_init(&bytes, 1 << 20);
    buf_init(&out, 1 << 20);
    assert_true(buf_append_str(&bytes, "1;"));
    for (int i = 0; i <= HTTP1_CHUNK_EXTENSION_MAX; i++)
        assert_true(buf_append_char(&bytes, 'x'));
    assert_int_not_equal(decode(buf_str(&bytes), 0, &out, &is_end, &left, &st), STATUS_OK);

    buf_clear(&bytes);
    for (int i = 0; i < 2 * HTTP1_EXTENSIONS_TOTAL_MAX / 100; i++)
        assert_true(buf_printf(&bytes, "1;%0100d\r\na\r\n", 0));
    assert_int_not_equal(decode(buf_str(&bytes), 0, &out, &is_end, &left, &st), STATUS_OK);

    buf_clear(&bytes);
    assert_true(buf_append_str(&bytes, "0\r\n"));
    for (int i = 0; i <= HTTP1_TRAILERS_MAX; i++)
        assert_true(buf_append_str(&bytes, "X: y\r\n"));
    assert_int_not_equal(decode(buf_str(&bytes), 0, &out, &is_end, &left, &st), STATUS_OK);
    buf_deinit(&bytes);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_are_joined_wherever_they_are_cut),
        cmocka_unit_test(test_trailers_are_passed_over_and_the_next_request_left),
        cmocka_unit_test(test_malformed_chunks_are_refused),
        cmocka_unit_test(test_extensions_and_trailers_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
