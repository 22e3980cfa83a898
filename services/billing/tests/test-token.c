#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/billing/accounts/token.h"
#include "services/billing/uuid.h"

static void test_a_token_can_stand_in_a_header_and_a_url(void **state)
{
    char token[TOKEN_SIZE], other[TOKEN_SIZE];

    token_make(TOKEN_API, token);
    token_make(TOKEN_API, other);
    assert_int_equal(strlen(token), TOKEN_SIZE - 1);
    assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
                     TOKEN_SIZE - 1);
    assert_memory_equal(token, "om_", 3);
    assert_string_not_equal(token, other);
}

static void test_a_secret_says_what_it_is(void **state)
{
    char token[TOKEN_SIZE];

    token_make(TOKEN_SESSION, token);
    assert_memory_equal(token, "os_", 3);
    token_make(TOKEN_RESET, token);
    assert_memory_equal(token, "or_", 3);
    assert_int_equal(strlen(token), TOKEN_SIZE - 1);
}

/* FIPS 180-4's example: SHA-256 of "abc". */
static void test_the_hash_is_sha256(void **state)
{
    static const unsigned char expected[TOKEN_HASH_SIZE] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    unsigned char hash[TOKEN_HASH_SIZE];

    token_hash(STR("abc"), hash);
    assert_memory_equal(hash, expected, sizeof(hash));
}

static void test_a_uuid_is_of_version_4(void **state)
{
    char uuid[UUID_SIZE], other[UUID_SIZE];

    uuid_make(uuid);
    uuid_make(other);
    assert_true(uuid_is_valid(uuid));
    assert_int_equal(uuid[14], '4');
    assert_non_null(strchr("89ab", uuid[19]));
    assert_string_not_equal(uuid, other);
}

static void test_what_is_no_uuid_is_seen(void **state)
{
    assert_true(uuid_is_valid("0198C0DE-0000-4000-8000-00000000ABCD"));
    assert_false(uuid_is_valid(""));
    assert_false(uuid_is_valid("0198c0de-0000-4000-8000-00000000abc"));
    assert_false(uuid_is_valid("0198c0de-0000-4000-8000-00000000abcde"));
    assert_false(uuid_is_valid("0198c0de-0000-4000-8000+00000000abcd"));
    assert_false(uuid_is_valid("0198c0de-0000-4000-8000-00000000abcg"));
    assert_false(uuid_is_valid("0198c0de00004000-8000-00000000abcd-0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_can_stand_in_a_header_and_a_url),
        cmocka_unit_test(test_a_secret_says_what_it_is),
        cmocka_unit_test(test_the_hash_is_sha256),
        cmocka_unit_test(test_a_uuid_is_of_version_4),
        cmocka_unit_test(test_what_is_no_uuid_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
