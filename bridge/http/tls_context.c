#include "bridge/http/tls_context.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "lib/wire/tls_server.h"

struct tls_context {
    const char *certificate_file, *key_file;
    SSL_CTX *ssl;
};

static const struct str protocols = STR("\x02h2\x08http/1.1");

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
    SSL_CTX *ssl;

    TRY(tls_server_new(&protocols, &ssl, st));
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
