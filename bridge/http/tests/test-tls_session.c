/* TLS without sockets: OpenSSL's client against our session, through memory. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "bridge/http/tests/certificate.h"
#include "bridge/http/tls_context.h"
#include "lib/wire/tls_session.h"

enum {
    PATH_BYTES = 64,
    PLAIN_BYTES = 64 * 1024,
    TURNS_MAX = 16,
    LARGE_BYTES = 200 * 1024,
    SMALL_OUTPUT_BYTES = 4096,
};

static char folder[] = "/tmp/ocrmesh-test-tls-XXXXXX";
static char certificate_file[PATH_BYTES], key_file[PATH_BYTES], other_key_file[PATH_BYTES];
static char other_certificate_file[PATH_BYTES];

static int set_up(void **state)
{
    assert_non_null(mkdtemp(folder));
    (void)snprintf(certificate_file, PATH_BYTES, "%s/certificate.pem", folder);
    (void)snprintf(key_file, PATH_BYTES, "%s/key.pem", folder);
    (void)snprintf(other_certificate_file, PATH_BYTES, "%s/other.pem", folder);
    (void)snprintf(other_key_file, PATH_BYTES, "%s/other-key.pem", folder);
    certificate_write(certificate_file, key_file);
    certificate_write(other_certificate_file, other_key_file);
    return 0;
}

static int tear_down(void **state)
{
    (void)unlink(certificate_file);
    (void)unlink(key_file);
    (void)unlink(other_certificate_file);
    (void)unlink(other_key_file);
    return rmdir(folder);
}

/* Both sides, and what lies between them. */
struct pair {
    SSL_CTX *client_context;
    SSL *client;
    BIO *to_client, *from_client;
    struct tls_context *context;
    struct tls_session *session;
    tls_session_state state;
    char plain[PLAIN_BYTES];
    size_t plain_length;
};

static void pair_init(struct pair *pair, const char *protocols)
{
    struct status st;

    *pair = (struct pair){0};
    assert_int_equal(tls_context_new(certificate_file, key_file, &pair->context, &st), STATUS_OK);
    pair->session = tls_session_new(tls_context_accept(pair->context));
    pair->client_context = SSL_CTX_new(TLS_client_method());
    pair->client = SSL_new(pair->client_context);
    pair->to_client = BIO_new(BIO_s_mem());
    pair->from_client = BIO_new(BIO_s_mem());
    SSL_set_bio(pair->client, pair->to_client, pair->from_client);
    SSL_set_connect_state(pair->client);
    if (protocols != NULL)
        assert_int_equal(SSL_set_alpn_protos(pair->client, (const unsigned char *)protocols,
                                             (unsigned)strlen(protocols)),
                         0);
}

static void pair_deinit(struct pair *pair)
{
    SSL_free(pair->client);
    SSL_CTX_free(pair->client_context);
    tls_session_free(pair->session);
    tls_context_free(pair->context);
}

/* Hands over what the client has written, in pieces of `piece` bytes, and what we have. */
static void exchange_bytes(struct pair *pair, size_t piece)
{
    char bytes[PLAIN_BYTES];
    struct buf *output = tls_session_output(pair->session);
    int count;

    while (pair->state == TLS_SESSION_GOES_ON &&
           (count = BIO_read(pair->from_client, bytes, (int)piece)) > 0) {
        struct str sealed = {bytes, (size_t)count};
        size_t length;

        do {
            pair->state = tls_session_open(pair->session, &sealed, pair->plain + pair->plain_length,
                                           PLAIN_BYTES - pair->plain_length, &length);
            pair->plain_length += length;
        } while (pair->state == TLS_SESSION_GOES_ON && sealed.n > 0);
    }
    if (output->length > 0)
        assert_int_equal(BIO_write(pair->to_client, output->data, (int)output->length),
                         output->length);
    buf_clear(output);
}

static bool shake_hands(struct pair *pair, size_t piece)
{
    for (int i = 0; i < TURNS_MAX; i++) {
        int result = SSL_do_handshake(pair->client);

        exchange_bytes(pair, piece);
        if (result == 1 && tls_session_is_established(pair->session))
            return true;
        if (pair->state == TLS_SESSION_FAILED)
            return false;
    }
    return false;
}

