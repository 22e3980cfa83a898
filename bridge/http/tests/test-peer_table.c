#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "bridge/http/peer_table.h"

enum { LIMIT = 3, PEERS = 20000 };

static void test_an_address_has_as_many_as_it_may(void **state)
{
    _cleanup_(peer_table_freep) struct peer_table *table = peer_table_new(LIMIT);

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LIMIT; i++)
            assert_true(peer_table_add(table, "192.0.2.1"));
        assert_false(peer_table_add(table, "192.0.2.1"));
        assert_true(peer_table_add(table, "192.0.2.2"));
        peer_table_remove(table, "192.0.2.1");
        assert_true(peer_table_add(table, "192.0.2.1"));
        for (int i = 0; i < LIMIT; i++)
            peer_table_remove(table, "192.0.2.1");
        peer_table_remove(table, "192.0.2.2");
    }
}

static void test_an_ipv6_client_counts_by_its_network(void **state)
{
    _cleanup_(peer_table_freep) struct peer_table *table = peer_table_new(LIMIT);

    assert_true(peer_table_add(table, "2001:db8::1"));
    assert_true(peer_table_add(table, "2001:db8::2"));
    assert_true(peer_table_add(table, "2001:db8:0:0:ffff::3"));
    assert_false(peer_table_add(table, "2001:db8::4"));
    assert_true(peer_table_add(table, "2001:db8:0:1::1"));
}

static void test_what_is_no_address_is_refused(void **state)
{
    _cleanup_(peer_table_freep) struct peer_table *table = peer_table_new(LIMIT);

    assert_false(peer_table_add(table, ""));
    assert_false(peer_table_add(table, "localhost"));
    peer_table_remove(table, "");
    peer_table_remove(table, "192.0.2.1");
}

static void test_many_addresses_are_kept_apart(void **state)
{
    _cleanup_(peer_table_freep) struct peer_table *table = peer_table_new(1);
    char address[32];

    for (int i = 0; i < PEERS; i++) {
        (void)snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
        assert_true(peer_table_add(table, address));
        assert_false(peer_table_add(table, address));
    }
    for (int i = 0; i < PEERS; i++) {
        (void)snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
        peer_table_remove(table, address);
        assert_true(peer_table_add(table, address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_has_as_many_as_it_may),
        cmocka_unit_test(test_an_ipv6_client_counts_by_its_network),
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_many_addresses_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
