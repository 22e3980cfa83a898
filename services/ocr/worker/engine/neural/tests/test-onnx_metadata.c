#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/onnx_metadata.h"

/* Protobuf is written here by hand, from its description of the encoding. */

enum { FILE_MAX_BYTES = 8 << 20 };

static void put(struct buf *out, const void *data, size_t length)
{
    assert_true(buf_append(out, data, length));
}

static void put_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        assert_true(buf_append_char(out, (char)(value | 0x80)));
    assert_true(buf_append_char(out, (char)value));
}

static void put_bytes(struct buf *out, unsigned field, const void *data, size_t length)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, length);
    put(out, data, length);
}

static void put_pair(struct buf *out, const char *key, const void *value, size_t length)
{
    struct buf pair;

    buf_init(&pair, FILE_MAX_BYTES);
    put_bytes(&pair, 1, key, strlen(key));
    put_bytes(&pair, 2, value, length);
    put_bytes(out, 14, pair.data, pair.length);
    buf_deinit(&pair);
}

/* A model of IR version 8 by "us", with a graph of some bytes. */
static void put_model(struct buf *out)
{
    buf_init(out, FILE_MAX_BYTES);
    put_varint(out, 1 << 3);
    put_varint(out, 8);
    put_bytes(out, 2, "us", 2);
    put_bytes(out, 7, "0123456789", 10);
}

static status_code read_file(const struct buf *file, struct onnx_metadata **ret_metadata)
{
    /* Of the very size, so that a sanitizer sees a read beyond it. */
    char *copy = malloc(file->length + 1);
    struct status st;

    assert_non_null(copy);
    if (file->length > 0)
        memcpy(copy, file->data, file->length);
    copy = realloc(copy, file->length > 0 ? file->length : 1);
    assert_non_null(copy);
    status_code code = onnx_metadata_new((struct str){copy, file->length}, ret_metadata, &st);
    free(copy);
    if (code != STATUS_OK)
        assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
    return code;
}

static void assert_refused(struct buf *file)
{
    struct onnx_metadata *metadata;

    assert_int_equal(read_file(file, &metadata), STATUS_UNAVAILABLE);
    buf_deinit(file);
}

static void test_pairs_are_found_among_other_fields(void **state)
{
    _cleanup_(onnx_metadata_freep) struct onnx_metadata *metadata = NULL;
    struct buf file;

    (void)state;
    put_model(&file);
    put_pair(&file, "character", "a\nb\n\xC3\xA9", 6);
    put_bytes(&file, 8, "\x10\x0b", 2);
    put_pair(&file, "shape", "48", 2);
    assert_int_equal(read_file(&file, &metadata), STATUS_OK);
    assert_string_equal(onnx_metadata_get(metadata, "character"), "a\nb\n\xC3\xA9");
    assert_string_equal(onnx_metadata_get(metadata, "shape"), "48");
    assert_null(onnx_metadata_get(metadata, "other"));
    buf_deinit(&file);
}

static void test_a_model_may_say_nothing(void **state)
{
    _cleanup_(onnx_metadata_freep) struct onnx_metadata *metadata = NULL;
    struct buf file;

    (void)state;
    put_model(&file);
    assert_int_equal(read_file(&file, &metadata), STATUS_OK);
    assert_null(onnx_metadata_get(metadata, "character"));
    buf_deinit(&file);
}

static void test_a_file_without_a_graph_is_no_model(void **state)
{
    struct buf file;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    assert_refused(&file);
    buf_init(&file, FILE_MAX_BYTES);
    put_pair(&file, "character", "a", 1);
    assert_refused(&file);
    buf_init(&file, FILE_MAX_BYTES);
    put(&file, "PK\003\004 this is an archive", 24);
    assert_refused(&file);
}

static void test_a_cut_file_is_refused_or_says_less(void **state)
{
    struct buf file;

    (void)state;
    put_model(&file);
    put_pair(&file, "character", "abc", 3);
    size_t whole = file.length;
    for (file.length = 0; file.length < whole; file.length++) {
        struct onnx_metadata *metadata = NULL;
        if (read_file(&file, &metadata) == STATUS_OK)
            assert_null(onnx_metadata_get(metadata, "character"));
        onnx_metadata_free(metadata);
    }
    buf_deinit(&file);
}

static void test_lengths_beyond_the_file_are_refused(void **state)
{
    static const uint64_t lengths[] = {11, UINT32_MAX, INT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        struct buf file;
        put_model(&file);
        put_varint(&file, 14 << 3 | 2);
        put_varint(&file, lengths[i]);
        put(&file, "0123456789", 10);
        assert_refused(&file);
    }
}

static void test_a_number_without_end_is_refused(void **state)
{
    struct buf file;

    (void)state;
    put_model(&file);
    for (int i = 0; i < 20; i++)
        put(&file, "\xff", 1);
    put(&file, "", 1);
    assert_refused(&file);
}

static void test_what_is_not_utf8_is_refused(void **state)
{
    struct buf file;

    (void)state;
    put_model(&file);
    put_pair(&file, "character", "a\n\xff\nb", 5);
    assert_refused(&file);
}

static void test_more_pairs_than_the_limit_are_refused(void **state)
{
    struct buf file;

    (void)state;
    put_model(&file);
    for (int i = 0; i <= ONNX_METADATA_MAX_PAIRS; i++)
        put_pair(&file, "k", "v", 1);
    assert_refused(&file);
}

static void test_longer_pairs_than_the_limit_are_refused(void **state)
{
    size_t length = ONNX_METADATA_MAX_BYTES;
    char *value = malloc(length);
    struct buf file;

    (void)state;
    assert_non_null(value);
    memset(value, 'a', length);
    put_model(&file);
    put_pair(&file, "k", value, length);
    assert_refused(&file);
    free(value);
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* Counted with another protobuf reader. */
static void test_the_models_say_what_they_know(void **state)
{
    static const struct {
        const char *name;
        size_t lines;
    } models[] = {{"PP-OCRv6_rec_small.onnx", 18708}, {"layout_cdla.onnx", 10}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(models); i++) {
        _cleanup_(onnx_metadata_freep) struct onnx_metadata *metadata = NULL;
        char path[4096];
        struct buf file;
        char chunk[65536];
        (void)snprintf(path, sizeof(path), "%s/models/%s", getenv("NEURAL_PATH"), models[i].name);
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        buf_init(&file, 64 << 20);
        for (size_t n; (n = fread(chunk, 1, sizeof(chunk), in)) > 0;)
            put(&file, chunk, n);
        (void)fclose(in);
        assert_int_equal(read_file(&file, &metadata), STATUS_OK);
        assert_int_equal(count_lines(onnx_metadata_get(metadata, "character")), models[i].lines);
        buf_deinit(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_found_among_other_fields),
        cmocka_unit_test(test_a_model_may_say_nothing),
        cmocka_unit_test(test_a_file_without_a_graph_is_no_model),
        cmocka_unit_test(test_a_cut_file_is_refused_or_says_less),
        cmocka_unit_test(test_lengths_beyond_the_file_are_refused),
        cmocka_unit_test(test_a_number_without_end_is_refused),
        cmocka_unit_test(test_what_is_not_utf8_is_refused),
        cmocka_unit_test(test_more_pairs_than_the_limit_are_refused),
        cmocka_unit_test(test_longer_pairs_than_the_limit_are_refused),
        cmocka_unit_test(test_the_models_say_what_they_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
