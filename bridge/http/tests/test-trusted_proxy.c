#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/trusted_proxy.h"

static int set_up(void **state)
{
    *state = arena_new(64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_client(struct arena *arena, const char *trusted, const char *peer,
                          const char *forwarded, const char *expected)
{
    struct trusted_proxies proxies;
    struct status st = {0};

    assert_int_equal(trusted_proxies_parse(trusted, &proxies, &st), STATUS_OK);
    assert_string_equal(trusted_proxies_client(&proxies, peer, str_of(forwarded), arena), expected);
}

static void test_header_of_a_stranger_is_not_believed(void **state)
{
    assert_client(*state, "", "192.0.2.1", "203.0.113.9", "192.0.2.1");
    assert_client(*state, "10.0.0.0/8", "192.0.2.1", "203.0.113.9", "192.0.2.1");
}

static void test_client_is_the_last_address_that_is_no_proxy(void **state)
{
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "203.0.113.9", "203.0.113.9");
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9");
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "1.1.1.1,203.0.113.9 , 10.9.9.9",
                  "203.0.113.9");
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "10.9.9.9", "10.9.9.9");
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "", "10.1.2.3");
}

static void test_unreadable_member_ends_the_chain_at_its_proxy(void **state)
{
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "203.0.113.9, unknown, 10.9.9.9", "10.9.9.9");
    assert_client(*state, "10.0.0.0/8", "10.1.2.3", "203.0.113.9:1234", "10.1.2.3");
}

static void test_networks_of_both_families_and_single_addresses_match(void **state)
{
    assert_client(*state, "2001:db8::/33, 192.0.2.1", "2001:db8:7fff::1", "203.0.113.9",
                  "203.0.113.9");
    assert_client(*state, "2001:db8::/33", "2001:db8:8000::1", "203.0.113.9", "2001:db8:8000::1");
    assert_client(*state, "192.0.2.1", "192.0.2.1", "2001:DB8::0:1", "2001:db8::1");
    assert_client(*state, "192.0.2.1", "192.0.2.2", "203.0.113.9", "192.0.2.2");
    assert_client(*state, "192.0.2.0/25", "192.0.2.127", "203.0.113.9", "203.0.113.9");
    assert_client(*state, "192.0.2.0/25", "192.0.2.128", "203.0.113.9", "192.0.2.128");
    assert_client(*state, "0.0.0.0/0", "192.0.2.1", "203.0.113.9", "203.0.113.9");
}

static void test_settings_that_do_not_parse_are_named(void **state)
{
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0", "proxy.example",
                                      "::1/129",     "1.2.3.4/",    "/8"};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct trusted_proxies proxies;
        struct status st = {0};

        assert_int_equal(trusted_proxies_parse(bad[i], &proxies, &st), STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(st.message, bad[i]));
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_header_of_a_stranger_is_not_believed),
        TEST(test_client_is_the_last_address_that_is_no_proxy),
        TEST(test_unreadable_member_ends_the_chain_at_its_proxy),
        TEST(test_networks_of_both_families_and_single_addresses_match),
        TEST(test_settings_that_do_not_parse_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
