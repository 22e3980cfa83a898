/* Mutual TLS by SPIFFE IDs, with certificates made here, and certificates that change meanwhile. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"
#include "lib/testing/certificates.h"

#define SERVER_ID "spiffe://mesh.test/server"
#define CLIENT_ID "spiffe://mesh.test/client"

enum {
    CALL_MS = 60000,    /* of a call that must succeed */
    REFUSED_MS = 20000, /* of one that must not: UNAVAILABLE is retried before */
    CALLERS = 4,
    RELOADS = 6,
    CALLS_BETWEEN_RELOADS = 40,
};

static struct test_authority *authority, *stranger;

/* The files of one side, and the identity that reads them. */
struct side {
    struct test_certificates files;
    struct rpc_identity *identity;
};

static status_code side_open(struct side *side, const struct test_authority *issuer,
                             const struct test_certificate *certificate, struct status *st)
{
    test_certificates_init(&side->files);
    test_certificates_write(&side->files, issuer, certificate);
    test_certificates_trust(&side->files, authority, NULL);
    side->identity = NULL;
    return rpc_identity_new(
        &(struct rpc_identity_options){
            .certificate_path = side->files.certificate,
            .key_path = side->files.key,
            .ca_path = side->files.ca,
        },
        &side->identity, st);
}

static void side_init(struct side *side, const struct test_authority *issuer, const char *id)
{
    struct status st = {0};

    if (side_open(side, issuer, &(struct test_certificate){.spiffe_id = id}, &st) != STATUS_OK)
        fail_msg("%s", st.message);
}

static void side_deinit(struct side *side)
{
    rpc_identity_free(side->identity);
    test_certificates_deinit(&side->files);
}

static int set_up(void **state)
{
    authority = test_authority_new("test authority");
    stranger = test_authority_new("another authority");
    return 0;
}

static int tear_down(void **state)
{
    test_authority_free(authority);
    test_authority_free(stranger);
    return 0;
}

static struct rpc_channel *connect_as(const struct echo *echo, struct rpc_identity *identity,
                                      const char *peer_id)
{
    struct rpc_channel *channel;
    struct status st = {0};
    char target[64];

    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(echo->server));
    const struct rpc_channel_options options = {
        .target = target, .identity = identity, .peer_id = peer_id};
    assert_int_equal(rpc_channel_new(&options, &channel, &st), STATUS_OK);
    return channel;
}

static status_code call_on(struct rpc_channel *channel, int64_t timeout_ms)
{
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(timeout_ms)};
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st = {0};

    return rpc_unary(channel, &ECHO_UNARY, &options, &request, arena, &response, &st);
}

/* How a call ends of a client with `identity` that looks for `peer_id`. */
static void assert_call(const struct echo *echo, struct rpc_identity *identity, const char *peer_id,
                        status_code expected)
{
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = connect_as(echo, identity, peer_id);

    assert_int_equal(call_on(channel, expected == STATUS_OK ? CALL_MS : REFUSED_MS), expected);
}

/* A file that does not fit keeps a process from starting, and the message names it. */
static void assert_refused(const struct test_certificate *certificate, const char *expected)
{
    struct side side;
    struct status st = {0};

    assert_int_equal(side_open(&side, authority, certificate, &st), STATUS_INVALID_ARGUMENT);
    if (strstr(st.message, expected) == NULL || strstr(st.message, side.files.folder) == NULL)
        fail_msg("%s", st.message);
    side_deinit(&side);
}

static void test_an_identity_needs_a_spiffe_id_and_time(void **state)
{
    assert_refused(&(struct test_certificate){.spiffe_id = SERVER_ID, .begin_s = -60, .end_s = -1},
                   "expired");
    assert_refused(&(struct test_certificate){.spiffe_id = NULL}, "SPIFFE ID");
    assert_refused(&(struct test_certificate){.spiffe_id = "https://mesh.test/server"},
                   "SPIFFE ID");
    assert_refused(&(struct test_certificate){.spiffe_id = SERVER_ID, .second_uri = CLIENT_ID},
                   "SPIFFE ID");
}

static void test_an_identity_needs_files_that_fit_together(void **state)
{
    struct side side;
    struct status st = {0};
    struct rpc_identity *identity;

    side_init(&side, authority, SERVER_ID);
    assert_string_equal(rpc_identity_id(side.identity), SERVER_ID);
    test_certificates_write_key_alone(&side.files);
    struct rpc_identity_options options = {side.files.certificate, side.files.key, side.files.ca,
                                           0};
    assert_int_equal(rpc_identity_new(&options, &identity, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, side.files.key));
    options.key_path = side.files.ca;
    assert_int_equal(rpc_identity_new(&options, &identity, &st), STATUS_INVALID_ARGUMENT);
    options.key_path = "/nowhere/own.key";
    assert_int_equal(rpc_identity_new(&options, &identity, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "/nowhere/own.key"));
    side_deinit(&side);
}

