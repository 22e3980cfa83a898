#include "lib/blob/tests/faulty_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 64, CHUNK_BYTES = 64 << 10 };

struct pair {
    int client, server;
    int64_t up, down; /* bytes, since faulty_link_set() */
    bool is_held;
};

struct faulty_link {
    int server_port;
    int port;
    int listener;
    int stop_event;
    pthread_t thread;
    pthread_mutex_t lock;
    struct pair pairs[PAIRS_MAX];
    size_t count;
    link_fault fault;
    int64_t bytes;
    int times;
    int faults;
    int64_t bytes_down;
    bool is_gone;
    char chunk[CHUNK_BYTES];
};

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons((uint16_t)port)};
}

static void close_pair(struct faulty_link *link, size_t index)
{
    (void)close(link->pairs[index].client);
    (void)close(link->pairs[index].server);
    link->pairs[index] = link->pairs[--link->count];
}

static void accept_one(struct faulty_link *link)
{
    struct sockaddr_in address = loopback(link->server_port);
    int client = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(server >= 0 && link->count < PAIRS_MAX);
    if (client < 0 || link->is_gone ||
        connect(server, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (client >= 0)
            (void)close(client);
        (void)close(server);
        return;
    }
    link->pairs[link->count++] = (struct pair){.client = client, .server = server};
}

/* False when the other side has gone. */
static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool happens(struct faulty_link *link, link_fault fault, int64_t before, int64_t length)
{
    if (link->fault != fault || link->times == 0 || before + length <= link->bytes)
        return false;
    link->times--;
    link->faults++;
    return true;
}

/* False: the connection is to be closed. */
static bool pass_up(struct faulty_link *link, struct pair *pair, size_t length)
{
    int64_t before = pair->up;

    pair->up += (int64_t)length;
    if (pair->is_held)
        return true;
    if (before <= link->bytes && happens(link, LINK_CHANGES_UP, before, (int64_t)length)) {
        link->chunk[link->bytes - before] ^= 1;
        pair->up = 0;
    }
    if (happens(link, LINK_HOLDS, before, (int64_t)length)) {
        pair->is_held = true;
        return true;
    }
    if (happens(link, LINK_GOES_AWAY, before, (int64_t)length))
        link->is_gone = true;
    return !link->is_gone && !happens(link, LINK_CUTS_UP, before, (int64_t)length) &&
           send_all(pair->server, link->chunk, length);
}

static bool pass_down(struct faulty_link *link, struct pair *pair, size_t length)
{
    int64_t before = pair->down;
    bool is_cut;

    pair->down += (int64_t)length;
    link->bytes_down += (int64_t)length;
    if (pair->is_held)
        return true;
    is_cut = happens(link, LINK_CUTS_DOWN, before, (int64_t)length);
    if (is_cut)
        length = (size_t)(link->bytes - before);
    return send_all(pair->client, link->chunk, length) && !is_cut;
}

static bool pass(struct faulty_link *link, struct pair *pair, bool is_up)
{
    ssize_t length = recv(is_up ? pair->client : pair->server, link->chunk, CHUNK_BYTES, 0);

    if (length <= 0)
        return false;
    return is_up ? pass_up(link, pair, (size_t)length) : pass_down(link, pair, (size_t)length);
}

static void serve_ready(struct faulty_link *link, const struct pollfd *fds, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        bool is_open = true;
        if (fds[2 * i].revents != 0)
            is_open = pass(link, &link->pairs[i], true);
        if (is_open && fds[2 * i + 1].revents != 0)
            is_open = pass(link, &link->pairs[i], false);
        if (!is_open)
            close_pair(link, i);
    }
    while (link->is_gone && link->count > 0)
        close_pair(link, 0);
}

static void *serve(void *arg)
{
    struct faulty_link *link = arg;

    for (;;) {
        struct pollfd fds[2 + 2 * PAIRS_MAX] = {{.fd = link->stop_event, .events = POLLIN},
                                                {.fd = link->listener, .events = POLLIN}};
        size_t count = link->count;
        for (size_t i = 0; i < count; i++) {
            fds[2 + 2 * i] = (struct pollfd){.fd = link->pairs[i].client, .events = POLLIN};
            fds[3 + 2 * i] = (struct pollfd){.fd = link->pairs[i].server, .events = POLLIN};
        }
        if (poll(fds, 2 + 2 * count, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            return NULL;
        pthread_mutex_lock(&link->lock);
        serve_ready(link, fds + 2, count);
        if (fds[1].revents != 0)
            accept_one(link);
        pthread_mutex_unlock(&link->lock);
    }
}

struct faulty_link *faulty_link_start(int port)
{
    struct faulty_link *link = calloc(1, sizeof(*link));
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof(address);

    assert_non_null(link);
    link->server_port = port;
    link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    link->stop_event = eventfd(0, EFD_CLOEXEC);
    assert_true(link->listener >= 0 && link->stop_event >= 0);
    assert_int_equal(bind(link->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(link->listener, 64), 0);
    assert_int_equal(getsockname(link->listener, (struct sockaddr *)&address, &length), 0);
    link->port = ntohs(address.sin_port);
    pthread_mutex_init(&link->lock, NULL);
    assert_int_equal(pthread_create(&link->thread, NULL, serve, link), 0);
    return link;
}

void faulty_link_stop(struct faulty_link *link)
{
    const uint64_t one = 1;

    assert_int_equal(write(link->stop_event, &one, sizeof(one)), sizeof(one));
    assert_int_equal(pthread_join(link->thread, NULL), 0);
    while (link->count > 0)
        close_pair(link, 0);
    (void)close(link->listener);
    (void)close(link->stop_event);
    pthread_mutex_destroy(&link->lock);
    free(link);
}

int faulty_link_port(const struct faulty_link *link)
{
    return link->port;
}

void faulty_link_set(struct faulty_link *link, link_fault fault, int64_t bytes, int times)
{
    pthread_mutex_lock(&link->lock);
    link->fault = fault;
    link->bytes = bytes;
    link->times = times;
    link->faults = 0;
    link->bytes_down = 0;
    link->is_gone = false;
    for (size_t i = 0; i < link->count; i++)
        link->pairs[i].up = link->pairs[i].down = 0;
    pthread_mutex_unlock(&link->lock);
}

int64_t faulty_link_bytes_down(struct faulty_link *link)
{
    pthread_mutex_lock(&link->lock);
    int64_t bytes = link->bytes_down;
    pthread_mutex_unlock(&link->lock);
    return bytes;
}

int faulty_link_faults(struct faulty_link *link)
{
    pthread_mutex_lock(&link->lock);
    int faults = link->faults;
    pthread_mutex_unlock(&link->lock);
    return faults;
}
