/* The caller's identity, from the metadata of a call to that of the next one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/caller.h"
#include "lib/rpc/tests/echo.h"
#include "lib/rpc/tests/echo_descriptor_set.h"

/* A server whose Echo answers with what it would forward: one line an entry. */
struct identity {
    struct rpc_server *server;
    struct rpc_channel *channel;
    struct arena *arena;
};

static status_code tell(struct rpc_call *call, const void *request, void *response_message,
                        void *data, struct status *st)
{
    echo_response *response = response_message;
    struct arena *arena = rpc_call_arena(call);
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_caller caller;
    const char *text = "";

    TRY(rpc_caller_read(call, &caller, st));
    size_t count = rpc_caller_forward(&caller, arena, entries);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%s%s=%.*s\n", text, entries[i].key, (int)entries[i].value.n,
                            entries[i].value.p);
    response->text = (char *)text;
    response->count = (int32_t)caller.token.n;
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {{"Echo", RPC_UNARY, tell}};
static const struct rpc_service identity_service = {&ocrmesh__test__v1__echo_service__descriptor,
                                                    handlers, ARRAY_LENGTH(handlers), NULL};

/* @host: what comes before the port, or the whole of a Unix socket's address. */
static void start(struct identity *identity, const char *host)
{
    const struct rpc_service *const services[] = {&identity_service};
    struct status st = {0};
    bool is_unix = str_starts_with(str_of(host), STR("unix:"));
    char address[64], target[64];

    (void)snprintf(address, sizeof(address), "%s%s", host, is_unix ? "" : ":0");
    alarm(ECHO_TIMEOUT_S);
    rpc_start();
    identity->arena = arena_new(1 << 20);
    assert_int_equal(
        rpc_server_new(
            &(struct rpc_server_options){.address = address,
                                         .descriptor_set = echo_descriptor_set_start,
                                         .descriptor_set_size = echo_descriptor_set_size},
            services, 1, &identity->server, &st),
        STATUS_OK);
    if (is_unix)
        (void)snprintf(target, sizeof(target), "%s", host);
    else
        (void)snprintf(target, sizeof(target), "%s:%d", host, rpc_server_port(identity->server));
    assert_int_equal(
        rpc_channel_new(&(struct rpc_channel_options){.target = target}, &identity->channel, &st),
        STATUS_OK);
}

static void stop(struct identity *identity)
{
    rpc_channel_free(identity->channel);
    rpc_server_drain(identity->server, 1000);
    rpc_server_free(identity->server);
    arena_free(identity->arena);
    rpc_stop();
    alarm(0);
}

static int start_ipv4(void **state)
{
    static struct identity identity;

    start(&identity, "127.0.0.1");
    *state = &identity;
    return 0;
}

static int stop_ipv4(void **state)
{
    stop(*state);
    return 0;
}

/* NULL ends the list of keys and values. */
static struct status ask(struct identity *identity, const char *const pairs[],
                         echo_response **ret_response)
{
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options = {.deadline = time_mono_after_ms(20000)};
    echo_request request = ECHO_REQUEST;
    struct status st = {0};
    size_t count = 0;

    for (; pairs[2 * count] != NULL; count++)
        entries[count] =
            (struct rpc_metadata_entry){pairs[2 * count], str_of(pairs[2 * count + 1])};
    options.metadata = (struct rpc_metadata){entries, count};
    (void)!rpc_unary(identity->channel, &ECHO_UNARY, &options, &request, identity->arena,
                     ret_response, &st);
    return st;
}

/* Asserts that what is told starts with `expected`. */
static void assert_told(struct identity *identity, const char *const pairs[], const char *expected)
{
    echo_response *response = NULL;
    struct status st = ask(identity, pairs, &response);

    assert_int_equal(st.code, STATUS_OK);
    if (strncmp(response->text, expected, strlen(expected)) != 0)
        fail_msg("'%s' does not start with '%s'", response->text, expected);
}

static void test_the_identity_is_passed_on_unchanged(void **state)
{
    assert_told(*state,
                (const char *const[]){"authorization", "Bearer om_secret", "ocrmesh-client-address",
                                      "192.0.2.7", "ocrmesh-request-id", "id-1", NULL},
                "authorization=Bearer om_secret\nocrmesh-client-address=192.0.2.7\n"
                "ocrmesh-request-id=id-1\n");
}