static void test_alpn_chooses_the_protocol(void **state)
{
    static const struct {
        const char *offered;
        bool is_http2;
    } cases[] = {
        {"\x02h2\x08http/1.1", true},
        {"\x08http/1.1\x02h2", true},
        {"\x08http/1.1", false},
        {"\x07unknown\x02h2", true},
        {NULL, false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct pair pair;

        pair_init(&pair, cases[i].offered);
        assert_true(shake_hands(&pair, PLAIN_BYTES));
        assert_int_equal(tls_session_is_http2(pair.session), cases[i].is_http2);
        pair_deinit(&pair);
    }
}

/* RFC 7301 §3.2. */
static void test_a_client_of_other_protocols_is_refused(void **state)
{
    struct pair pair;

    pair_init(&pair, "\x0a"
                     "acme-tls/1");
    assert_false(shake_hands(&pair, PLAIN_BYTES));
    ERR_clear_error();
    (void)SSL_do_handshake(pair.client);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    pair_deinit(&pair);
}

static void test_old_versions_and_ciphers_are_refused(void **state)
{
    struct pair pair;

    pair_init(&pair, NULL);
    SSL_set_security_level(pair.client, 0);
    (void)SSL_set_min_proto_version(pair.client, TLS1_VERSION);
    (void)SSL_set_max_proto_version(pair.client, TLS1_1_VERSION);
    assert_false(shake_hands(&pair, PLAIN_BYTES));
    pair_deinit(&pair);

    pair_init(&pair, NULL);
    (void)SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
    assert_int_equal(SSL_set_cipher_list(pair.client, "ECDHE-ECDSA-AES128-SHA256"), 1);
    assert_false(shake_hands(&pair, PLAIN_BYTES));
    pair_deinit(&pair);
}

static void test_bytes_arrive_whole_however_they_are_cut(void **state)
{
    static const size_t pieces[] = {1, 7, 1000, PLAIN_BYTES};
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    char large[LARGE_BYTES], read[LARGE_BYTES];

    memset(large, 'x', sizeof(large));
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
        struct pair pair;
        size_t length, got = 0;

        pair_init(&pair, NULL);
        assert_true(shake_hands(&pair, pieces[i]));
        assert_int_equal(SSL_write(pair.client, text, sizeof(text) - 1), sizeof(text) - 1);
        exchange_bytes(&pair, pieces[i]);
        assert_int_equal(pair.plain_length, sizeof(text) - 1);
        assert_memory_equal(pair.plain, text, sizeof(text) - 1);

        assert_int_equal(tls_session_seal(pair.session, (struct str){large, sizeof(large)}),
                         sizeof(large));
        exchange_bytes(&pair, pieces[i]);
        while (SSL_read_ex(pair.client, read + got, sizeof(read) - got, &length) == 1)
            got += length;
        assert_int_equal(got, sizeof(large));
        assert_memory_equal(read, large, got);
        pair_deinit(&pair);
    }
}

static void test_plain_bytes_wait_where_there_is_no_room(void **state)
{
    struct pair pair;
    char bytes[1024], first[4], rest[16];
    size_t length;

    pair_init(&pair, NULL);
    assert_true(shake_hands(&pair, PLAIN_BYTES));
    assert_int_equal(SSL_write(pair.client, "abcdefgh", 8), 8);
    struct str sealed = {bytes, (size_t)BIO_read(pair.from_client, bytes, sizeof(bytes))};
    assert_int_equal(tls_session_open(pair.session, &sealed, first, sizeof(first), &length),
                     TLS_SESSION_GOES_ON);
    assert_int_equal(length, 4);
    assert_int_equal(tls_session_open(pair.session, &sealed, rest, sizeof(rest), &length),
                     TLS_SESSION_GOES_ON);
    assert_int_equal(length, 4);
    assert_memory_equal(rest, "efgh", 4);
    pair_deinit(&pair);
}

