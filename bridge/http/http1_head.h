#pragma once

/*
 * The head of an HTTP/1.1 request (RFC 9112): request line and fields, strictly.
 *
 * Whatever two parsers have been seen to read differently is refused, since a proxy in front may
 * read it the other way (request smuggling): line ends other than CR LF, folded lines, white space
 * around a field name, both or repeated lengths, any Transfer-Encoding but "chunked", control
 * characters. The fields are read here, and http_parser has to agree: alone it would not do, for
 * Debian's build of it is the lenient one (HTTP_PARSER_STRICT=0), which takes bare LF, folded lines
 * and white space before the colon. Each failure is INVALID_ARGUMENT with the reason BAD_REQUEST
 * unless said otherwise.
 *
 * Thread rule: any thread.
 */

#include "bridge/http/header.h"
#include "lib/base/arena.h"
#include "lib/base/status.h"

enum { HTTP1_FIELDS_MAX = 100 };

struct http1_head {
    const char *method; /* static */
    struct str target;
    struct header_field *fields; /* in the arena */
    size_t field_count;
    int minor_version;      /* of HTTP/1.x */
    int64_t content_length; /* -1: none given */
    bool is_chunked;
    bool expects_continue;
    bool keeps_alive;
};

/* Looks for the end of the head in what has arrived so far. Returns its length with the empty line,
 * or 0 when it is not there yet. @scanned: bytes that an earlier call looked at. */
size_t http1_head_length(struct str bytes, size_t scanned);

/* Parses a whole head, its empty line included. Views point into `arena`. Fails with UNIMPLEMENTED
 * HTTP_VERSION for another major version. */
status_code http1_head_parse(struct str bytes, struct arena *arena, struct http1_head *ret_head,
                             struct status *st) _must_check_;
