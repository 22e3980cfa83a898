/* Who is at the other end of a socket. */

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/rpc/peer.h"

/* A client's socket, connected to `*ret_listening`, which has not accepted it yet. */
static int connect_to_new(int *ret_listening)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, length), 0);
    *ret_listening = listening;
    return client;
}

static void test_a_peer_is_known_by_its_address(void **state)
{
    int listening;
    const int client = connect_to_new(&listening);
    const int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    struct rpc_peer *peer = rpc_peer_new(accepted, NULL);

    assert_non_null(peer);
    assert_string_equal(peer->ip, "127.0.0.1");
    assert_ptr_equal(strstr(peer->address, "ipv4:127.0.0.1:"), peer->address);
    assert_string_equal(peer->id, "");
    rpc_peer_unref(peer);
    (void)close(accepted);
    (void)close(client);
    (void)close(listening);
}

static void test_a_unix_socket_has_a_peer(void **state)
{
    int sockets[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    struct rpc_peer *peer = rpc_peer_new(sockets[0], NULL);
    assert_non_null(peer);
    assert_string_equal(peer->address, "unix:");
    assert_string_equal(peer->ip, "127.0.0.1");
    rpc_peer_unref(peer);
    (void)close(sockets[0]);
    (void)close(sockets[1]);
}

/* What it has sent can be read all the same: its requests must not count as this machine's. */
static void test_a_client_that_reset_its_connection_is_nobody(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    char bytes[8];
    int listening;
    const int client = connect_to_new(&listening);

    assert_int_equal(send(client, "hello", 5, 0), 5);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    (void)close(client);
    const int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    assert_true(accepted >= 0);
    assert_null(rpc_peer_new(accepted, NULL));
    assert_int_equal(recv(accepted, bytes, sizeof(bytes), 0), 5);
    (void)close(accepted);
    (void)close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_is_known_by_its_address),
        cmocka_unit_test(test_a_unix_socket_has_a_peer),
        cmocka_unit_test(test_a_client_that_reset_its_connection_is_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
