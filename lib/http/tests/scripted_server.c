#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/http/tests/scripted_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/base/wait.h"

enum { REQUEST_MAX_BYTES = 1 << 20, WAIT_MS = 60000 };

struct scripted_server {
    const struct scripted_answer *answers;
    size_t answer_count;
    int listener;
    int stop_event;
    pthread_t thread;
    char url[SCRIPTED_URL_SIZE];
    SSL_CTX *tls; /* NULL: plain */
    char ca_file[sizeof("/tmp/http-server-XXXXXX")];
    pthread_mutex_t lock;
    pthread_cond_t has_more;
    struct buf requests[SCRIPTED_REQUESTS_MAX];
    size_t request_count;
    int held[SCRIPTED_REQUESTS_MAX]; /* connections that are left open */
    size_t held_count;
};

/* One that was accepted. */
struct connection {
    int fd;
    SSL *tls; /* NULL: plain */
};

static int listen_on_loopback(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int scripted_closed_port(void)
{
    int port;

    (void)close(listen_on_loopback(&port));
    return port;
}

/* False when the server is to stop. */
static bool wait_readable(const struct scripted_server *server, int fd)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = server->stop_event, .events = POLLIN}};

    while (poll(fds, ARRAY_LENGTH(fds), -1) < 0 && errno == EINTR)
        ;
    return fds[1].revents == 0;
}

/* Bytes that a whole request has, by what has come of it; 0: not known yet. */
static size_t request_length(const struct buf *request)
{
    const char *end = request->data == NULL ? NULL : strstr(request->data, "\r\n\r\n");
    const char *length = request->data == NULL ? NULL : strstr(request->data, "Content-Length:");

    if (end == NULL)
        return 0;
    return (size_t)(end + 4 - request->data) +
           (length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0);
}

static ssize_t receive(const struct connection *connection, char *bytes, size_t size)
{
    return connection->tls != NULL ? SSL_read(connection->tls, bytes, (int)size)
                                   : recv(connection->fd, bytes, size, 0);
}

static void read_request(const struct scripted_server *server, const struct connection *connection,
                         struct buf *request)
{
    char bytes[4096];

    while (request_length(request) == 0 || request->length < request_length(request)) {
        bool has_some = connection->tls != NULL && SSL_pending(connection->tls) > 0;
        if (!has_some && !wait_readable(server, connection->fd))
            return;
        ssize_t length = receive(connection, bytes, sizeof(bytes));
        if (length <= 0 || !buf_append(request, bytes, (size_t)length))
            return;
    }
}

static void send_all(const struct connection *connection, const char *bytes)
{
    for (size_t left = strlen(bytes); left > 0;) {
        ssize_t sent = connection->tls != NULL ? SSL_write(connection->tls, bytes, (int)left)
                                               : send(connection->fd, bytes, left, MSG_NOSIGNAL);
        if (sent <= 0) /* who asked has heard enough */
            return;
        bytes += sent;
        left -= (size_t)sent;
    }
}

/* False when who connects does not like the certificate. */
static bool shake_hands(const struct scripted_server *server, struct connection *connection)
{
    if (server->tls == NULL)
        return true;
    connection->tls = SSL_new(server->tls);
    assert_non_null(connection->tls);
    assert_int_equal(SSL_set_fd(connection->tls, connection->fd), 1);
    return SSL_accept(connection->tls) == 1;
}

static void answer(struct scripted_server *server, const struct connection *connection)
{
    size_t number = server->request_count;
    const struct scripted_answer *script =
        &server->answers[number < server->answer_count ? number : server->answer_count - 1];
    struct buf request;

    buf_init(&request, REQUEST_MAX_BYTES);
    read_request(server, connection, &request);
    if (request.length == 0) { /* who connected has thought better of it */
        (void)close(connection->fd);
        return;
    }
    pthread_mutex_lock(&server->lock);
    server->requests[number] = request;
    server->request_count++;
    pthread_cond_broadcast(&server->has_more);
    pthread_mutex_unlock(&server->lock);
    send_all(connection, script->bytes);
    if (connection->tls != NULL)
        (void)SSL_shutdown(connection->tls);
    if (script->holds)
        server->held[server->held_count++] = connection->fd;
    else
        (void)close(connection->fd);
}

