#pragma once

/*
 * multipart/form-data (RFC 7578, RFC 2046 §5.1) as a stream: bytes go in as they arrive, cut
 * anywhere; parts and their bytes come out as callbacks. Memory is bounded by the limits below,
 * whatever the size of a part.
 *
 * Strict where leniency has been abused: lines end in CRLF, a boundary line holds nothing else,
 * part headers are not folded, and a body whose closing boundary is missing is an error. A
 * preamble and an epilogue are passed over. All errors are INVALID_ARGUMENT with the reason
 * BAD_MULTIPART.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    MULTIPART_BOUNDARY_MAX = 70,      /* RFC 2046 §5.1.1 */
    MULTIPART_HEADERS_MAX = 8 * 1024, /* bytes of one part's header block */
    MULTIPART_PARTS_MAX = 64,
    MULTIPART_PREAMBLE_MAX = 8 * 1024, /* bytes before the first boundary */
};

struct multipart_part {
    struct str name;         /* of the form field; as sent, may be any bytes */
    struct str file_name;    /* filename* when it is sound, else filename */
    bool has_file_name;      /* an empty one counts too */
    struct str content_type; /* empty when not given */
};

/* Each may fail; the failure is handed on by multipart_feed(). Views live for the callback. */
struct multipart_callbacks {
    status_code (*on_part)(void *data, const struct multipart_part *part, struct status *st);
    status_code (*on_data)(void *data, struct str bytes, struct status *st);
    status_code (*on_part_end)(void *data, struct status *st);
};

/* The boundary of a Content-Type value; fails when it is not multipart/form-data. */
status_code multipart_boundary(struct str content_type, struct arena *arena,
                               struct str *ret_boundary, struct status *st) _must_check_;

struct multipart;

/* @callbacks, @data: borrowed for the parser's life. NULL when out of memory or when the boundary
 * is empty or too long. */
struct multipart *multipart_new(struct str boundary, const struct multipart_callbacks *callbacks,
                                void *data);
void multipart_free(struct multipart *parser);
DEFINE_CLEANUP(struct multipart *, multipart)

/* After a failure the parser takes nothing more. */
status_code multipart_feed(struct multipart *parser, struct str bytes,
                           struct status *st) _must_check_;
/* The body has ended; fails unless its closing boundary was seen. */
status_code multipart_finish(struct multipart *parser, struct status *st) _must_check_;
