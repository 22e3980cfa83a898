/* Compressed messages: what zlib makes is read back, and nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <grpc/slice.h>
#include <zlib.h>

#include "lib/rpc/codec.h"
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
    grpc_init();
    /* Compresses, but not to nothing. */
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * i >> 7);
    return 0;
}

static int tear_down(void **state)
{
    grpc_shutdown_blocking();
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

/* A message of the first `size` bytes of `compressed`, in slices of `slice_bytes`. */
static grpc_byte_buffer *buffer_of(size_t size, size_t slice_bytes,
                                   grpc_compression_algorithm algorithm)
{
    grpc_slice slices[64];
    size_t count = 0;

    for (size_t at = 0; at < size; at += slice_bytes) {
        assert_true(count < ARRAY_LENGTH(slices));
        slices[count++] = grpc_slice_from_copied_buffer(
            (const char *)compressed + at, size - at < slice_bytes ? size - at : slice_bytes);
    }
    grpc_byte_buffer *buffer = grpc_raw_compressed_byte_buffer_create(slices, count, algorithm);
    for (size_t i = 0; i < count; i++)
        grpc_slice_unref(slices[i]);
    return buffer;
}

static status_code inflate_bytes(size_t size, size_t slice_bytes,
                                 grpc_compression_algorithm algorithm, struct buf *out,
                                 struct status *st)
{
    _cleanup_(rpc_byte_buffer_freep) grpc_byte_buffer *buffer =
        buffer_of(size, slice_bytes, algorithm);

    assert_true(rpc_is_compressed(buffer));
    return rpc_inflate(buffer, STATUS_INVALID_ARGUMENT, out, st);
}

static void test_both_formats_are_read(void **state)
{
    const struct {
        int bits;
        grpc_compression_algorithm algorithm;
    } formats[] = {{GZIP_BITS, GRPC_COMPRESS_GZIP}, {ZLIB_BITS, GRPC_COMPRESS_DEFLATE}};

    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        size_t size = compress_text(formats[i].bits);
        const size_t slice_sizes[] = {size, size / 2 + 1, size / 50 + 1};

        for (size_t j = 0; j < ARRAY_LENGTH(slice_sizes); j++) {
            _cleanup_(buf_deinit) struct buf out;
            struct status st;

            buf_init(&out, TEXT_BYTES);
            assert_int_equal(inflate_bytes(size, slice_sizes[j], formats[i].algorithm, &out, &st),
                             STATUS_OK);
            assert_int_equal(out.length, TEXT_BYTES);
            assert_memory_equal(out.data, text, TEXT_BYTES);
        }
    }
}

static void test_a_message_over_its_limit_is_refused(void **state)
{
    size_t size = compress_text(GZIP_BITS);
    _cleanup_(buf_deinit) struct buf out;
    struct status st;

    buf_init(&out, TEXT_BYTES - 1);
    assert_int_equal(inflate_bytes(size, size, GRPC_COMPRESS_GZIP, &out, &st),
                     STATUS_RESOURCE_EXHAUSTED);
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
        assert_int_equal(inflate_bytes(length, size, GRPC_COMPRESS_GZIP, &out, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "MESSAGE_MALFORMED");
    }
    _cleanup_(buf_deinit) struct buf out;
    buf_init(&out, TEXT_BYTES);
    assert_int_equal(inflate_bytes(size, size, GRPC_COMPRESS_DEFLATE, &out, &st),
                     STATUS_INVALID_ARGUMENT);
    compressed[size / 2] ^= 0xff;
    buf_clear(&out);
    assert_int_equal(inflate_bytes(size, size, GRPC_COMPRESS_GZIP, &out, &st),
                     STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_formats_are_read),
        cmocka_unit_test(test_a_message_over_its_limit_is_refused),
        cmocka_unit_test(test_what_is_cut_off_or_something_else_is_malformed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
