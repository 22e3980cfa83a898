#include "lib/wire/tls_session.h"

#include <pthread.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

struct tls_session {
    SSL *ssl;
    struct str input; /* of the running tls_session_open() */
    struct buf output;
};

/* --- what OpenSSL reads from and writes to --- */

static int read_input(BIO *bio, char *bytes, int room)
{
    struct tls_session *session = BIO_get_data(bio);
    size_t length = session->input.n < (size_t)room ? session->input.n : (size_t)room;

    BIO_clear_retry_flags(bio);
    if (length == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(bytes, session->input.p, length);
    session->input.p += length;
    session->input.n -= length;
    return (int)length;
}

static int write_output(BIO *bio, const char *bytes, int length)
{
    struct tls_session *session = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    return buf_append(&session->output, bytes, (size_t)length) ? length : -1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *method;

/* Lives as long as the process. */
static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ocrmesh");
    if (method == NULL || BIO_meth_set_read(method, read_input) != 1 ||
        BIO_meth_set_write(method, write_output) != 1 || BIO_meth_set_ctrl(method, control) != 1)
        abort();
}

static BIO *new_bio(struct tls_session *session)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make_method);
    BIO *bio = BIO_new(method);
    if (bio != NULL) {
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* --- the session --- */

struct tls_session *tls_session_new(SSL *ssl)
{
    _cleanup_(tls_session_freep) struct tls_session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    buf_init(&session->output, TLS_SESSION_OUTPUT_MAX);
    session->ssl = ssl;
    BIO *bio = session->ssl != NULL ? new_bio(session) : NULL;
    if (bio == NULL)
        return NULL;
    SSL_set_bio(session->ssl, bio, bio); /* takes it, once */
    return TAKE(session);
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    buf_deinit(&session->output);
    free(session);
}

const SSL *tls_session_ssl(const struct tls_session *session)
{
    return session->ssl;
}

tls_session_state tls_session_open(struct tls_session *session, struct str *sealed, char *plain,
                                   size_t room, size_t *ret_length)
{
    tls_session_state state = TLS_SESSION_GOES_ON;
    size_t used = 0, count;

    ERR_clear_error();
    session->input = *sealed;
    while (used < room && state == TLS_SESSION_GOES_ON) {
        if (SSL_read_ex(session->ssl, plain + used, room - used, &count) == 1) {
            used += count;
            continue;
        }
        int error = SSL_get_error(session->ssl, 0);
        if (error == SSL_ERROR_WANT_READ)
            break;
        state = error == SSL_ERROR_ZERO_RETURN ? TLS_SESSION_ENDED : TLS_SESSION_FAILED;
    }
    *sealed = session->input;
    session->input = (struct str){0};
    *ret_length = used;
    ERR_clear_error();
    return state;
}

size_t tls_session_seal(struct tls_session *session, struct str plain)
{
    size_t written = 0;

    ERR_clear_error();
    if (plain.n > TLS_SESSION_PIECE_BYTES)
        plain.n = TLS_SESSION_PIECE_BYTES;
    if (SSL_write_ex(session->ssl, plain.p, plain.n, &written) != 1)
        written = 0;
    ERR_clear_error();
    return written;
}

void tls_session_end(struct tls_session *session)
{
    ERR_clear_error();
    if (SSL_is_init_finished(session->ssl))
        (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}

bool tls_session_is_established(const struct tls_session *session)
{
    return SSL_is_init_finished(session->ssl);
}

bool tls_session_is_http2(const struct tls_session *session)
{
    const unsigned char *name;
    unsigned int length;

    SSL_get0_alpn_selected(session->ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}

struct buf *tls_session_output(struct tls_session *session)
{
    return &session->output;
}
