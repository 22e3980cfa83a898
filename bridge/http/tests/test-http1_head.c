#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/http1_head.h"

struct fixture {
    struct arena *arena;
    struct http1_head head;
    struct status st;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new(1 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static status_code parse(struct fixture *fixture, struct str bytes)
{
    arena_reset(fixture->arena);
    fixture->st = (struct status){0};
    return http1_head_parse(bytes, fixture->arena, &fixture->head, &fixture->st);
}

static void test_request_is_taken_apart(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(parse(fixture, STR("POST /api/v1/ocr/?a=b HTTP/1.1\r\n"
                                        "Host: example.org\r\n"
                                        "Content-LENGTH: 12\r\n"
                                        "X-Text:  a b\t\r\n"
                                        "Expect: 100-Continue\r\n"
                                        "\r\n")),
                     STATUS_OK);
    assert_string_equal(fixture->head.method, "POST");
    assert_true(str_equal(fixture->head.target, STR("/api/v1/ocr/?a=b")));
    assert_int_equal(fixture->head.field_count, 4);
    assert_true(str_equal(fixture->head.fields[1].name, STR("content-length")));
    assert_true(str_equal(fixture->head.fields[2].value, STR("a b")));
    assert_int_equal(fixture->head.content_length, 12);
    assert_true(fixture->head.expects_continue);
    assert_true(fixture->head.keeps_alive);
    assert_false(fixture->head.is_chunked);
}

static void test_chunked_http10_and_close_are_seen(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        parse(fixture, STR("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")),
        STATUS_OK);
    assert_true(fixture->head.is_chunked);
    assert_int_equal(fixture->head.content_length, -1);
    assert_int_equal(parse(fixture, STR("GET / HTTP/1.0\r\n\r\n")), STATUS_OK);
    assert_int_equal(fixture->head.minor_version, 0);
    assert_false(fixture->head.keeps_alive);
    assert_int_equal(
        parse(fixture, STR("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n")),
        STATUS_OK);
    assert_false(fixture->head.keeps_alive);
}

/* What parsers have been seen to read differently (RFC 9112 §11.2). */
static void test_ambiguous_heads_are_refused(void **state)
{
    static const struct str bad[] = {
        STR("GET / HTTP/1.1\nHost: a\n\n"),
        STR("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        STR("GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
        STR("GET / HTTP/1.1\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        STR("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        STR("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        STR("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        STR("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        STR("GET / http/1.1\r\nHost: a\r\n\r\n"),
        STR("GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
        STR("GET /\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"
            "\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            "Transfer-Encoding: chunked\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        STR("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        if (parse(*state, bad[i]) != STATUS_INVALID_ARGUMENT)
            fail_msg("taken: %.*s", (int)bad[i].n, bad[i].p);
    }
}

static void test_unknown_methods_and_versions_have_words_of_their_own(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(parse(fixture, STR("FROB / HTTP/1.1\r\nHost: a\r\n\r\n")),
                     STATUS_UNIMPLEMENTED);
    assert_string_equal(fixture->st.reason, "UNKNOWN_METHOD");
    assert_int_equal(parse(fixture, STR("GET / HTTP/3.0\r\nHost: a\r\n\r\n")),
                     STATUS_UNIMPLEMENTED);
    assert_string_equal(fixture->st.reason, "HTTP_VERSION");
    assert_int_not_equal(parse(fixture, STR("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n")),
                         STATUS_OK);
    assert_string_equal(fixture->st.reason, "EXPECTATION_FAILED");
}

static void test_number_of_fields_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct buf head;

    buf_init(&head, 64 * 1024);
    assert_true(buf_append_str(&head, "GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 0; i < HTTP1_FIELDS_MAX; i++)
        assert_true(buf_append_str(&head, "X: y\r\n"));
    assert_true(buf_append_str(&head, "\r\n"));
    assert_int_not_equal(parse(fixture, buf_str(&head)), STATUS_OK);
    assert_string_equal(fixture->st.reason, "HEADERS_TOO_LARGE");
    buf_deinit(&head);
}

static void test_end_is_found_wherever_the_head_is_cut(void **state)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
    size_t length = sizeof(head) - 1 - 3;

    for (size_t cut = 0; cut <= sizeof(head) - 1; cut++) {
        size_t found = http1_head_length((struct str){head, cut}, 0);

        assert_int_equal(found, cut >= length ? length : 0);
        if (found == 0)
            assert_int_equal(http1_head_length((struct str){head, sizeof(head) - 1}, cut), length);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request_is_taken_apart),
        TEST(test_chunked_http10_and_close_are_seen),
        TEST(test_ambiguous_heads_are_refused),
        TEST(test_unknown_methods_and_versions_have_words_of_their_own),
        TEST(test_number_of_fields_is_bounded),
        TEST(test_end_is_found_wherever_the_head_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
