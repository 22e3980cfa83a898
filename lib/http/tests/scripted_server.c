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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lib/base/str.h"

enum { REQUEST_MAX_BYTES = 1 << 20 };

struct scripted_server {
    const struct scripted_answer *answers;
    size_t answer_count;
    int listener;
    int stop_event;
    pthread_t thread;
    char url[SCRIPTED_URL_SIZE];
    pthread_mutex_t lock;
    struct buf requests[SCRIPTED_REQUESTS_MAX];
    size_t request_count;
    int held[SCRIPTED_REQUESTS_MAX]; /* connections that are left open */
    size_t held_count;
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

static void read_request(const struct scripted_server *server, int fd, struct buf *request)
{
    char bytes[4096];

    while (request_length(request) == 0 || request->length < request_length(request)) {
        if (!wait_readable(server, fd))
            return;
        ssize_t length = recv(fd, bytes, sizeof(bytes), 0);
        if (length <= 0 || !buf_append(request, bytes, (size_t)length))
            return;
    }
}

static void send_all(int fd, const char *bytes)
{
    for (size_t left = strlen(bytes); left > 0;) {
        ssize_t sent = send(fd, bytes, left, MSG_NOSIGNAL);
        if (sent <= 0) /* who asked has heard enough */
            return;
        bytes += sent;
        left -= (size_t)sent;
    }
}

static void *serve(void *arg)
{
    struct scripted_server *server = arg;

    while (wait_readable(server, server->listener)) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || server->request_count == SCRIPTED_REQUESTS_MAX)
            continue;
        size_t number = server->request_count;
        const struct scripted_answer *answer =
            &server->answers[number < server->answer_count ? number : server->answer_count - 1];
        struct buf request;
        buf_init(&request, REQUEST_MAX_BYTES);
        read_request(server, fd, &request);
        pthread_mutex_lock(&server->lock);
        server->requests[number] = request;
        server->request_count++;
        pthread_mutex_unlock(&server->lock);
        send_all(fd, answer->bytes);
        if (answer->holds)
            server->held[server->held_count++] = fd;
        else
            (void)close(fd);
    }
    return NULL;
}

struct scripted_server *scripted_server_start(const struct scripted_answer *answers, size_t count)
{
    struct scripted_server *server = calloc(1, sizeof(*server));
    int port;

    assert_non_null(server);
    server->answers = answers;
    server->answer_count = count;
    server->listener = listen_on_loopback(&port);
    server->stop_event = eventfd(0, EFD_CLOEXEC);
    assert_true(server->stop_event >= 0);
    (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", port);
    pthread_mutex_init(&server->lock, NULL);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return server;
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
    pthread_mutex_destroy(&server->lock);
    free(server);
}

const char *scripted_server_url(const struct scripted_server *server)
{
    return server->url;
}

size_t scripted_server_count(struct scripted_server *server)
{
    size_t count;

    pthread_mutex_lock(&server->lock);
    count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
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
