/*
 * The real bridge process and clients that take more than their share of connections.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

#define CLIENT "127.0.0.1"
#define OTHER  "127.0.0.2"
#define PROXY  "127.0.0.3"

enum {
    PER_ADDRESS = 20,
    ADDRESSES = 20, /* of slow clients, from 127.0.1.1 on */
    REQUESTS = 200,
};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    static const char *const settings[] = {
        "BRIDGE_CONNECTIONS_PER_ADDRESS=20",
        "BRIDGE_TRUSTED_PROXIES=" PROXY,
        NULL,
    };

    bridge_process_start_all(settings, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

static int connect_from(const char *address)
{
    return http_client_connect_from(address, service_process_port(bridge));
}

static int ask(int fd)
{
    struct http_answer answer;

    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(fd, &answer);
    int status = answer.status;
    http_answer_deinit(&answer);
    return status;
}

static void test_an_address_has_so_many_connections(void **state)
{
    int connections[PER_ADDRESS];

    for (size_t i = 0; i < PER_ADDRESS; i++) {
        connections[i] = connect_from(CLIENT);
        assert_int_equal(ask(connections[i]), 200);
    }
    int one_more = connect_from(CLIENT), other = connect_from(OTHER);
    assert_true(http_client_is_closed(one_more));
    assert_int_equal(ask(other), 200);

    /* The one that goes makes room once the bridge has seen that it is gone. */
    http_client_send_text(connections[0],
                          "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct http_answer answer;
    http_client_read(connections[0], &answer);
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(connections[0]));
    (void)close(connections[0]);
    assert_int_equal(ask(connections[1]), 200);
    connections[0] = connect_from(CLIENT);
    assert_int_equal(ask(connections[0]), 200);

    (void)close(one_more);
    (void)close(other);
    for (size_t i = 0; i < PER_ADDRESS; i++)
        (void)close(connections[i]);
}

/* They speak for many clients. */
static void test_a_trusted_proxy_may_have_more(void **state)
{
    int connections[2 * PER_ADDRESS];

    for (size_t i = 0; i < ARRAY_LENGTH(connections); i++) {
        connections[i] = connect_from(PROXY);
        assert_int_equal(ask(connections[i]), 200);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(connections); i++)
        (void)close(connections[i]);
}

/* Slowloris: heads that never end, from many addresses. */
static void test_slow_heads_hold_up_nobody(void **state)
{
    static int slow[ADDRESSES][PER_ADDRESS];
    char address[16];

    for (int i = 0; i < ADDRESSES; i++) {
        (void)snprintf(address, sizeof(address), "127.0.1.%d", i + 1);
        for (int j = 0; j < PER_ADDRESS; j++) {
            slow[i][j] = connect_from(address);
            http_client_send_text(slow[i][j], "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
        }
    }
    int quick = connect_from(CLIENT);
    for (int i = 0; i < REQUESTS; i++) {
        http_client_send_text(slow[i % ADDRESSES][i % PER_ADDRESS], "y");
        assert_int_equal(ask(quick), 200);
    }
    /* None has been waited for so far, and each may still come to its end. */
    for (int i = 0; i < ADDRESSES; i++) {
        assert_true(http_client_is_silent(slow[i][0], 0));
        http_client_send_text(slow[i][0], "\r\n\r\n");
        assert_int_equal(ask(slow[i][0]), 200);
    }
    for (int i = 0; i < ADDRESSES; i++)
        for (int j = 0; j < PER_ADDRESS; j++)
            (void)close(slow[i][j]);
    (void)close(quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_has_so_many_connections),
        cmocka_unit_test(test_a_trusted_proxy_may_have_more),
        cmocka_unit_test(test_slow_heads_hold_up_nobody),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
