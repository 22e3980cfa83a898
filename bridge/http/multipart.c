#include "bridge/http/multipart.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/http/header.h"

typedef enum {
    STATE_PREAMBLE,
    STATE_BOUNDARY,      /* after a delimiter: "--", or padding and CRLF */
    STATE_BOUNDARY_DASH, /* one '-' seen */
    STATE_BOUNDARY_CR,   /* CR seen */
    STATE_HEADERS,
    STATE_DATA,
    STATE_EPILOGUE,
    STATE_FAILED,
} parser_state;

enum {
    DELIMITER_MAX = MULTIPART_BOUNDARY_MAX + 4, /* CR LF '-' '-' boundary */
    PART_ARENA_MAX = 64 * 1024,
    PADDING_MAX = 64, /* white space after a boundary */
};

struct multipart {
    const struct multipart_callbacks *callbacks;
    void *data;
    parser_state state;
    char delimiter[DELIMITER_MAX];
    size_t delimiter_length;
    size_t matched; /* bytes of the delimiter seen, not yet known to be data */
    size_t preamble_bytes;
    size_t padding_bytes;
    int part_count;
    struct buf headers;
    struct arena *arena; /* values of one part's headers */
};

status_code multipart_boundary(struct str content_type, struct arena *arena,
                               struct str *ret_boundary, struct status *st)
{
    struct str rest;
    struct header_parameter parameter;
    bool is_malformed;

    if (!str_equal_nocase(header_main_value(content_type, &rest), STR("multipart/form-data")))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "NO_FILE",
                    "send the file as multipart/form-data, in a part named \"file\"");
    while (header_next_parameter(&rest, ';', arena, &parameter, &is_malformed)) {
        if (!str_equal_nocase(parameter.name, STR("boundary")))
            continue;
        if (parameter.value.n == 0 || parameter.value.n > MULTIPART_BOUNDARY_MAX ||
            !header_is_value(parameter.value))
            break;
        *ret_boundary = parameter.value;
        return STATUS_OK;
    }
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART",
                "Content-Type has no usable boundary (1 to %d characters)", MULTIPART_BOUNDARY_MAX);
}

struct multipart *multipart_new(struct str boundary, const struct multipart_callbacks *callbacks,
                                void *data)
{
    if (boundary.n == 0 || boundary.n > MULTIPART_BOUNDARY_MAX)
        return NULL;
    _cleanup_(multipart_freep) struct multipart *parser = calloc(1, sizeof(*parser));
    if (parser == NULL)
        return NULL;
    parser->callbacks = callbacks;
    parser->data = data;
    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.p, boundary.n);
    parser->delimiter_length = boundary.n + 4;
    /* The first delimiter needs no line before it: as if CR LF had been seen. */
    parser->matched = 2;
    buf_init(&parser->headers, MULTIPART_HEADERS_MAX);
    parser->arena = arena_new(PART_ARENA_MAX);
    return parser->arena != NULL ? TAKE(parser) : NULL;
}

void multipart_free(struct multipart *parser)
{
    if (parser == NULL)
        return;
    buf_deinit(&parser->headers);
    arena_free(parser->arena);
    free(parser);
}

static status_code emit(struct multipart *parser, struct str bytes, struct status *st)
{
    if (bytes.n == 0)
        return STATUS_OK;
    if (parser->state == STATE_DATA)
        return parser->callbacks->on_data(parser->data, bytes, st);
    parser->preamble_bytes += bytes.n;
    if (parser->preamble_bytes > MULTIPART_PREAMBLE_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART",
                    "the form does not begin with its boundary");
    return STATUS_OK;
}

/* Passes on what precedes the next delimiter; leaves *bytes after it. The delimiter begins with
 * its only CR, so a failed match can only begin anew at the byte that broke it. */
