#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/billing/accounts/address.h"

static void assert_key(const char *address, const char *expected)
{
    char key[ADDRESS_KEY_SIZE];
    struct status st = {0};

    assert_int_equal(address_key(address, key, &st), STATUS_OK);
    assert_string_equal(key, expected);
}

static void test_ipv4_counts_by_address(void **state)
{
    assert_key("192.0.2.7", "192.0.2.7");
    assert_key("255.255.255.255", "255.255.255.255");
}

static void test_ipv6_counts_by_its_network(void **state)
{
    assert_key("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
    assert_key("2001:0DB8:0001:0002:ffff::", "2001:db8:1:2::/64");
    assert_key("::1", "::/64");
    assert_key("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64");
}

static void test_mapped_ipv4_counts_as_ipv4(void **state)
{
    assert_key("::ffff:192.0.2.7", "192.0.2.7");
    assert_key("::FFFF:c000:0207", "192.0.2.7");
}

static void test_what_is_no_address_is_refused(void **state)
{
    static const char *const invalid[] = {"",      "localhost",   "192.0.2", "192.0.2.7:80",
                                          "[::1]", "192.0.2.07x", "1::2::3"};
    char key[ADDRESS_KEY_SIZE] = "untouched";

    for (size_t i = 0; i < ARRAY_LENGTH(invalid); i++) {
        struct status st = {0};
        assert_int_equal(address_key(invalid[i], key, &st), STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "INVALID_FIELD");
        assert_string_equal(st.field, "client_address");
    }
    assert_string_equal(key, "untouched");
}

static void test_loopback_is_this_host(void **state)
{
    static const char *const own[] = {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"};
    static const char *const others[] = {"128.0.0.1",        "10.0.0.1", "::2",
                                         "::ffff:126.0.0.1", "",         "x"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        assert_true(address_is_loopback(own[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(address_is_loopback(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_is_this_host),
        cmocka_unit_test(test_ipv4_counts_by_address),
        cmocka_unit_test(test_ipv6_counts_by_its_network),
        cmocka_unit_test(test_mapped_ipv4_counts_as_ipv4),
        cmocka_unit_test(test_what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
