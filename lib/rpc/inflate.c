#include "lib/rpc/inflate.h"

#include <grpc/byte_buffer_reader.h>
#include <zlib.h>

enum {
    CHUNK_BYTES = 16384,
    ZLIB_BITS = 15,             /* zlib.h: the largest window */
    GZIP_BITS = 16 + ZLIB_BITS, /* zlib.h: as above, with a gzip header */
};

bool rpc_is_compressed(const grpc_byte_buffer *buffer)
{
    return buffer->type == GRPC_BB_RAW && buffer->data.raw.compression != GRPC_COMPRESS_NONE;
}

/* Takes one slice in; *ret_is_over tells whether the message's end was in it. */
static status_code inflate_slice(z_stream *stream, grpc_slice slice, status_code malformed,
                                 struct buf *out, bool *ret_is_over, struct status *st)
{
    int result = Z_OK;

    stream->next_in = GRPC_SLICE_START_PTR(slice);
    stream->avail_in = (uInt)GRPC_SLICE_LENGTH(slice);
    do {
        unsigned char chunk[CHUNK_BYTES];

        stream->next_out = chunk;
        stream->avail_out = sizeof(chunk);
        result = inflate(stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return FAIL(st, malformed, "MESSAGE_MALFORMED", "the message cannot be decompressed");
        size_t length = sizeof(chunk) - stream->avail_out;
        if (length > out->max_bytes - out->length || !buf_append(out, chunk, length))
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                        "the decompressed message has more than %zu bytes", out->max_bytes);
    } while (result == Z_OK && stream->avail_out == 0);
    *ret_is_over = result == Z_STREAM_END;
    return STATUS_OK;
}

status_code rpc_inflate(grpc_byte_buffer *buffer, status_code malformed, struct buf *out,
                        struct status *st)
{
    bool is_gzip = buffer->data.raw.compression == GRPC_COMPRESS_GZIP;
    z_stream stream = {0};
    grpc_byte_buffer_reader reader;
    status_code code = STATUS_OK;
    bool is_over = false;
    grpc_slice slice;

    if (inflateInit2(&stream, is_gzip ? GZIP_BITS : ZLIB_BITS) != Z_OK)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "out of memory");
    (void)grpc_byte_buffer_reader_init(&reader, buffer);
    while (code == STATUS_OK && !is_over && grpc_byte_buffer_reader_next(&reader, &slice)) {
        code = inflate_slice(&stream, slice, malformed, out, &is_over, st);
        grpc_slice_unref(slice);
    }
    grpc_byte_buffer_reader_destroy(&reader);
    (void)inflateEnd(&stream);
    if (code == STATUS_OK && !is_over)
        return FAIL(st, malformed, "MESSAGE_MALFORMED", "the compressed message ends early");
    return code;
}
