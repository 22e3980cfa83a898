#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/host_port.h"

static void test_host_and_port_are_told_apart(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
    } cases[] = {
        {"127.0.0.1:8080", "127.0.0.1", 8080},
        {"[::]:65535", "::", 65535},
        {"[2001:db8::1]:1", "2001:db8::1", 1},
        {"localhost:0", "localhost", 0},
        {":9000", "", 9000},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char host[HOST_PORT_HOST_SIZE];
        int port;

        assert_true(host_port_parse(cases[i].text, host, &port));
        assert_string_equal(host, cases[i].host);
        assert_int_equal(port, cases[i].port);
    }
}

static void test_what_has_no_port_is_none(void **state)
{
    static const char *const bad[] = {"", "localhost", "127.0.0.1:", "a:-1", "a:65536", "a:http"};
    char host[HOST_PORT_HOST_SIZE];
    int port;

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(host_port_parse(bad[i], host, &port));
}

static void test_a_host_that_has_no_room_is_none(void **state)
{
    char text[HOST_PORT_HOST_SIZE + 8], host[HOST_PORT_HOST_SIZE];
    int port;

    (void)snprintf(text, sizeof(text), "%0*d:1", HOST_PORT_HOST_SIZE - 1, 0);
    assert_true(host_port_parse(text, host, &port));
    (void)snprintf(text, sizeof(text), "%0*d:1", HOST_PORT_HOST_SIZE, 0);
    assert_false(host_port_parse(text, host, &port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_and_port_are_told_apart),
        cmocka_unit_test(test_what_has_no_port_is_none),
        cmocka_unit_test(test_a_host_that_has_no_room_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