static void *serve(void *arg)
{
    struct scripted_server *server = arg;

    while (wait_readable(server, server->listener)) {
        struct connection connection = {.fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)};
        if (connection.fd < 0 || server->request_count == SCRIPTED_REQUESTS_MAX)
            continue;
        if (shake_hands(server, &connection))
            answer(server, &connection);
        else
            (void)close(connection.fd);
        SSL_free(connection.tls);
    }
    return NULL;
}

static X509 *make_certificate(EVP_PKEY *key, const char *address)
{
    X509 *certificate = X509_new();
    char name[64];

    assert_non_null(certificate);
    (void)snprintf(name, sizeof(name), "IP:%s", address);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    assert_non_null(extension);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                                MBSTRING_ASC, (const unsigned char *)"scripted", -1,
                                                -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)), 1);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void start_tls(struct scripted_server *server, const char *address)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *certificate = make_certificate(key, address);

    /* OpenSSL writes to connections that are closed. */
    (void)signal(SIGPIPE, SIG_IGN);
    server->tls = SSL_CTX_new(TLS_server_method());
    assert_non_null(server->tls);
    assert_int_equal(SSL_CTX_use_certificate(server->tls, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->tls, key), 1);
    (void)snprintf(server->ca_file, sizeof(server->ca_file), "/tmp/http-server-XXXXXX");
    int fd = mkstemp(server->ca_file);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static struct scripted_server *start(const struct scripted_answer *answers, size_t count,
                                     const char *address)
{
    struct scripted_server *server = calloc(1, sizeof(*server));
    int port;

    assert_non_null(server);
    server->answers = answers;
    server->answer_count = count;
    server->listener = listen_on_loopback(&port);
    server->stop_event = eventfd(0, EFD_CLOEXEC);
    assert_true(server->stop_event >= 0);
    if (address != NULL)
        start_tls(server, address);
    (void)snprintf(server->url, sizeof(server->url), "http%s://127.0.0.1:%d",
                   address != NULL ? "s" : "", port);
    pthread_mutex_init(&server->lock, NULL);
    wait_init(&server->has_more);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
}

struct scripted_server *scripted_server_start(const struct scripted_answer *answers, size_t count)
{
    return start(answers, count, NULL);
}

struct scripted_server *scripted_server_start_tls(const struct scripted_answer *answers,
                                                  size_t count, const char *address)
{
    return start(answers, count, address);
}

void scripted_server_stop(struct scripted_server *server)
{
    const uint64_t one = 1;

    assert_int_equal(write(server->stop_event, &one, sizeof(one)), sizeof(one));
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->held_count; i++)
        (void)close(server->held[i]);
    for (size_t i = 0; i < server->request_count; i++)
        buf_deinit(&server->requests[i]);
    (void)close(server->stop_event);
    (void)close(server->listener);
    SSL_CTX_free(server->tls);
    if (server->tls != NULL)
        (void)unlink(server->ca_file);
    pthread_cond_destroy(&server->has_more);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *scripted_server_url(const struct scripted_server *server)
{
    return server->url;
}

const char *scripted_server_ca_file(const struct scripted_server *server)
{
    return server->ca_file;
}

size_t scripted_server_count(struct scripted_server *server)
{
    size_t count;

    pthread_mutex_lock(&server->lock);
    count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

void scripted_server_wait(struct scripted_server *server, size_t count)
{
    int64_t end = time_mono_after_ms(WAIT_MS);

    pthread_mutex_lock(&server->lock);
    while (server->request_count < count && wait_until(&server->has_more, &server->lock, end))
        ;
    size_t seen = server->request_count;
    pthread_mutex_unlock(&server->lock);
    assert_true(seen >= count);
}

const char *scripted_server_request(struct scripted_server *server, size_t index)
{
    const char *request;

    pthread_mutex_lock(&server->lock);
    assert_true(index < server->request_count);
    request = buf_str(&server->requests[index]).p;
    pthread_mutex_unlock(&server->lock);
    return request;
}