static void test_both_sides_know_each_other(void **state)
{
    struct side server, client, wrong;

    side_init(&server, authority, SERVER_ID);
    side_init(&client, authority, CLIENT_ID);
    side_init(&wrong, stranger, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

        assert_call(echo, client.identity, SERVER_ID, STATUS_OK);
        echo_wait(echo, &echo->ended, 1);
        assert_string_equal(echo->last_peer_id, CLIENT_ID);

        /* Another program that our authority has signed, too, is not whom we call. */
        assert_call(echo, client.identity, CLIENT_ID, STATUS_UNAVAILABLE);
        /* The server does not know who has signed this one. */
        assert_call(echo, wrong.identity, SERVER_ID, STATUS_UNAVAILABLE);
        /* No certificate, and no TLS. */
        assert_call(echo, NULL, NULL, STATUS_UNAVAILABLE);
        assert_int_equal(echo_count(echo, &echo->ended), 1);
    }
    side_deinit(&server);
    side_deinit(&client);
    side_deinit(&wrong);
}

static void test_a_server_of_another_authority_is_not_called(void **state)
{
    struct side server, client;

    side_init(&server, stranger, SERVER_ID);
    test_certificates_trust(&server.files, authority, stranger);
    side_init(&client, authority, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

        assert_call(echo, client.identity, SERVER_ID, STATUS_UNAVAILABLE);
    }
    side_deinit(&server);
    side_deinit(&client);
}

/* What has expired since it was read is refused by the other side. Our clock is an hour behind
 * while it is read; the other side's verification goes by the machine's. */
static void test_an_expired_client_is_refused(void **state)
{
    const struct test_certificate expired = {
        .spiffe_id = CLIENT_ID, .begin_s = -3600, .end_s = -60};
    struct side server, client;
    struct status st = {0};

    side_init(&server, authority, SERVER_ID);
    time_set_offset_for_test(-3600 * NANOSECONDS_PER_SECOND);
    assert_int_equal(side_open(&client, authority, &expired, &st), STATUS_OK);
    time_set_offset_for_test(0);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

        assert_call(echo, client.identity, SERVER_ID, STATUS_UNAVAILABLE);
    }
    side_deinit(&server);
    side_deinit(&client);
}

/* A client that may not ask after the server's health has no server to call at all. */
static status_code refuse_clients(struct rpc_call *call, void *data, struct status *st)
{
    if (strcmp(rpc_call_peer_id(call), CLIENT_ID) != 0 ||
        strcmp(rpc_call_method(call), "/grpc.health.v1.Health/Watch") == 0)
        return STATUS_OK;
    return FAIL(st, STATUS_PERMISSION_DENIED, "CALLER_NOT_ALLOWED", "%s may not call %s",
                rpc_call_peer_id(call), rpc_call_method(call));
}

static void test_what_may_not_be_called_never_reaches_its_handler(void **state)
{
    struct side server, client, other;

    side_init(&server, authority, SERVER_ID);
    side_init(&client, authority, CLIENT_ID);
    side_init(&other, authority, "spiffe://mesh.test/other");
    {
        const struct rpc_server_options options = {.identity = server.identity,
                                                   .authorize = refuse_clients};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
        _cleanup_(rpc_channel_freep) struct rpc_channel *channel =
            connect_as(echo, client.identity, SERVER_ID);
        const struct rpc_call_options call_options = {.deadline = time_mono_after_ms(CALL_MS)};
        _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
        echo_request request = ECHO_REQUEST;
        echo_response *response;
        struct status st = {0};

        assert_int_equal(
            rpc_unary(channel, &ECHO_UNARY, &call_options, &request, echo->arena, &response, &st),
            STATUS_PERMISSION_DENIED);
        assert_string_equal(st.reason, "CALLER_NOT_ALLOWED");
        assert_int_equal(
            rpc_stream_open(channel, &ECHO_TALK, &call_options, echo->arena, &stream, &st),
            STATUS_OK);
        assert_int_equal(rpc_stream_finish(stream, &st), STATUS_PERMISSION_DENIED);
        assert_int_equal(echo_count(echo, &echo->waiting), 0);
        assert_call(echo, other.identity, SERVER_ID, STATUS_OK);
    }
    side_deinit(&server);
    side_deinit(&client);
    side_deinit(&other);
}

/* --- files that change --- */

static void reload(struct side *side, status_code expected)
{
    struct status st = {0};

    if (rpc_identity_reload(side->identity, &st) != expected)
        fail_msg("%s", st.message);
}

static void test_new_files_that_do_not_fit_are_not_taken(void **state)
{
    struct side server, client;

    side_init(&server, authority, SERVER_ID);
    side_init(&client, authority, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

        test_certificates_write_key_alone(&server.files); /* its certificate is yet to come */
        reload(&server, STATUS_INVALID_ARGUMENT);
        assert_call(echo, client.identity, SERVER_ID, STATUS_OK);
        test_certificates_write(&server.files, authority,
                                &(struct test_certificate){.spiffe_id = CLIENT_ID});
        reload(&server, STATUS_INVALID_ARGUMENT);
        assert_call(echo, client.identity, SERVER_ID, STATUS_OK);
        test_certificates_write(&server.files, authority,
                                &(struct test_certificate){.spiffe_id = SERVER_ID});
        reload(&server, STATUS_OK);
        assert_call(echo, client.identity, SERVER_ID, STATUS_OK);
    }
    side_deinit(&server);
    side_deinit(&client);
}

