#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"

enum { TEXT_MAX_BYTES = 64 };

static const struct {
    struct str bytes;
    const char *text;
} vectors[] = {
    /* RFC 4648 §10, without the padding. */
    {{"", 0}, ""},
    {{"f", 1}, "Zg"},
    {{"fo", 2}, "Zm8"},
    {{"foo", 3}, "Zm9v"},
    {{"foob", 4}, "Zm9vYg"},
    {{"fooba", 5}, "Zm9vYmE"},
    {{"foobar", 6}, "Zm9vYmFy"},
    /* All bits set but for some: both characters in which the alphabets differ. */
    {{"\xff\xfe\xfb", 3}, "//77"},
    {{"\xfb\xff\xbf", 3}, "+/+/"},
};

static void assert_decoded(struct str text, base64_alphabet alphabet, struct str expected)
{
    char bytes[TEXT_MAX_BYTES];
    size_t length;

    assert_true(base64_decode(text, alphabet, bytes, base64_decoded_max(text.n), &length));
    assert_int_equal(length, expected.n);
    assert_memory_equal(bytes, expected.p, length);
}

static void test_bytes_become_text_and_bytes_again(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
        _cleanup_(buf_deinit) struct buf text;

        buf_init(&text, TEXT_MAX_BYTES);
        assert_true(base64_append(vectors[i].bytes, &text));
        assert_true(str_equal(buf_str(&text), str_of(vectors[i].text)));
        assert_decoded(buf_str(&text), BASE64_STANDARD, vectors[i].bytes);
        while (text.length % 4 != 0)
            assert_true(buf_append_char(&text, '='));
        assert_decoded(buf_str(&text), BASE64_STANDARD, vectors[i].bytes);
    }
}

static void test_the_alphabet_of_urls_has_two_characters_of_its_own(void **state)
{
    char bytes[TEXT_MAX_BYTES];
    size_t length;

    assert_decoded(STR("__77"), BASE64_URL, STR("\xff\xfe\xfb"));
    assert_decoded(STR("-_-_"), BASE64_URL, STR("\xfb\xff\xbf"));
    assert_false(base64_decode(STR("+/+/"), BASE64_URL, bytes, sizeof(bytes), &length));
    assert_false(base64_decode(STR("-_-_"), BASE64_STANDARD, bytes, sizeof(bytes), &length));
}

static void test_what_is_no_base64_is_not_decoded(void **state)
{
    const struct str bad[] = {STR("Z"),     STR("Zm9vY"),  STR("Zm 9v"), STR("Zm9v\n"),
                              STR("Zm9\0"), STR("Z==="),   STR("===="),  STR("Zg=A"),
                              STR("=Zm9v"), STR("Zm9\xc3")};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char bytes[TEXT_MAX_BYTES];
        size_t length;

        assert_false(base64_decode(bad[i], BASE64_STANDARD, bytes, sizeof(bytes), &length));
    }
}

static void test_no_more_is_written_than_there_is_room_for(void **state)
{
    char bytes[] = "......";
    size_t length;

    assert_false(base64_decode(STR("Zm9vYmFy"), BASE64_STANDARD, bytes, 5, &length));
    assert_int_equal(bytes[5], '.');
    assert_true(base64_decode(STR("Zm9vYmFy"), BASE64_STANDARD, bytes, 6, &length));
    assert_int_equal(length, 6);
}

static void test_text_that_has_no_room_is_refused(void **state)
{
    _cleanup_(buf_deinit) struct buf text;

    buf_init(&text, 3);
    assert_false(base64_append(STR("foo"), &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_become_text_and_bytes_again),
        cmocka_unit_test(test_the_alphabet_of_urls_has_two_characters_of_its_own),
        cmocka_unit_test(test_what_is_no_base64_is_not_decoded),
        cmocka_unit_test(test_no_more_is_written_than_there_is_room_for),
        cmocka_unit_test(test_text_that_has_no_room_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
