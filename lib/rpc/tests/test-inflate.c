/* Compressed messages: what zlib makes is read back, and nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "lib/rpc/inflate.h"

enum {
    TEXT_BYTES = 100000,
    COMPRESSED_MAX_BYTES = 200000,
    GZIP_BITS = 16 + 15,
    ZLIB_BITS = 15,
};

static char text[TEXT_BYTES];
static uint8_t compressed[COMPRESSED_MAX_BYTES];

static int set_up(void **state)
{
    /* Compresses, but not to nothing. */
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * i >> 7);
    return 0;
}

/* Compresses `text` in zlib's own way; returns the number of bytes in `compressed`. */
static size_t compress_text(int bits)
{
    z_stream stream = {.next_in = (Bytef *)text,
                       .avail_in = sizeof(text),
                       .next_out = compressed,
                       .avail_out = sizeof(compressed)};

    assert_int_equal(
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return stream.total_out;
}

/* The first `size` bytes of `compressed`. */
static status_code inflate_bytes(size_t size, rpc_encoding encoding, struct buf *out,
                                 struct status *st)
{
    return rpc_inflate((struct str){(const char *)compressed, size}, encoding,
                       STATUS_INVALID_ARGUMENT, out, st);
}

static void test_both_formats_are_read(void **state)
{
    const struct {
        int bits;
        rpc_encoding encoding;
    } formats[] = {{GZIP_BITS, RPC_ENCODING_GZIP}, {ZLIB_BITS, RPC_ENCODING_DEFLATE}};

    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        size_t size = compress_text(formats[i].bits);
        _cleanup_(buf_deinit) struct buf out;
        struct status st;

        buf_init(&out, TEXT_BYTES);
        assert_int_equal(inflate_bytes(size, formats[i].encoding, &out, &st), STATUS_OK);
        assert_int_equal(out.length, TEXT_BYTES);
        assert_memory_equal(out.data, text, TEXT_BYTES);
    }
}

static void test_a_message_over_its_limit_is_refused(void **state)
{
    size_t size = compress_text(GZIP_BITS);
    _cleanup_(buf_deinit) struct buf out;
    struct status st;

    buf_init(&out, TEXT_BYTES - 1);
    assert_int_equal(inflate_bytes(size, RPC_ENCODING_GZIP, &out, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
    assert_true(out.length < TEXT_BYTES);
}

static void test_what_is_cut_off_or_something_else_is_malformed(void **state)
{
    size_t size = compress_text(GZIP_BITS);
    struct status st;

    for (size_t length = 0; length < size; length += size / 97 + 1) {
        _cleanup_(buf_deinit) struct buf out;

        buf_init(&out, TEXT_BYTES);
        assert_int_equal(inflate_bytes(length, RPC_ENCODING_GZIP, &out, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "MESSAGE_MALFORMED");
    }
    _cleanup_(buf_deinit) struct buf out;
    buf_init(&out, TEXT_BYTES);
    assert_int_equal(inflate_bytes(size, RPC_ENCODING_DEFLATE, &out, &st), STATUS_INVALID_ARGUMENT);
    compressed[size / 2] ^= 0xff;
    buf_clear(&out);
    assert_int_equal(inflate_bytes(size, RPC_ENCODING_GZIP, &out, &st), STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_formats_are_read),
        cmocka_unit_test(test_a_message_over_its_limit_is_refused),
        cmocka_unit_test(test_what_is_cut_off_or_something_else_is_malformed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
