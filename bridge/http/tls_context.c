#include "bridge/http/tls_context.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>

struct tls_context {
    const char *certificate_file, *key_file;
    SSL_CTX *ssl;
};

/* Mozilla, Server Side TLS 5.7, "intermediate": https://wiki.mozilla.org/Security/Server_Side_TLS.
 * Those of TLS 1.3 are OpenSSL's own, all of which are sound. */
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char groups[] = "X25519:P-256:P-384";

static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                           const unsigned char *offered, unsigned int offered_length, void *data)
{
    static const unsigned char known[] = "\x02h2\x08http/1.1";

    /* SSL_select_next_proto() takes its result's constness away. */
    if (SSL_select_next_proto((unsigned char **)ret_name, ret_length, known, sizeof(known) - 1,
                              offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL would ask for it on the terminal. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *data)
{
    return -1;
}

static status_code fail(const char *what, const char *file, struct status *st)
{
    const unsigned long error = ERR_peek_error();
    const char *why =
        ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);

    ERR_clear_error();
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG", "%s '%.100s': %s", what, file,
                why != NULL ? why : "it cannot be read");
}

static status_code load(const struct tls_context *context, SSL_CTX *ssl, struct status *st)
{
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(ssl, refuse_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ssl, context->certificate_file) != 1)
        return fail("BRIDGE_TLS_CERTIFICATE: no certificate can be read from",
                    context->certificate_file, st);
    if (SSL_CTX_use_PrivateKey_file(ssl, context->key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ssl) != 1)
        return fail("BRIDGE_TLS_KEY: the certificate's key cannot be read from", context->key_file,
                    st);
    return STATUS_OK;
}

status_code tls_context_reload(struct tls_context *context, struct status *st)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

    if (ssl == NULL)
        return FAIL_MEMORY(st);
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_PRIORITIZE_CHACHA);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    if (SSL_CTX_set_num_tickets(ssl, 0) != 1 ||
        SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ssl, ciphers) != 1 || SSL_CTX_set1_groups_list(ssl, groups) != 1) {
        SSL_CTX_free(ssl);
        return FAIL(st, STATUS_INTERNAL, NULL, "this OpenSSL does not know the ciphers");
    }
    status_code code = load(context, ssl, st);
    if (code != STATUS_OK) {
        SSL_CTX_free(ssl);
        return code;
    }
    SSL_CTX_free(context->ssl);
    context->ssl = ssl;
    return STATUS_OK;
}

status_code tls_context_new(const char *certificate_file, const char *key_file,
                            struct tls_context **ret_context, struct status *st)
{
    _cleanup_(tls_context_freep) struct tls_context *context = calloc(1, sizeof(*context));

    if (context == NULL)
        return FAIL_MEMORY(st);
    context->certificate_file = certificate_file;
    context->key_file = key_file;
    TRY(tls_context_reload(context, st));
    *ret_context = TAKE(context);
    return STATUS_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

SSL *tls_context_accept(const struct tls_context *context)
{
    SSL *ssl = SSL_new(context->ssl);

    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return ssl;
}

int64_t tls_context_not_after(const struct tls_context *context)
{
    struct tm parts = {0};

    if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context->ssl)), &parts) != 1)
        return 0;
    return (int64_t)timegm(&parts);
}
