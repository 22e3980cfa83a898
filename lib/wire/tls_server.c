#include "lib/wire/tls_server.h"

/* Mozilla, Server Side TLS 5.7, "intermediate": https://wiki.mozilla.org/Security/Server_Side_TLS.
 * Those of TLS 1.3 are OpenSSL's own, all of which are sound. */
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char groups[] = "X25519:P-256:P-384";

static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                           const unsigned char *offered, unsigned int offered_length, void *data)
{
    const struct str *protocols = data;

    /* SSL_select_next_proto() takes its result's constness away. */
    if (SSL_select_next_proto((unsigned char **)ret_name, ret_length,
                              (const unsigned char *)protocols->p, (unsigned)protocols->n, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

/* OpenSSL would ask for it on the terminal. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *data)
{
    return -1;
}

status_code tls_server_new(const struct str *protocols, SSL_CTX **ret_context, struct status *st)
{
    SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

    if (ssl == NULL)
        return FAIL_MEMORY(st);
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_PRIORITIZE_CHACHA);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(ssl, refuse_passphrase);
    /* OpenSSL declares the data without const, and hands it to choose_protocol() alone. */
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, (void *)protocols);
    if (SSL_CTX_set_num_tickets(ssl, 0) != 1 ||
        SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ssl, ciphers) != 1 || SSL_CTX_set1_groups_list(ssl, groups) != 1) {
        SSL_CTX_free(ssl);
        return FAIL(st, STATUS_INTERNAL, NULL, "this OpenSSL does not know the ciphers");
    }
    *ret_context = ssl;
    return STATUS_OK;
}
