#include "lib/rpc/deflate.h"

#include <zlib.h>

enum {
    GZIP_BITS = 16 + 15, /* zlib.h: the largest window, with a gzip header */
    MEMORY_LEVEL = 8,    /* zlib's default */
};

bool rpc_deflate(struct str bytes, char *out, size_t *ret_length)
{
    z_stream stream = {
        .next_in = (Bytef *)bytes.p, /* zlib only reads it */
        .avail_in = (uInt)bytes.n,
        .next_out = (Bytef *)out,
        .avail_out = (uInt)bytes.n,
    };

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    const bool is_smaller = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *ret_length = stream.total_out;
    (void)deflateEnd(&stream);
    return is_smaller && *ret_length < bytes.n;
}