static void test_both_sides_can_say_that_they_end(void **state)
{
    struct pair pair;
    char byte;

    pair_init(&pair, NULL);
    assert_true(shake_hands(&pair, PLAIN_BYTES));
    (void)SSL_shutdown(pair.client);
    exchange_bytes(&pair, PLAIN_BYTES);
    assert_int_equal(pair.state, TLS_SESSION_ENDED);
    assert_int_equal(tls_session_seal(pair.session, STR("late")), 4);
    tls_session_end(pair.session);
    exchange_bytes(&pair, PLAIN_BYTES);
    char late[4];
    assert_int_equal(SSL_read(pair.client, late, sizeof(late)), 4);
    assert_int_equal(SSL_get_error(pair.client, SSL_read(pair.client, &byte, 1)),
                     SSL_ERROR_ZERO_RETURN);
    pair_deinit(&pair);
}

static void test_what_is_no_tls_fails(void **state)
{
    struct pair pair;
    struct str sealed = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    size_t length;

    pair_init(&pair, NULL);
    assert_int_equal(
        tls_session_open(pair.session, &sealed, pair.plain, sizeof(pair.plain), &length),
        TLS_SESSION_FAILED);
    assert_false(tls_session_is_established(pair.session));
    pair_deinit(&pair);
}

/* A client that asks for new keys again and again, and reads none of the answers. */
static void test_answers_that_nobody_takes_end_the_session(void **state)
{
    struct pair pair;
    char bytes[PLAIN_BYTES];
    size_t largest = 0;

    pair_init(&pair, NULL);
    assert_true(shake_hands(&pair, PLAIN_BYTES));
    tls_session_output(pair.session)->max_bytes = SMALL_OUTPUT_BYTES;
    for (int i = 0; i < SMALL_OUTPUT_BYTES && pair.state == TLS_SESSION_GOES_ON; i++) {
        size_t length;

        assert_int_equal(SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_write(pair.client, "x", 1), 1);
        struct str sealed = {bytes, (size_t)BIO_read(pair.from_client, bytes, sizeof(bytes))};
        pair.state =
            tls_session_open(pair.session, &sealed, pair.plain, sizeof(pair.plain), &length);
        if (tls_session_output(pair.session)->length > largest)
            largest = tls_session_output(pair.session)->length;
    }
    assert_int_equal(pair.state, TLS_SESSION_FAILED);
    assert_true(largest <= SMALL_OUTPUT_BYTES);
    pair_deinit(&pair);
}

static void test_files_that_do_not_fit_are_refused_and_the_old_ones_stay(void **state)
{
    struct tls_context *context = NULL;
    struct status st;
    char changing[PATH_BYTES + 8];

    assert_int_equal(tls_context_new("/nowhere", key_file, &context, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "No such file"));
    assert_int_equal(tls_context_new(certificate_file, certificate_file, &context, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(tls_context_new(certificate_file, other_key_file, &context, &st),
                     STATUS_INVALID_ARGUMENT);

    (void)snprintf(changing, sizeof(changing), "%s.new", certificate_file);
    assert_int_equal(link(certificate_file, changing), 0);
    assert_int_equal(tls_context_new(changing, key_file, &context, &st), STATUS_OK);
    assert_int_equal(unlink(changing), 0);
    assert_int_equal(tls_context_reload(context, &st), STATUS_INVALID_ARGUMENT);
    SSL *ssl = tls_context_accept(context);
    assert_non_null(SSL_get_certificate(ssl));
    SSL_free(ssl);
    assert_true(tls_context_not_after(context) > 0);
    tls_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alpn_chooses_the_protocol),
        cmocka_unit_test(test_a_client_of_other_protocols_is_refused),
        cmocka_unit_test(test_old_versions_and_ciphers_are_refused),
        cmocka_unit_test(test_bytes_arrive_whole_however_they_are_cut),
        cmocka_unit_test(test_plain_bytes_wait_where_there_is_no_room),
        cmocka_unit_test(test_both_sides_can_say_that_they_end),
        cmocka_unit_test(test_what_is_no_tls_fails),
        cmocka_unit_test(test_answers_that_nobody_takes_end_the_session),
        cmocka_unit_test(test_files_that_do_not_fit_are_refused_and_the_old_ones_stay),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
