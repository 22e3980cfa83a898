#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/html/base64.h"

/* The text of `bytes` that come in chunks of `chunk_size`. */
static void expect(const char *bytes, size_t chunk_size, const char *expected)
{
    struct base64 encoder = {0};
    struct buf out;
    char text[BASE64_TEXT_SIZE];
    size_t length = strlen(bytes);

    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < length; i += chunk_size) {
        struct str chunk = {bytes + i, length - i < chunk_size ? length - i : chunk_size};

        while (base64_next(&encoder, &chunk, text))
            assert_true(buf_append_str(&out, text));
        assert_int_equal(chunk.n, 0);
    }
    base64_end(&encoder, text);
    assert_true(buf_append_str(&out, text));
    assert_string_equal(out.data, expected);
    buf_deinit(&out);
}

/* RFC 4648 §10. */
static void test_the_vectors_of_the_standard_are_encoded_in_any_chunks(void **state)
{
    for (size_t size = 1; size <= 6; size++) {
        expect("", size, "");
        expect("f", size, "Zg==");
        expect("fo", size, "Zm8=");
        expect("foo", size, "Zm9v");
        expect("foob", size, "Zm9vYg==");
        expect("fooba", size, "Zm9vYmE=");
        expect("foobar", size, "Zm9vYmFy");
    }
    expect("\xFB\xFF\xBF", 2, "+/+/");
}

static void test_a_long_chunk_comes_in_pieces(void **state)
{
    enum { LENGTH = 3 * BASE64_STEP_BYTES };
    static char bytes[LENGTH + 1], expected[LENGTH / 3 * 4 + 1];

    memset(bytes, 'M', LENGTH);
    for (size_t i = 0; i + 1 < sizeof(expected); i += 4)
        memcpy(expected + i, "TU1N", 4);
    expect(bytes, LENGTH, expected);
    expect(bytes, 1000, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_of_the_standard_are_encoded_in_any_chunks),
        cmocka_unit_test(test_a_long_chunk_comes_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
