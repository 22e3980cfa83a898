#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/http/sse.h"

struct heard {
    struct buf text; /* "<one><two>" */
    size_t wanted;   /* events until the reader has enough; 0: all */
    size_t count;
};

static bool on_event(void *arg, struct str data)
{
    struct heard *heard = arg;

    assert_true(buf_printf(&heard->text, "<%.*s>", (int)data.n, data.p));
    return ++heard->count != heard->wanted;
}

/* What is heard of a stream that comes in pieces of so many bytes. */
static void assert_heard(const char *stream, size_t piece, const char *wanted)
{
    struct heard heard = {0};
    struct sse_parser parser;

    buf_init(&heard.text, 1 << 16);
    sse_init(&parser, 64);
    for (size_t at = 0; at < strlen(stream); at += piece) {
        size_t left = strlen(stream) - at;
        assert_true(sse_feed(&parser, (struct str){stream + at, left < piece ? left : piece},
                             on_event, &heard));
    }
    assert_string_equal(buf_str(&heard.text).p, wanted);
    sse_deinit(&parser);
    buf_deinit(&heard.text);
}

/* The examples of WHATWG HTML §9.2.6. */
static void test_the_examples_of_the_standard_are_read(void **state)
{
    static const char stock[] = "data: YHOO\ndata: +2\ndata: 10\n\n";
    static const char comment[] =
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
        "event\n\n";
    static const char empty[] = "data\n\ndata\ndata\n\ndata:";

    for (size_t piece = 1; piece < 20; piece++) {
        assert_heard(stock, piece, "<YHOO\n+2\n10>");
        assert_heard(comment, piece, "<first event><second event>< third event>");
        assert_heard(empty, piece, "<><\n>");
    }
}

static void test_every_end_of_line_counts(void **state)
{
    for (size_t piece = 1; piece < 20; piece++)
        assert_heard("data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", piece, "<a\nb><c><d>");
}

static void test_an_event_over_the_limit_ends_the_reading(void **state)
{
    char stream[200] = "data: ";
    struct heard heard = {0};
    struct sse_parser parser;

    memset(stream + 6, 'x', sizeof(stream) - 7);
    buf_init(&heard.text, 1 << 16);
    sse_init(&parser, 64);
    assert_false(sse_feed(&parser, str_of(stream), on_event, &heard));
    assert_int_equal(heard.count, 0);
    sse_deinit(&parser);
}

static void test_a_reader_that_has_enough_is_told_no_more(void **state)
{
    struct heard heard = {.wanted = 2};
    struct sse_parser parser;

    buf_init(&heard.text, 1 << 16);
    sse_init(&parser, 64);
    assert_false(sse_feed(&parser, STR("data: a\n\ndata: b\n\ndata: c\n\n"), on_event, &heard));
    assert_string_equal(buf_str(&heard.text).p, "<a><b>");
    sse_deinit(&parser);
    buf_deinit(&heard.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_examples_of_the_standard_are_read),
        cmocka_unit_test(test_every_end_of_line_counts),
        cmocka_unit_test(test_an_event_over_the_limit_ends_the_reading),
        cmocka_unit_test(test_a_reader_that_has_enough_is_told_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
