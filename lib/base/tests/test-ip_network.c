#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/ip_network.h"

static void test_addresses_are_read_and_printed(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "255.255.255.255", "::1", "2001:db8::1"};
    static const char *const bad[] = {"",      "127.0.0", "127.0.0.1 ", "localhost",
                                      "[::1]", "::1%lo",  "0x7f.0.0.1", "1.2.3.4/8"};

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        char printed[IP_ADDRESS_TEXT_SIZE];
        struct ip_address address;

        assert_true(ip_address_parse(str_of(texts[i]), &address));
        ip_address_print(&address, printed);
        assert_string_equal(printed, texts[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct ip_address address;
        assert_false(ip_address_parse(str_of(bad[i]), &address));
    }
    struct ip_address mapped;
    assert_true(ip_address_parse(STR("::ffff:10.1.2.3"), &mapped));
    assert_true(ip_address_is_ipv4(&mapped));
}

static void test_networks_have_what_lies_in_them(void **state)
{
    static const struct {
        const char *network, *address;
        bool is_in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/8", "::ffff:10.0.0.1", true},
        {"172.16.0.0/12", "172.31.255.255", true},
        {"172.16.0.0/12", "172.32.0.0", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "8.8.8.8", true},
        {"fd00::/8", "fd12::1", true},
        {"fd00::/8", "fe80::1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
    };
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/", "/8"};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct ip_network network;
        struct ip_address address;

        assert_true(ip_network_parse(str_of(cases[i].network), &network));
        assert_true(ip_address_parse(str_of(cases[i].address), &address));
        assert_int_equal(ip_network_has(&network, &address), cases[i].is_in);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct ip_network network;
        assert_false(ip_network_parse(str_of(bad[i]), &network));
    }
}

static void test_lists_name_what_they_cannot_read(void **state)
{
    struct ip_networks networks;
    struct ip_address address;
    struct status st = {0};

    assert_int_equal(ip_networks_parse(" 10.0.0.0/8, ::1 ,", &networks, &st), STATUS_OK);
    assert_int_equal(networks.count, 2);
    assert_true(ip_address_parse(STR("::1"), &address));
    assert_true(ip_networks_have(&networks, &address));
    assert_int_equal(ip_networks_parse("", &networks, &st), STATUS_OK);
    assert_false(ip_networks_have(&networks, &address));
    assert_int_equal(ip_networks_parse("10.0.0.0/8,localhost", &networks, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "CONFIG");
}

static void test_addresses_of_sockets_are_of_both_families_alike(void **state)
{
    const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000207)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr_un other = {.sun_family = AF_UNIX};
    char text[IP_ADDRESS_TEXT_SIZE];
    struct ip_address address;

    assert_true(ip_address_from((const struct sockaddr *)&v4, &address));
    ip_address_print(&address, text);
    assert_string_equal(text, "192.0.2.7");
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr), 1);
    assert_true(ip_address_from((const struct sockaddr *)&v6, &address));
    ip_address_print(&address, text);
    assert_string_equal(text, "192.0.2.7");
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr), 1);
    assert_true(ip_address_from((const struct sockaddr *)&v6, &address));
    ip_address_print(&address, text);
    assert_string_equal(text, "2001:db8::7");
    assert_false(ip_address_from((const struct sockaddr *)&other, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read_and_printed),
        cmocka_unit_test(test_networks_have_what_lies_in_them),
        cmocka_unit_test(test_lists_name_what_they_cannot_read),
        cmocka_unit_test(test_addresses_of_sockets_are_of_both_families_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