static status_code scan(struct multipart *parser, struct str *bytes, bool *ret_found,
                        struct status *st)
{
    *ret_found = false;
    while (bytes->n > 0) {
        if (parser->matched == 0) {
            const char *cr = memchr(bytes->p, '\r', bytes->n);
            size_t length = cr != NULL ? (size_t)(cr - bytes->p) : bytes->n;

            TRY(emit(parser, (struct str){bytes->p, length}, st));
            bytes->p += length;
            bytes->n -= length;
            if (cr == NULL)
                return STATUS_OK;
        }
        while (bytes->n > 0 && bytes->p[0] == parser->delimiter[parser->matched]) {
            bytes->p++;
            bytes->n--;
            if (++parser->matched == parser->delimiter_length) {
                parser->matched = 0;
                *ret_found = true;
                return STATUS_OK;
            }
        }
        if (bytes->n > 0) {
            /* What looked like a delimiter is data after all. The line end that was granted to
             * the first one is counted too, which does no harm: a preamble is not passed on. */
            size_t matched = parser->matched;

            parser->matched = 0;
            TRY(emit(parser, (struct str){parser->delimiter, matched}, st));
        }
    }
    return STATUS_OK;
}

static status_code fail_headers(struct status *st, const char *what)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART", "a part of the form has %s", what);
}

static status_code read_disposition(struct multipart *parser, struct str value,
                                    struct multipart_part *part, struct status *st)
{
    struct str rest;
    struct header_parameter parameter;
    bool is_malformed = false, has_name = false, has_extended = false;

    if (!str_equal_nocase(header_main_value(value, &rest), STR("form-data")))
        return fail_headers(st, "a Content-Disposition that is not form-data");
    while (header_next_parameter(&rest, ';', parser->arena, &parameter, &is_malformed)) {
        if (str_equal_nocase(parameter.name, STR("name"))) {
            if (has_name)
                return fail_headers(st, "two names");
            has_name = true;
            part->name = parameter.value;
        } else if (str_equal_nocase(parameter.name, STR("filename"))) {
            if (!has_extended)
                part->file_name = parameter.value;
            part->has_file_name = true;
        } else if (str_equal_nocase(parameter.name, STR("filename*"))) {
            struct str decoded;

            part->has_file_name = true;
            if (header_decode_extended(parameter.value, parser->arena, &decoded)) {
                part->file_name = decoded;
                has_extended = true;
            }
        }
    }
    if (is_malformed)
        return fail_headers(st, "a malformed Content-Disposition");
    if (!has_name)
        return fail_headers(st, "no name");
    return STATUS_OK;
}

static status_code read_header(struct multipart *parser, struct str line,
                               struct multipart_part *part, bool *has_disposition,
                               struct status *st)
{
    struct str name;

    if (!str_next_token(&line, ':', &name) || line.p == NULL || !header_is_token(name) ||
        !header_is_value(line))
        return fail_headers(st, "a malformed header line");
    struct str value = str_trim(line);
    if (str_equal_nocase(name, STR("content-disposition"))) {
        if (*has_disposition)
            return fail_headers(st, "two Content-Disposition lines");
        *has_disposition = true;
        return read_disposition(parser, value, part, st);
    }
    if (str_equal_nocase(name, STR("content-type")))
        part->content_type = value;
    if (str_equal_nocase(name, STR("content-transfer-encoding")) &&
        !str_equal_nocase(value, STR("binary")) && !str_equal_nocase(value, STR("8bit")) &&
        !str_equal_nocase(value, STR("7bit")))
        return fail_headers(st, "a Content-Transfer-Encoding; send the bytes as they are");
    return STATUS_OK;
}

/* Reads the collected header block, which ends in an empty line. */
static status_code begin_part(struct multipart *parser, struct status *st)
{
    struct str block = buf_str(&parser->headers);
    struct multipart_part part = {0};
    bool has_disposition = false;

    if (++parser->part_count > MULTIPART_PARTS_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART", "the form has more than %d parts",
                    MULTIPART_PARTS_MAX);
    arena_reset(parser->arena);
    for (;;) {
        /* Every LF of the block follows a CR: collect_headers() saw to it. */
        const char *lf = memchr(block.p, '\n', block.n);
        size_t length = (size_t)(lf - block.p);
        struct str line = {block.p, length - 1};

        block.p += length + 1;
        block.n -= length + 1;
        if (line.n == 0)
            break;
        TRY(read_header(parser, line, &part, &has_disposition, st));
    }
    if (!has_disposition)
        return fail_headers(st, "no Content-Disposition");
    return parser->callbacks->on_part(parser->data, &part, st);
}