static void test_the_schemes_case_does_not_matter(void **state)
{
    assert_told(*state, (const char *const[]){"authorization", "bEARER x", NULL},
                "authorization=Bearer x\n");
}

static void test_who_has_no_token_is_anonymous(void **state)
{
    echo_response *response = NULL;

    assert_int_equal(ask(*state, (const char *const[]){NULL}, &response).code, STATUS_OK);
    assert_int_equal(response->count, 0);
    assert_null(strstr(response->text, "authorization"));
}

/* API: Authentication, "a token that is present but wrong is 401, never anonymous". */
static void test_an_authorization_without_a_token_is_refused(void **state)
{
    static const char *const wrong[] = {"",        "om_secret",  "Bearer",
                                        "Bearer ", "Basic YTpi", "Bearerx"};

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        echo_response *response = NULL;
        struct status st =
            ask(*state, (const char *const[]){"authorization", wrong[i], NULL}, &response);
        assert_int_equal(st.code, STATUS_UNAUTHENTICATED);
        assert_string_equal(st.reason, "INVALID_TOKEN");
        assert_null(strstr(st.message, "om_secret"));
    }
}

static void test_an_address_that_is_none_is_the_peers(void **state)
{
    static const char *const none[] = {"", "somewhere", "192.0.2.7:80", "192.0.2.300"};

    assert_told(*state, (const char *const[]){NULL}, "ocrmesh-client-address=127.0.0.1\n");
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++)
        assert_told(*state, (const char *const[]){"ocrmesh-client-address", none[i], NULL},
                    "ocrmesh-client-address=127.0.0.1\n");
}

static void test_an_ipv6_address_has_one_form(void **state)
{
    assert_told(*state,
                (const char *const[]){"ocrmesh-client-address", "2001:0DB8:0:0::0007", NULL},
                "ocrmesh-client-address=2001:db8::7\n");
}

static void test_a_mapped_address_is_the_one_of_ipv4(void **state)
{
    assert_told(*state, (const char *const[]){"ocrmesh-client-address", "::ffff:192.0.2.7", NULL},
                "ocrmesh-client-address=192.0.2.7\n");
}

static void test_a_request_id_is_made_up_when_there_is_none(void **state)
{
    echo_response *first = NULL, *second = NULL;
    const char *id;

    assert_int_equal(ask(*state, (const char *const[]){NULL}, &first).code, STATUS_OK);
    id = strstr(first->text, "ocrmesh-request-id=");
    assert_non_null(id);
    assert_true(strlen(id) >= strlen("ocrmesh-request-id=") + 32);
    assert_int_equal(ask(*state, (const char *const[]){NULL}, &second).code, STATUS_OK);
    assert_string_not_equal(first->text, second->text);
}

static void test_a_peer_of_ipv6_is_known(void **state)
{
    struct identity identity;

    if (access("/proc/net/if_inet6", R_OK) != 0)
        skip(); /* a machine without IPv6 */
    start(&identity, "[::1]");
    assert_told(&identity, (const char *const[]){NULL}, "ocrmesh-client-address=::1\n");
    stop(&identity);
}

static void test_a_peer_of_a_unix_socket_is_this_machine(void **state)
{
    char address[64];
    struct identity identity;

    (void)snprintf(address, sizeof(address), "unix:/tmp/ocrmesh-caller-%d", (int)getpid());
    start(&identity, address);
    assert_told(&identity, (const char *const[]){NULL}, "ocrmesh-client-address=127.0.0.1\n");
    stop(&identity);
    (void)unlink(address + strlen("unix:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_identity_is_passed_on_unchanged),
        cmocka_unit_test(test_the_schemes_case_does_not_matter),
        cmocka_unit_test(test_who_has_no_token_is_anonymous),
        cmocka_unit_test(test_an_authorization_without_a_token_is_refused),
        cmocka_unit_test(test_an_address_that_is_none_is_the_peers),
        cmocka_unit_test(test_an_ipv6_address_has_one_form),
        cmocka_unit_test(test_a_mapped_address_is_the_one_of_ipv4),
        cmocka_unit_test(test_a_request_id_is_made_up_when_there_is_none),
        cmocka_unit_test(test_a_peer_of_ipv6_is_known),
        cmocka_unit_test(test_a_peer_of_a_unix_socket_is_this_machine),
    };
    return cmocka_run_group_tests(tests, start_ipv4, stop_ipv4);
}
