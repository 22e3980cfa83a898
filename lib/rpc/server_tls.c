#include "lib/rpc/server_tls.h"

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/log/log.h"
#include "lib/wire/tls_server.h"

DEFINE_CLEANUP_NAMED(BIO *, bio_freep, BIO_free_all)
DEFINE_CLEANUP_NAMED(X509 *, x509_freep, X509_free)
DEFINE_CLEANUP_NAMED(EVP_PKEY *, evp_pkey_freep, EVP_PKEY_free)
DEFINE_CLEANUP_NAMED(SSL_CTX *, ssl_ctx_freep, SSL_CTX_free)

struct rpc_server_tls {
    struct rpc_identity *identity;
    pthread_mutex_t mutex; /* for what follows */
    uint64_t generation;   /* of the certificates in `context` */
    SSL_CTX *context;
};

static const struct str protocols = STR("\x02h2");

/* --- certificates --- */

static bool use_chain(SSL_CTX *context, const char *pem)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    _cleanup_(x509_freep) X509 *own = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (own == NULL || SSL_CTX_use_certificate(context, own) != 1)
        return false;
    for (;;) {
        _cleanup_(x509_freep) X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (next == NULL)
            return true;
        if (SSL_CTX_add1_chain_cert(context, next) != 1)
            return false;
    }
}

static bool use_key(SSL_CTX *context, const char *pem)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    _cleanup_(evp_pkey_freep) EVP_PKEY *key =
        bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

    return key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
}

/* An authority that is itself signed by another one is trusted as it is, without that one. */
static bool use_authorities(SSL_CTX *context, const char *pem)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    if (bio == NULL ||
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST) != 1)
        return false;
    for (int count = 0;; count++) {
        _cleanup_(x509_freep) X509 *authority = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (authority == NULL)
            return count > 0;
        if (X509_STORE_add_cert(store, authority) != 1 ||
            SSL_CTX_add_client_CA(context, authority) != 1)
            return false;
    }
}

static status_code make_context(const struct rpc_certificates *certificates, SSL_CTX **ret_context,
                                struct status *st)
{
    _cleanup_(ssl_ctx_freep) SSL_CTX *context = NULL;

    TRY(tls_server_new(&protocols, &context, st));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    const bool is_set = use_chain(context, certificates->certificate_pem) &&
                        use_key(context, certificates->key_pem) &&
                        use_authorities(context, certificates->ca_pem);
    ERR_clear_error();
    if (!is_set)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "the certificates were refused");
    *ret_context = TAKE(context);
    return STATUS_OK;
}

/* With the mutex. On failure the ones before stay. */
static status_code follow_identity(struct rpc_server_tls *tls, struct status *st)
{
    SSL_CTX *context = NULL;

    if (tls->context != NULL && rpc_identity_generation(tls->identity) == tls->generation)
        return STATUS_OK;
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *latest =
        rpc_identity_take(tls->identity);
    TRY(make_context(latest, &context, st));
    SSL_CTX_free(tls->context);
    tls->context = context;
    tls->generation = latest->generation;
    return STATUS_OK;
}

/* --- life --- */

status_code rpc_server_tls_new(struct rpc_identity *identity, struct rpc_server_tls **ret_tls,
                               struct status *st)
{
    struct rpc_server_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        return FAIL_MEMORY(st);
    tls->identity = identity;
    (void)pthread_mutex_init(&tls->mutex, NULL);
    const status_code code = follow_identity(tls, st);
    if (code != STATUS_OK)
        rpc_server_tls_free(tls);
    else
        *ret_tls = tls;
    return code;
}

void rpc_server_tls_free(struct rpc_server_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->mutex);
    free(tls);
}

SSL *rpc_server_tls_accept(struct rpc_server_tls *tls)
{
    struct status st;

    pthread_mutex_lock(&tls->mutex);
    if (follow_identity(tls, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a server keeps its certificates", &st);
    SSL *ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->mutex);
    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return ssl;
}
