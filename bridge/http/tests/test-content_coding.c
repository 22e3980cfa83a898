#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <brotli/decode.h>
#include <cmocka.h>
#include <zlib.h>

#include "bridge/http/content_coding.h"

enum { LARGE_BYTES = 300 * 1000, PIECE_BYTES = 7000, GZIP_BITS = 15 + 16 };

/* RFC 9110 §12.5.3, its examples among them. */
static void test_the_coding_is_the_best_that_the_client_takes(void **state)
{
    static const struct {
        const char *field;
        content_coding coding;
    } cases[] = {
        {"compress, gzip", CONTENT_CODING_GZIP},
        {"", CONTENT_CODING_IDENTITY},
        {"*", CONTENT_CODING_BROTLI},
        {"compress;q=0.5, gzip;q=1.0", CONTENT_CODING_GZIP},
        {"gzip;q=1.0, identity; q=0.5, *;q=0", CONTENT_CODING_GZIP},
        {"gzip, deflate, br", CONTENT_CODING_BROTLI},
        {"gzip, deflate, br, zstd", CONTENT_CODING_BROTLI},
        {"br;q=0.9, gzip", CONTENT_CODING_GZIP},
        {"BR", CONTENT_CODING_BROTLI},
        {"x-gzip", CONTENT_CODING_GZIP},
        {"gzip;q=0", CONTENT_CODING_IDENTITY},
        {"gzip;q=0.000, br;q=0.001", CONTENT_CODING_BROTLI},
        {"*;q=0", CONTENT_CODING_IDENTITY},
        {"br;q=0, *", CONTENT_CODING_GZIP},
        {"identity", CONTENT_CODING_IDENTITY},
        {"identity, gzip;q=0.5", CONTENT_CODING_IDENTITY},
        {"deflate", CONTENT_CODING_IDENTITY},
        {"gzip;q=2, br;q=x", CONTENT_CODING_IDENTITY},
        {"gzip;q", CONTENT_CODING_IDENTITY},
        {",,gzip ; q=1 ,", CONTENT_CODING_GZIP},
        {"gzipped, brr", CONTENT_CODING_IDENTITY},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (content_coding_choose(str_of(cases[i].field)) != cases[i].coding)
            fail_msg("%s", cases[i].field);
}

static void test_text_and_json_are_worth_it(void **state)
{
    static const char *const worth[] = {"application/json", "text/plain; charset=utf-8",
                                        "text/markdown", "Application/JSON",
                                        "application/problem+json"};
    static const char *const not[] = {"application/pdf",   "image/png",
                                      "text/event-stream", "",
                                      "application/jsonx", "text/event-stream; charset=utf-8"};

    for (size_t i = 0; i < ARRAY_LENGTH(worth); i++)
        assert_true(content_coding_is_worth(str_of(worth[i])));
    for (size_t i = 0; i < ARRAY_LENGTH(not); i++)
        assert_false(content_coding_is_worth(str_of(not[i])));
}

/* By zlib's and brotli's own decoders. */
static size_t decode(content_coding coding, struct str encoded, char *text, size_t room)
{
    if (coding == CONTENT_CODING_BROTLI) {
        size_t length = room;

        assert_int_equal(BrotliDecoderDecompress(encoded.n, (const uint8_t *)encoded.p, &length,
                                                 (uint8_t *)text),
                         BROTLI_DECODER_RESULT_SUCCESS);
        return length;
    }
    z_stream stream = {.next_in = (unsigned char *)encoded.p,
                       .avail_in = (unsigned)encoded.n,
                       .next_out = (unsigned char *)text,
                       .avail_out = (unsigned)room};
    assert_int_equal(inflateInit2(&stream, GZIP_BITS), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(inflateEnd(&stream), Z_OK);
    return room - stream.avail_out;
}

static void fill(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (i * i / 7 + i % 13) % 23);
}

static void test_pieces_come_back_as_they_were(void **state)
{
    static const content_coding codings[] = {CONTENT_CODING_GZIP, CONTENT_CODING_BROTLI};
    static char text[LARGE_BYTES], back[LARGE_BYTES + 1];

    fill(text, sizeof(text));
    for (size_t i = 0; i < ARRAY_LENGTH(codings); i++) {
        _cleanup_(content_encoder_freep) struct content_encoder *encoder =
            content_encoder_new(codings[i]);
        struct buf out;

        buf_init(&out, CONTENT_CODING_SLACK_BYTES);
        for (size_t at = 0; at < sizeof(text); at += PIECE_BYTES) {
            size_t left = sizeof(text) - at;

            assert_true(content_encoder_write(
                encoder, (struct str){text + at, left < PIECE_BYTES ? left : PIECE_BYTES},
                at % 3 == 0 ? CONTENT_ENCODER_FLUSH : CONTENT_ENCODER_MORE, &out));
        }
        assert_true(content_encoder_write(encoder, STR(""), CONTENT_ENCODER_END, &out));
        assert_true(out.length < sizeof(text) / 2);
        assert_int_equal(decode(codings[i], buf_str(&out), back, sizeof(back)), sizeof(text));
        assert_memory_equal(text, back, sizeof(text));
        buf_deinit(&out);
    }
}

/* What was flushed is with the client before anything follows. */
static void test_a_flush_brings_all_out(void **state)
{
    _cleanup_(content_encoder_freep) struct content_encoder *encoder =
        content_encoder_new(CONTENT_CODING_GZIP);
    char text[16];
    struct buf out;

    buf_init(&out, CONTENT_CODING_SLACK_BYTES);
    assert_true(content_encoder_write(encoder, STR("first"), CONTENT_ENCODER_FLUSH, &out));
    z_stream stream = {.next_in = (unsigned char *)out.data,
                       .avail_in = (unsigned)out.length,
                       .next_out = (unsigned char *)text,
                       .avail_out = sizeof(text)};
    assert_int_equal(inflateInit2(&stream, GZIP_BITS), Z_OK);
    assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(sizeof(text) - stream.avail_out, 5);
    assert_memory_equal(text, "first", 5);
    assert_int_equal(inflateEnd(&stream), Z_OK);
    buf_deinit(&out);
}

static void test_an_output_that_is_full_fails(void **state)
{
    static char text[LARGE_BYTES];
    _cleanup_(content_encoder_freep) struct content_encoder *encoder =
        content_encoder_new(CONTENT_CODING_GZIP);
    struct buf out;

    fill(text, sizeof(text));
    buf_init(&out, 100);
    assert_false(content_encoder_write(encoder, (struct str){text, sizeof(text)},
                                       CONTENT_ENCODER_END, &out));
    buf_deinit(&out);
}

/* Each has its memory: further answers go as they are. */
static void test_there_are_so_many_encoders_at_once(void **state)
{
    struct content_encoder *encoders[CONTENT_ENCODERS_MAX];

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < CONTENT_ENCODERS_MAX; i++)
            assert_non_null(encoders[i] = content_encoder_new(i % 2 == 0 ? CONTENT_CODING_GZIP
                                                                         : CONTENT_CODING_BROTLI));
        assert_null(content_encoder_new(CONTENT_CODING_GZIP));
        for (size_t i = 0; i < CONTENT_ENCODERS_MAX; i++)
            content_encoder_free(encoders[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_coding_is_the_best_that_the_client_takes),
        cmocka_unit_test(test_text_and_json_are_worth_it),
        cmocka_unit_test(test_pieces_come_back_as_they_were),
        cmocka_unit_test(test_a_flush_brings_all_out),
        cmocka_unit_test(test_an_output_that_is_full_fails),
        cmocka_unit_test(test_there_are_so_many_encoders_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
