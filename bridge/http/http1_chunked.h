#pragma once

/*
 * The chunked transfer coding (RFC 9112 §7.1) as a stream, strictly: CR LF line ends, sizes of at
 * most 15 hexadecimal digits without sign or prefix. Chunk extensions and trailers are passed over,
 * within limits. http_parser does not serve for this: Debian's lenient build of it takes any byte
 * for the LF of a size line and any two for the line end after a chunk, and a proxy in front may
 * read such a body otherwise. Failures are INVALID_ARGUMENT, BAD_REQUEST.
 *
 * Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    HTTP1_CHUNK_EXTENSION_MAX = 256,        /* bytes on one chunk's line */
    HTTP1_TRAILERS_MAX = 8 * 1024,          /* bytes */
    HTTP1_EXTENSIONS_TOTAL_MAX = 64 * 1024, /* bytes in one body */
};

struct http1_chunked {
    int state;
    int digits;
    uint64_t left; /* data bytes of the chunk */
    size_t extension_bytes, extension_total, trailer_bytes;
    bool is_line_empty;
};

void http1_chunked_init(struct http1_chunked *decoder);

/* Takes bytes off *input up to the end of one piece of data. *ret_data is that piece (a view into
 * the input), empty when the input is used up or the body has ended (*ret_is_end). */
status_code http1_chunked_next(struct http1_chunked *decoder, struct str *input,
                               struct str *ret_data, bool *ret_is_end,
                               struct status *st) _must_check_;
