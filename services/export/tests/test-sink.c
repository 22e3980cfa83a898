#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/sink.h"

/* What arrived, and when to fail. */
struct reader {
    struct buf bytes;
    size_t chunks;
    size_t largest;
    size_t fails_at; /* this chunk, from 1; 0: never */
};

static status_code take(void *arg, const void *data, size_t length, struct status *st)
{
    struct reader *reader = arg;

    reader->chunks++;
    if (length > reader->largest)
        reader->largest = length;
    if (reader->chunks == reader->fails_at)
        return FAIL(st, STATUS_CANCELLED, NULL, "the client is gone");
    assert_true(buf_append(&reader->bytes, data, length));
    return STATUS_OK;
}

static void test_bytes_come_out_in_order_and_in_bounded_chunks(void **state)
{
    struct reader reader = {0};
    struct sink sink;
    struct status st = {0};
    static char piece[100000];

    buf_init(&reader.bytes, 4 << 20);
    sink_init(&sink, take, &reader);
    for (int i = 0; i < 10; i++) {
        memset(piece, 'a' + i, sizeof(piece));
        sink_append(&sink, piece, sizeof(piece));
    }
    assert_int_equal(sink_finish(&sink, &st), STATUS_OK);

    /* 1,000,000 bytes in chunks of 262,144: three full ones and a rest. */
    assert_int_equal(reader.chunks, 4);
    assert_int_equal(reader.largest, SINK_CHUNK_MAX_BYTES);
    assert_int_equal(reader.bytes.length, 1000000);
    for (size_t i = 0; i < reader.bytes.length; i += 12345)
        assert_int_equal(reader.bytes.data[i], 'a' + (int)(i / 100000));
    sink_deinit(&sink);
    buf_deinit(&reader.bytes);
}

static void test_nothing_written_gives_no_chunk(void **state)
{
    struct reader reader = {0};
    struct sink sink;
    struct status st = {0};

    sink_init(&sink, take, &reader);
    sink_append_text(&sink, "");
    assert_int_equal(sink_finish(&sink, &st), STATUS_OK);
    assert_int_equal(reader.chunks, 0);
    sink_deinit(&sink);
}

static void test_the_first_failure_sticks_and_ends_the_writing(void **state)
{
    struct reader reader = {.fails_at = 1};
    struct sink sink;
    struct status st = {0};
    static char piece[SINK_CHUNK_MAX_BYTES];

    sink_init(&sink, take, &reader);
    sink_append(&sink, piece, sizeof(piece));
    sink_append(&sink, piece, sizeof(piece));
    assert_int_equal(sink_check(&sink, &st), STATUS_CANCELLED);
    assert_string_equal(st.message, "the client is gone");
    assert_int_equal(sink_finish(&sink, &st), STATUS_CANCELLED);
    assert_int_equal(reader.chunks, 1);
    sink_deinit(&sink);
}

static void test_a_format_may_fail_the_file_itself(void **state)
{
    struct reader reader = {0};
    struct sink sink;
    struct status st = {0}, found = {0};

    sink_init(&sink, take, &reader);
    sink_append_text(&sink, "a");
    (void)FAIL(&found, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "there is no table 3");
    sink_fail(&sink, &found);
    (void)FAIL(&found, STATUS_INTERNAL, NULL, "a later one");
    sink_fail(&sink, &found);
    assert_int_equal(sink_finish(&sink, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.message, "there is no table 3");
    assert_int_equal(reader.chunks, 0);
    sink_deinit(&sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_out_in_order_and_in_bounded_chunks),
        cmocka_unit_test(test_nothing_written_gives_no_chunk),
        cmocka_unit_test(test_the_first_failure_sticks_and_ends_the_writing),
        cmocka_unit_test(test_a_format_may_fail_the_file_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
