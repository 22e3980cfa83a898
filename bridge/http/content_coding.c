#include "bridge/http/content_coding.h"

#include <string.h>

#include <brotli/encode.h>
#include <zlib.h>

#include "bridge/http/accept.h"
#include "bridge/http/header.h"

enum {
    PIECE_BYTES = 16 * 1024,

    /* Measured on a job of 100 pages as JSON (1.3 MB, one core): gzip leaves 26.5 % of it at
     * 142 MB/s, br 17.7 % at 192 MB/s. It is the loop's time, which others wait for: level 6 of
     * gzip leaves 22.5 % at 34 MB/s, quality 5 of br 14.8 % at 71 MB/s. */
    GZIP_LEVEL = 1,
    GZIP_WINDOW_BITS = 15 + 16, /* + 16: with gzip's head (zlib.h, deflateInit2) */
    GZIP_MEMORY_LEVEL = 8,
    BROTLI_QUALITY = 2,
    BROTLI_WINDOW_BITS = 18,
};

const char *content_coding_name(content_coding coding)
{
    return coding == CONTENT_CODING_BROTLI ? "br" : "gzip";
}

content_coding content_coding_choose(struct str accept_encoding)
{
    int gzip = -1, brotli = -1, identity = -1, any = -1; /* -1: not named */
    struct str name;
    int weight;

    while (accept_next(&accept_encoding, &name, &weight)) {
        if (str_equal_nocase(name, STR("gzip")) || str_equal_nocase(name, STR("x-gzip")))
            gzip = weight;
        else if (str_equal_nocase(name, STR("br")))
            brotli = weight;
        else if (str_equal_nocase(name, STR("identity")))
            identity = weight;
        else if (str_equal(name, STR("*")))
            any = weight;
    }
    gzip = gzip >= 0 ? gzip : any;
    brotli = brotli >= 0 ? brotli : any;
    if (brotli > 0 && brotli >= gzip && brotli >= identity)
        return CONTENT_CODING_BROTLI;
    return gzip > 0 && gzip >= identity ? CONTENT_CODING_GZIP : CONTENT_CODING_IDENTITY;
}

bool content_coding_is_worth(struct str content_type)
{
    static const struct str types[] = {
        {"application/json", 16},      {"application/problem+json", 24},
        {"application/xml", 15},       {"application/schema+json", 23},
        {"application/xhtml+xml", 21}, {"application/manifest+json", 25},
        {"image/svg+xml", 13},         {"application/javascript", 22},
    };
    struct str rest, type = header_main_value(content_type, &rest);

    if (str_equal_nocase(type, STR("text/event-stream")))
        return false;
    if (type.n > 5 && str_equal_nocase((struct str){type.p, 5}, STR("text/")))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (str_equal_nocase(type, types[i]))
            return true;
    return false;
}

/* --- encoding --- */

struct content_encoder {
    content_coding coding;
    z_stream gzip;
    BrotliEncoderState *brotli;
};

static int encoder_count;

static bool begin_gzip(struct content_encoder *encoder)
{
    return deflateInit2(&encoder->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
                        Z_DEFAULT_STRATEGY) == Z_OK;
}

static bool begin_brotli(struct content_encoder *encoder)
{
    encoder->brotli = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    return encoder->brotli != NULL &&
           BrotliEncoderSetParameter(encoder->brotli, BROTLI_PARAM_QUALITY, BROTLI_QUALITY) &&
           BrotliEncoderSetParameter(encoder->brotli, BROTLI_PARAM_LGWIN, BROTLI_WINDOW_BITS);
}

struct content_encoder *content_encoder_new(content_coding coding)
{
    _cleanup_(content_encoder_freep) struct content_encoder *encoder = NULL;

    if (encoder_count == CONTENT_ENCODERS_MAX)
        return NULL;
    encoder = calloc(1, sizeof(*encoder));
    if (encoder == NULL)
        return NULL;
    encoder_count++;
    encoder->coding = coding;
    if (coding == CONTENT_CODING_GZIP ? !begin_gzip(encoder) : !begin_brotli(encoder))
        return NULL;
    return TAKE(encoder);
}

void content_encoder_free(struct content_encoder *encoder)
{
    if (encoder == NULL)
        return;
    encoder_count--;
    if (encoder->brotli != NULL)
        BrotliEncoderDestroyInstance(encoder->brotli);
    (void)deflateEnd(&encoder->gzip); /* of none is an error without harm */
    free(encoder);
}

static bool write_gzip(struct content_encoder *encoder, struct str bytes, content_encoder_step step,
                       struct buf *out)
{
    static const int flushes[] = {
        [CONTENT_ENCODER_MORE] = Z_NO_FLUSH,
        [CONTENT_ENCODER_FLUSH] = Z_SYNC_FLUSH,
        [CONTENT_ENCODER_END] = Z_FINISH,
    };
    z_stream *stream = &encoder->gzip;
    unsigned char piece[PIECE_BYTES];

    stream->next_in = (unsigned char *)bytes.p;
    stream->avail_in = (unsigned)bytes.n;
    do {
        stream->next_out = piece;
        stream->avail_out = sizeof(piece);
        (void)deflate(stream, flushes[step]); /* Z_BUF_ERROR: there was nothing to do */
        if (!buf_append(out, piece, sizeof(piece) - stream->avail_out))
            return false;
    } while (stream->avail_out == 0 || stream->avail_in > 0);
    return true;
}

static bool write_brotli(struct content_encoder *encoder, struct str bytes,
                         content_encoder_step step, struct buf *out)
{
    static const BrotliEncoderOperation operations[] = {
        [CONTENT_ENCODER_MORE] = BROTLI_OPERATION_PROCESS,
        [CONTENT_ENCODER_FLUSH] = BROTLI_OPERATION_FLUSH,
        [CONTENT_ENCODER_END] = BROTLI_OPERATION_FINISH,
    };
    const uint8_t *next = (const uint8_t *)bytes.p;
    size_t left = bytes.n;

    do {
        size_t none = 0, length = 0;

        if (!BrotliEncoderCompressStream(encoder->brotli, operations[step], &left, &next, &none,
                                         NULL, NULL))
            return false;
        const uint8_t *made = BrotliEncoderTakeOutput(encoder->brotli, &length);
        if (!buf_append(out, made, length))
            return false;
    } while (left > 0 || BrotliEncoderHasMoreOutput(encoder->brotli));
    return true;
}

bool content_encoder_write(struct content_encoder *encoder, struct str bytes,
                           content_encoder_step step, struct buf *out)
{
    return encoder->coding == CONTENT_CODING_GZIP ? write_gzip(encoder, bytes, step, out)
                                                  : write_brotli(encoder, bytes, step, out);
}
