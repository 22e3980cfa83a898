/* TLS and mutual TLS, with certificates made here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"

enum { PEM_MAX_BYTES = 4096, CALL_MS = 60000 };

/* A key and its certificate, as PEM. */
struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char key_pem[PEM_MAX_BYTES], certificate_pem[PEM_MAX_BYTES];
};

static struct identity authority, stranger, server_identity, client_identity;

static void copy_pem(BIO *bio, char pem[static PEM_MAX_BYTES])
{
    int length = BIO_read(bio, pem, PEM_MAX_BYTES - 1);

    assert_true(length > 0);
    pem[length] = '\0';
    BIO_free(bio);
}

/* Valid for an hour, for localhost; signed by `issuer`, or by itself when that is NULL. */
static void identity_init(struct identity *identity, const char *name,
                          const struct identity *issuer)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    X509_EXTENSION *extension;
    BIO *bio;

    identity->key = EVP_EC_gen("P-256");
    identity->certificate = certificate;
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, identity->key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                                MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                                                0),
                     1);
    X509 *signer = issuer != NULL ? issuer->certificate : certificate;
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(signer)), 1);
    extension = issuer == NULL
                    ? X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE")
                    : X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, issuer != NULL ? issuer->key : identity->key, EVP_sha256()) >
                0);

    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    copy_pem(bio, identity->certificate_pem);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL), 1);
    copy_pem(bio, identity->key_pem);
}

static void identity_deinit(struct identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

static int set_up(void **state)
{
    identity_init(&authority, "test authority", NULL);
    identity_init(&stranger, "another authority", NULL);
    identity_init(&server_identity, "server", &authority);
    identity_init(&client_identity, "client", &authority);
    return 0;
}

static int tear_down(void **state)
{
    identity_deinit(&authority);
    identity_deinit(&stranger);
    identity_deinit(&server_identity);
    identity_deinit(&client_identity);
    return 0;
}

/* How a call ends on a channel with `tls`. */
static status_code call(struct echo *echo, const struct rpc_tls *tls)
{
    struct rpc_call_options call_options = {.deadline = time_mono_after_ms(CALL_MS)};
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(echo->server));
    const struct rpc_channel_options options = {.target = target, .tls = *tls};
    assert_int_equal(rpc_channel_new(&options, &channel, &st), STATUS_OK);
    return rpc_unary(channel, &ECHO_UNARY, &call_options, &request, echo->arena, &response, &st);
}

static void test_a_client_that_trusts_the_authority_is_served(void **state)
{
    const struct rpc_server_options options = {
        .tls = {.certificate_pem = server_identity.certificate_pem,
                .private_key_pem = server_identity.key_pem}};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

    assert_int_equal(call(echo, &(struct rpc_tls){.ca_pem = authority.certificate_pem}), STATUS_OK);
    assert_int_equal(call(echo, &(struct rpc_tls){.ca_pem = stranger.certificate_pem}),
                     STATUS_UNAVAILABLE);
    assert_int_equal(call(echo, &(struct rpc_tls){0}), STATUS_UNAVAILABLE); /* plain text */
}

static void test_a_client_must_show_a_certificate_where_one_is_asked_for(void **state)
{
    const struct rpc_server_options options = {
        .tls = {.certificate_pem = server_identity.certificate_pem,
                .private_key_pem = server_identity.key_pem,
                .ca_pem = authority.certificate_pem}};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    struct rpc_tls tls = {.ca_pem = authority.certificate_pem};

    assert_int_equal(call(echo, &tls), STATUS_UNAVAILABLE);
    tls.certificate_pem = stranger.certificate_pem;
    tls.private_key_pem = stranger.key_pem;
    assert_int_equal(call(echo, &tls), STATUS_UNAVAILABLE);
    tls.certificate_pem = client_identity.certificate_pem;
    tls.private_key_pem = client_identity.key_pem;
    assert_int_equal(call(echo, &tls), STATUS_OK);
}

static void test_half_a_pair_is_refused(void **state)
{
    const struct rpc_tls halves[] = {{.certificate_pem = server_identity.certificate_pem},
                                     {.private_key_pem = server_identity.key_pem},
                                     {.ca_pem = authority.certificate_pem}};

    rpc_start();
    for (size_t i = 0; i < ARRAY_LENGTH(halves); i++) {
        const struct rpc_server_options server_options = {.address = "127.0.0.1:0",
                                                          .tls = halves[i]};
        const struct rpc_channel_options channel_options = {.target = "127.0.0.1:1",
                                                            .tls = halves[i]};
        _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
        struct rpc_server *server;
        struct status st;

        assert_int_equal(rpc_server_new(&server_options, NULL, 0, &server, &st),
                         STATUS_INVALID_ARGUMENT);
        if (halves[i].ca_pem == NULL)
            assert_int_equal(rpc_channel_new(&channel_options, &channel, &st),
                             STATUS_INVALID_ARGUMENT);
    }
    rpc_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_that_trusts_the_authority_is_served),
        cmocka_unit_test(test_a_client_must_show_a_certificate_where_one_is_asked_for),
        cmocka_unit_test(test_half_a_pair_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
