/*
 * Requests that ask the same at the same time: one call for many of them, and what becomes of each.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

#define GET(token)                                                                                 \
    "GET /api/v1/ocr/" FAKE_PENDING "/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " token        \
    "\r\n\r\n"

enum {
    CLIENTS = 40,
    CALLS_MAX = CLIENTS / 2, /* for all of them, however busy the machine is; it is two or three */
    WAIT_MS = HTTP_CLIENT_TIMEOUT_MS,
};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    static const char *const settings[] = {NULL};

    bridge_process_start_all(settings, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

static void forget_asked(void)
{
    int calls, requests;

    fake_mesh_take_asked(mesh, &calls, &requests);
}

/* All are there before the bridge looks at one. */
static void send_at_once(int clients[static CLIENTS], const char *request)
{
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = http_client_connect(service_process_port(bridge));
    service_process_signal(bridge, SIGSTOP);
    for (int i = 0; i < CLIENTS; i++)
        http_client_send_text(clients[i], request);
    service_process_signal(bridge, SIGCONT);
}

static void assert_answered(int client, int status)
{
    struct http_answer answer;

    http_client_read(client, &answer);
    assert_int_equal(answer.status, status);
    http_answer_deinit(&answer);
    (void)close(client);
}

/* None of them is answered by what was known before it asked, and each is counted. */
static void test_one_call_asks_for_many(void **state)
{
    int clients[CLIENTS], calls, requests;

    forget_asked();
    fake_mesh_shut_gate(mesh);
    send_at_once(clients, GET(FAKE_TOKEN_GATE));
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    fake_mesh_open_gate(mesh);
    for (int i = 0; i < CLIENTS; i++)
        assert_answered(clients[i], 200);
    fake_mesh_take_asked(mesh, &calls, &requests);
    assert_in_range(calls, 2, CALLS_MAX);
    assert_int_equal(requests, CLIENTS);
}

/* Too many together are not too many one by one. */
static void test_what_is_refused_to_many_is_asked_for_each(void **state)
{
    int clients[CLIENTS], calls, requests;

    forget_asked();
    fake_mesh_shut_gate(mesh);
    send_at_once(clients, GET(FAKE_TOKEN_ONE));
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    fake_mesh_open_gate(mesh);
    for (int i = 0; i < CLIENTS; i++)
        assert_answered(clients[i], 200);
    fake_mesh_take_asked(mesh, &calls, &requests);
    assert_true(requests > CLIENTS);
}

/* A failure is everybody's. */
static void test_a_token_that_is_wrong_is_so_for_all(void **state)
{
    int clients[CLIENTS];

    send_at_once(clients, GET("wrong-token"));
    for (int i = 0; i < CLIENTS; i++)
        assert_answered(clients[i], 401);
    send_at_once(clients, GET(FAKE_TOKEN_FAST));
    for (int i = 0; i < CLIENTS; i++)
        assert_answered(clients[i], 429);
}

/* The service does not answer: the next one does not wait for that. */
static void test_a_call_that_hangs_holds_up_nobody(void **state)
{
    int first = http_client_connect(service_process_port(bridge));
    int second = http_client_connect(service_process_port(bridge));

    forget_asked();
    fake_mesh_shut_gate(mesh);
    http_client_send_text(first, GET(FAKE_TOKEN_GATE));
    assert_true(fake_mesh_wait_asked(mesh, 1, WAIT_MS));
    http_client_send_text(second, GET(FAKE_TOKEN_GATE));
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    fake_mesh_open_gate(mesh);
    assert_answered(first, 200);
    assert_answered(second, 200);
}

/* Who leaves takes nothing from the others; when the last one leaves, the call ends. */
static void test_a_call_lasts_as_long_as_somebody_waits(void **state)
{
    int clients[CLIENTS], before = fake_mesh_cancelled(mesh), calls, requests;

    forget_asked();
    fake_mesh_shut_gate(mesh);
    send_at_once(clients, GET(FAKE_TOKEN_GATE));
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    for (int i = 0; i < CLIENTS - 1; i++)
        (void)close(clients[i]);
    fake_mesh_take_asked(mesh, &calls, &requests);
    assert_true(fake_mesh_wait_cancelled(mesh, before + calls - 1, WAIT_MS));
    fake_mesh_open_gate(mesh);
    assert_answered(clients[CLIENTS - 1], 200);

    fake_mesh_shut_gate(mesh);
    before = fake_mesh_cancelled(mesh);
    send_at_once(clients, GET(FAKE_TOKEN_GATE));
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    for (int i = 0; i < CLIENTS; i++)
        (void)close(clients[i]);
    assert_true(fake_mesh_wait_cancelled(mesh, before + 2, WAIT_MS));
    fake_mesh_open_gate(mesh);
}

/* Another address is another caller. */
static void test_callers_are_asked_for_apart(void **state)
{
    int here = http_client_connect(service_process_port(bridge));
    int there = http_client_connect_from("127.0.0.9", service_process_port(bridge));
    int calls, requests;

    forget_asked();
    fake_mesh_shut_gate(mesh);
    service_process_signal(bridge, SIGSTOP);
    http_client_send_text(here, GET(FAKE_TOKEN_GATE));
    http_client_send_text(there, GET(FAKE_TOKEN_GATE));
    service_process_signal(bridge, SIGCONT);
    assert_true(fake_mesh_wait_asked(mesh, 2, WAIT_MS));
    fake_mesh_open_gate(mesh);
    assert_answered(here, 200);
    assert_answered(there, 200);
    fake_mesh_take_asked(mesh, &calls, &requests);
    assert_int_equal(calls, 2);
    assert_int_equal(requests, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call_asks_for_many),
        cmocka_unit_test(test_what_is_refused_to_many_is_asked_for_each),
        cmocka_unit_test(test_a_token_that_is_wrong_is_so_for_all),
        cmocka_unit_test(test_a_call_that_hangs_holds_up_nobody),
        cmocka_unit_test(test_a_call_lasts_as_long_as_somebody_waits),
        cmocka_unit_test(test_callers_are_asked_for_apart),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