static bool ends_in_empty_line(const struct buf *block)
{
    return (block->length == 2 && memcmp(block->data, "\r\n", 2) == 0) ||
           (block->length >= 4 && memcmp(block->data + block->length - 4, "\r\n\r\n", 4) == 0);
}

/* Collects line by line, so that each line end is looked at once. */
static status_code collect_headers(struct multipart *parser, struct str *bytes, struct status *st)
{
    const char *lf = memchr(bytes->p, '\n', bytes->n);
    size_t length = lf != NULL ? (size_t)(lf - bytes->p) + 1 : bytes->n;

    if (!buf_append(&parser->headers, bytes->p, length))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART",
                    "a part of the form has more than %d bytes of headers", MULTIPART_HEADERS_MAX);
    bytes->p += length;
    bytes->n -= length;
    if (lf == NULL)
        return STATUS_OK;
    if (parser->headers.length < 2 || parser->headers.data[parser->headers.length - 2] != '\r')
        return fail_headers(st, "a line that does not end in CR LF");
    if (ends_in_empty_line(&parser->headers)) {
        TRY(begin_part(parser, st));
        buf_clear(&parser->headers);
        parser->state = STATE_DATA;
    }
    return STATUS_OK;
}

static status_code fail_boundary(struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART",
                "a boundary line of the form has more on it than the boundary");
}

/* One byte of the rest of a boundary line. */
static status_code step_boundary(struct multipart *parser, char c, struct status *st)
{
    switch (parser->state) {
    case STATE_BOUNDARY:
        if (c == '-' && parser->padding_bytes == 0) {
            parser->state = STATE_BOUNDARY_DASH;
        } else if (c == '\r') {
            parser->state = STATE_BOUNDARY_CR;
        } else if ((c != ' ' && c != '\t') || ++parser->padding_bytes > PADDING_MAX) {
            return fail_boundary(st);
        }
        return STATUS_OK;
    case STATE_BOUNDARY_DASH:
        if (c != '-')
            return fail_boundary(st);
        parser->state = STATE_EPILOGUE;
        return STATUS_OK;
    default: /* STATE_BOUNDARY_CR */
        if (c != '\n')
            return fail_boundary(st);
        parser->state = STATE_HEADERS;
        return STATUS_OK;
    }
}

static status_code feed(struct multipart *parser, struct str bytes, struct status *st)
{
    while (bytes.n > 0) {
        bool is_found;

        switch (parser->state) {
        case STATE_PREAMBLE:
        case STATE_DATA:
            TRY(scan(parser, &bytes, &is_found, st));
            if (!is_found)
                break;
            if (parser->state == STATE_DATA)
                TRY(parser->callbacks->on_part_end(parser->data, st));
            parser->state = STATE_BOUNDARY;
            parser->padding_bytes = 0;
            break;
        case STATE_BOUNDARY:
        case STATE_BOUNDARY_DASH:
        case STATE_BOUNDARY_CR:
            TRY(step_boundary(parser, bytes.p[0], st));
            bytes.p++;
            bytes.n--;
            break;
        case STATE_HEADERS:
            TRY(collect_headers(parser, &bytes, st));
            break;
        case STATE_EPILOGUE:
            return STATUS_OK;
        case STATE_FAILED:
            return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART", "the form is malformed");
        }
    }
    return STATUS_OK;
}

status_code multipart_feed(struct multipart *parser, struct str bytes, struct status *st)
{
    status_code code = feed(parser, bytes, st);

    if (code != STATUS_OK)
        parser->state = STATE_FAILED;
    return code;
}

status_code multipart_finish(struct multipart *parser, struct status *st)
{
    if (parser->state == STATE_EPILOGUE)
        return STATUS_OK;
    parser->state = STATE_FAILED;
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_MULTIPART",
                "the form ends before its closing boundary");
}
