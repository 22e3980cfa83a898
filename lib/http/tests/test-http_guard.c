#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"

static struct http_guard guard_of(const char *allowed)
{
    struct http_guard guard;
    struct status st = {0};

    assert_int_equal(http_guard_init(&guard, allowed, &st), STATUS_OK);
    return guard;
}

static bool allows(const struct http_guard *guard, const char *text)
{
    struct ip_address address;

    assert_true(ip_address_parse(str_of(text), &address));
    return http_guard_allows(guard, &address);
}

/* Each of the registries' networks by its first and last addresses, and what lies beside them. */
static void test_only_public_addresses_are_allowed(void **state)
{
    static const char *const special[] = {
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    };
    static const char *const public[] = {
        "1.1.1.1",      "9.255.255.255",  "11.0.0.0",    "100.63.255.255",  "100.128.0.0",
        "126.0.0.1",    "128.0.0.1",      "169.253.0.1", "172.15.255.255",  "172.32.0.0",
        "192.167.1.1",  "198.17.0.1",     "198.20.0.0",  "223.255.255.255", "2606:4700::1111",
        "2001:4860::1", "::ffff:8.8.8.8",
    };
    const struct http_guard guard = guard_of("");

    for (size_t i = 0; i < ARRAY_LENGTH(special); i++)
        if (allows(&guard, special[i]))
            fail_msg("%s is no public address", special[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(public); i++)
        if (!allows(&guard, public[i]))
            fail_msg("%s is a public address", public[i]);
}

static void test_an_operator_opens_networks(void **state)
{
    const struct http_guard guard = guard_of("10.1.0.0/16, ::1");

    assert_true(allows(&guard, "10.1.2.3"));
    assert_true(allows(&guard, "::1"));
    assert_false(allows(&guard, "10.2.0.1"));
    assert_false(allows(&guard, "127.0.0.1"));
}

static void test_urls_are_checked_before_they_are_resolved(void **state)
{
    static const char *const bad[] = {
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://example.com/",
        "https://",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com/#",
        "https:///example.com/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com./",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://\xC3\xA9xample.com/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://10.0.0.1:8443/",
    };
    static const char *const good[] = {
        "https://example.com/",
        "https://example.com:8443/hook?a=b",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]:8443/",
    };
    const struct http_guard guard = guard_of("");
    char long_url[HTTP_GUARD_URL_MAX + 2] = "https://example.com/";

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct status st = {0};

        if (http_guard_check_url(&guard, bad[i], &st) != STATUS_INVALID_ARGUMENT)
            fail_msg("%s was let pass", bad[i]);
        assert_string_equal(st.reason, "URL_NOT_ALLOWED");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct status st = {0};

        if (http_guard_check_url(&guard, good[i], &st) != STATUS_OK)
            fail_msg("%s: %s", good[i], st.message);
    }
    struct status st = {0};
    memset(long_url + strlen(long_url), 'a', sizeof(long_url) - strlen(long_url) - 1);
    assert_int_equal(http_guard_check_url(&guard, long_url, &st), STATUS_INVALID_ARGUMENT);
}

/* By the system's resolver, of names that need no server. */
static void test_a_name_is_resolved_and_pinned(void **state)
{
    const struct http_guard closed = guard_of(""), open = guard_of("127.0.0.0/8,::1");
    struct http_pin pin;
    struct status st = {0};

    assert_int_equal(http_guard_resolve(&closed, "https://localhost:8443/", &pin, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "URL_NOT_ALLOWED");
    assert_null(strstr(st.message, "127"));

    assert_int_equal(http_guard_resolve(&open, "https://localhost:8443/", &pin, &st), STATUS_OK);
    assert_int_equal(strncmp(pin.entry, "localhost:8443:", strlen("localhost:8443:")), 0);
    assert_true(strstr(pin.entry, "127.0.0.1") != NULL || strstr(pin.entry, "[::1]") != NULL);
    assert_int_equal(http_guard_resolve(&open, "http://localhost/", &pin, &st), STATUS_OK);
    assert_int_equal(strncmp(pin.entry, "localhost:80:", strlen("localhost:80:")), 0);

    /* An address needs no pin, and http is for what the operator has opened alone. */
    assert_int_equal(http_guard_resolve(&open, "http://127.0.0.1/", &pin, &st), STATUS_OK);
    assert_string_equal(pin.entry, "");
    assert_int_equal(http_guard_resolve(&open, "http://1.1.1.1/", &pin, &st),
                     STATUS_INVALID_ARGUMENT);
}

static int start(void **state)
{
    struct status st = {0};

    return http_start(&st) != STATUS_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_public_addresses_are_allowed),
        cmocka_unit_test(test_an_operator_opens_networks),
        cmocka_unit_test(test_urls_are_checked_before_they_are_resolved),
        cmocka_unit_test(test_a_name_is_resolved_and_pinned),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
