#include "lib/rpc/inflate.h"

#include <zlib.h>

enum {
    CHUNK_BYTES = 16384,
    ZLIB_BITS = 15,             /* zlib.h: the largest window */
    GZIP_BITS = 16 + ZLIB_BITS, /* zlib.h: as above, with a gzip header */
};

/* Takes the bytes in; *ret_is_over tells whether the message's end was among them. */
static status_code inflate_all(z_stream *stream, status_code malformed, struct buf *out,
                               bool *ret_is_over, struct status *st)
{
    int result = Z_OK;

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

status_code rpc_inflate(struct str bytes, rpc_encoding encoding, status_code malformed,
                        struct buf *out, struct status *st)
{
    z_stream stream = {
        .next_in = (Bytef *)bytes.p, /* zlib only reads it */
        .avail_in = (uInt)bytes.n,
    };
    bool is_over = false;

    if (inflateInit2(&stream, encoding == RPC_ENCODING_GZIP ? GZIP_BITS : ZLIB_BITS) != Z_OK)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "out of memory");
    status_code code = inflate_all(&stream, malformed, out, &is_over, st);
    (void)inflateEnd(&stream);
    if (code == STATUS_OK && !is_over)
        return FAIL(st, malformed, "MESSAGE_MALFORMED", "the compressed message ends early");
    return code;
}
