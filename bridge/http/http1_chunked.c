#include "bridge/http/http1_chunked.h"

#include "lib/base/hex.h"

enum {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER,
    TRAILER_LF,
    BODY_END,
};

enum { SIZE_DIGITS_MAX = 15 };

void http1_chunked_init(struct http1_chunked *decoder)
{
    *decoder = (struct http1_chunked){.state = CHUNK_SIZE, .is_line_empty = true};
}

static status_code fail(struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_REQUEST", "the body is badly chunked");
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

static status_code step_size(struct http1_chunked *decoder, char c, struct status *st)
{
    int digit = hex_value(c);

    if (digit >= 0) {
        if (++decoder->digits > SIZE_DIGITS_MAX)
            return fail(st);
        decoder->left = decoder->left << 4 | (uint64_t)digit;
        return STATUS_OK;
    }
    if (decoder->digits == 0)
        return fail(st);
    decoder->extension_bytes = 0;
    if (c == '\r')
        decoder->state = CHUNK_SIZE_LF;
    else if (c == ';')
        decoder->state = CHUNK_EXTENSION;
    else
        return fail(st);
    return STATUS_OK;
}

/* One byte of the framing between pieces of data. */
static status_code step(struct http1_chunked *decoder, char c, struct status *st)
{
    switch (decoder->state) {
    case CHUNK_SIZE:
        return step_size(decoder, c, st);
    case CHUNK_EXTENSION:
        if (c == '\r') {
            decoder->state = CHUNK_SIZE_LF;
            return STATUS_OK;
        }
        if (is_control(c) || ++decoder->extension_bytes > HTTP1_CHUNK_EXTENSION_MAX ||
            ++decoder->extension_total > HTTP1_EXTENSIONS_TOTAL_MAX)
            return fail(st);
        return STATUS_OK;
    case CHUNK_SIZE_LF:
        if (c != '\n')
            return fail(st);
        decoder->state = decoder->left > 0 ? CHUNK_DATA : TRAILER;
        decoder->digits = 0;
        return STATUS_OK;
    case CHUNK_DATA_CR:
        if (c != '\r')
            return fail(st);
        decoder->state = CHUNK_DATA_LF;
        return STATUS_OK;
    case CHUNK_DATA_LF:
        if (c != '\n')
            return fail(st);
        decoder->state = CHUNK_SIZE;
        return STATUS_OK;
    case TRAILER:
        if (c == '\r') {
            decoder->state = TRAILER_LF;
            return STATUS_OK;
        }
        if (is_control(c) || ++decoder->trailer_bytes > HTTP1_TRAILERS_MAX)
            return fail(st);
        decoder->is_line_empty = false;
        return STATUS_OK;
    default: /* TRAILER_LF */
        if (c != '\n')
            return fail(st);
        decoder->state = decoder->is_line_empty ? BODY_END : TRAILER;
        decoder->is_line_empty = true;
        return STATUS_OK;
    }
}

status_code http1_chunked_next(struct http1_chunked *decoder, struct str *input,
                               struct str *ret_data, bool *ret_is_end, struct status *st)
{
    *ret_data = (struct str){input->p, 0};
    while (input->n > 0 && decoder->state != BODY_END) {
        if (decoder->state == CHUNK_DATA) {
            size_t length = decoder->left < input->n ? (size_t)decoder->left : input->n;

            *ret_data = (struct str){input->p, length};
            input->p += length;
            input->n -= length;
            decoder->left -= length;
            if (decoder->left == 0)
                decoder->state = CHUNK_DATA_CR;
            break;
        }
        TRY(step(decoder, input->p[0], st));
        input->p++;
        input->n--;
    }
    *ret_is_end = decoder->state == BODY_END;
    return STATUS_OK;
}