/* A server takes a new authority's clients, and no longer the old one's, from the reload on. */
static void test_a_server_follows_its_files(void **state)
{
    struct side server, old_client, new_client;

    side_init(&server, authority, SERVER_ID);
    side_init(&old_client, authority, CLIENT_ID);
    side_init(&new_client, stranger, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

        assert_call(echo, old_client.identity, SERVER_ID, STATUS_OK);
        assert_call(echo, new_client.identity, SERVER_ID, STATUS_UNAVAILABLE);
        test_certificates_trust(&server.files, stranger, NULL);
        reload(&server, STATUS_OK);
        assert_call(echo, old_client.identity, SERVER_ID, STATUS_UNAVAILABLE);
        assert_call(echo, new_client.identity, SERVER_ID, STATUS_OK);
    }
    side_deinit(&server);
    side_deinit(&old_client);
    side_deinit(&new_client);
}

/* The address of the last of so many calls; each connection has a port of its own. */
static void copy_last_peer(struct echo *echo, int calls, char ret_peer[static 64])
{
    echo_wait(echo, &echo->ended, calls);
    pthread_mutex_lock(&echo->mutex);
    memcpy(ret_peer, echo->last_peer, sizeof(echo->last_peer));
    pthread_mutex_unlock(&echo->mutex);
}

/* The server trusts nobody but the new authority, so that a new connection is one with the
 * client's new files; until there is one, calls go by the connection that there was. */
static void test_a_channel_follows_its_files(void **state)
{
    struct side server, client;

    side_init(&server, authority, SERVER_ID);
    side_init(&client, authority, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
        _cleanup_(rpc_channel_freep) struct rpc_channel *channel =
            connect_as(echo, client.identity, SERVER_ID);

        char first_peer[64], peer[64];

        assert_int_equal(call_on(channel, CALL_MS), STATUS_OK);
        copy_last_peer(echo, 1, first_peer);
        test_certificates_trust(&server.files, stranger, NULL);
        reload(&server, STATUS_OK);
        test_certificates_write(&client.files, stranger,
                                &(struct test_certificate){.spiffe_id = CLIENT_ID});
        reload(&client, STATUS_OK);
        for (int calls = 2; calls == 2 || strcmp(peer, first_peer) == 0; calls++) {
            assert_int_equal(call_on(channel, CALL_MS), STATUS_OK);
            copy_last_peer(echo, calls, peer);
        }
    }
    side_deinit(&server);
    side_deinit(&client);
}

struct callers {
    struct rpc_channel *channel;
    atomic_int failed;
    atomic_bool is_over;
};

static void *call_until_over(void *arg)
{
    struct callers *callers = arg;

    while (!atomic_load(&callers->is_over))
        if (call_on(callers->channel, CALL_MS) != STATUS_OK)
            atomic_fetch_add(&callers->failed, 1);
    return NULL;
}

static void test_no_call_fails_while_both_sides_change_their_files(void **state)
{
    struct side server, client;

    side_init(&server, authority, SERVER_ID);
    side_init(&client, authority, CLIENT_ID);
    {
        const struct rpc_server_options options = {.identity = server.identity};
        _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
        struct callers callers = {.channel = connect_as(echo, client.identity, SERVER_ID)};
        pthread_t threads[CALLERS];

        for (int i = 0; i < CALLERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, call_until_over, &callers), 0);
        for (int i = 0; i < RELOADS; i++) {
            struct side *side = i % 2 == 0 ? &server : &client;

            echo_wait(echo, &echo->ended, echo_count(echo, &echo->ended) + CALLS_BETWEEN_RELOADS);
            test_certificates_write(
                &side->files, authority,
                &(struct test_certificate){.spiffe_id = i % 2 == 0 ? SERVER_ID : CLIENT_ID});
            reload(side, STATUS_OK);
        }
        echo_wait(echo, &echo->ended, echo_count(echo, &echo->ended) + CALLS_BETWEEN_RELOADS);
        atomic_store(&callers.is_over, true);
        for (int i = 0; i < CALLERS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        rpc_channel_free(callers.channel);
        assert_int_equal(atomic_load(&callers.failed), 0);
    }
    side_deinit(&server);
    side_deinit(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_identity_needs_a_spiffe_id_and_time),
        cmocka_unit_test(test_an_identity_needs_files_that_fit_together),
        cmocka_unit_test(test_both_sides_know_each_other),
        cmocka_unit_test(test_a_server_of_another_authority_is_not_called),
        cmocka_unit_test(test_an_expired_client_is_refused),
        cmocka_unit_test(test_what_may_not_be_called_never_reaches_its_handler),
        cmocka_unit_test(test_new_files_that_do_not_fit_are_not_taken),
        cmocka_unit_test(test_a_server_follows_its_files),
        cmocka_unit_test(test_a_channel_follows_its_files),
        cmocka_unit_test(test_no_call_fails_while_both_sides_change_their_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
