/* Header values of gRPC, by the examples of its description and of RFC 4648. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/header_text.h"

enum { TEXT_MAX_BYTES = 1000 };

static void test_timeouts_are_read(void **state)
{
    const struct {
        struct str text;
        int64_t ns;
    } good[] = {
        {STR("1S"), NANOSECONDS_PER_SECOND},
        {STR("100m"), 100 * NANOSECONDS_PER_MS},
        {STR("7u"), 7000},
        {STR("0n"), 0},
        {STR("2M"), 120 * NANOSECONDS_PER_SECOND},
        {STR("3H"), 3 * 3600 * NANOSECONDS_PER_SECOND},
        {STR("99999999H"), TIME_NEVER},
    };
    const struct str bad[] = {STR(""),     STR("S"),          STR("1"),   STR("1s"), STR("-1S"),
                              STR("1.5S"), STR("123456789n"), STR(" 1S"), STR("1S ")};

    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        int64_t ns = -1;

        assert_true(rpc_header_timeout(good[i].text, &ns));
        assert_int_equal(ns, good[i].ns);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        int64_t ns;

        assert_false(rpc_header_timeout(bad[i], &ns));
    }
}

static void test_messages_are_escaped(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, TEXT_MAX_BYTES);
    assert_true(rpc_header_percent(STR("50% of ~ \x7f\n\xe2\x82\xac"), &out));
    assert_string_equal(out.data, "50%25 of ~ %7F%0A%E2%82%AC");
}

static void assert_refused(const char *key, struct str value, size_t count, status_code code)
{
    struct status st = {0};

    assert_int_equal(rpc_header_check(key, value, count, &st), code);
}

static void test_keys_and_values_are_checked(void **state)
{
    struct status st = {0};

    assert_int_equal(rpc_header_check("x-a_b.c-1", STR(" a~"), 0, &st), STATUS_OK);
    assert_int_equal(rpc_header_check("a-bin", STR("a\n\xff"), RPC_METADATA_MAX - 1, &st),
                     STATUS_OK);
    assert_refused("", STR("a"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused("X-Upper", STR("a"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused(":path", STR("a"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused("grpc-timeout", STR("1S"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused("a", STR("a\n"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused("a", STR("caf\xc3\xa9"), 0, STATUS_INVALID_ARGUMENT);
    assert_refused("a", STR("a"), RPC_METADATA_MAX, STATUS_RESOURCE_EXHAUSTED);
}

static void test_keys_of_bytes_end_in_bin(void **state)
{
    assert_true(rpc_header_is_binary(STR("a-bin")));
    assert_false(rpc_header_is_binary(STR("-bin")));
    assert_false(rpc_header_is_binary(STR("a-bina")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeouts_are_read),
        cmocka_unit_test(test_messages_are_escaped),
        cmocka_unit_test(test_keys_and_values_are_checked),
        cmocka_unit_test(test_keys_of_bytes_end_in_bin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
