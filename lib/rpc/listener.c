#include "lib/rpc/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <uv.h>

#include "lib/base/host_port.h"
#include "lib/base/str.h"
#include "lib/log/log.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"

enum {
    SOCKETS_MAX = 8, /* addresses of one name */
    BACKLOG = 4096,
    PORT_TEXT_SIZE = 12,
    ACCEPTS_MAX = 64, /* in a turn of the loop */
};

/* One that listens. */
struct entrance {
    struct rpc_listener *listener;
    int fd;
    uv_poll_t poll;
};

struct rpc_listener {
    struct rpc_server *server;
    struct rpc_server_loop *loop; /* NULL before the start */
    struct entrance entrances[SOCKETS_MAX];
    int count;
    int port;
    bool is_pausing, is_stopped;
};

/* --- sockets --- */

static void set_options(int fd, int family)
{
    const int on = 1, off = 0;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (family != AF_UNIX)
        (void)!wire_bound_unsent(fd);
}

/* False with errno. */
static bool listen_at(struct rpc_listener *listener, const struct sockaddr *address,
                      socklen_t length)
{
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return false;
    set_options(fd, address->sa_family);
    if (bind(fd, address, length) != 0 || listen(fd, BACKLOG) != 0) {
        const int error = errno;

        (void)close(fd);
        errno = error;
        return false;
    }
    listener->entrances[listener->count++] = (struct entrance){.listener = listener, .fd = fd};
    return true;
}

static status_code fail_bind(const char *address, struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "ADDRESS_IN_USE", "the address %s cannot be bound: %s",
                address, strerror(errno));
}

static void read_port(struct rpc_listener *listener)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    if (getsockname(listener->entrances[0].fd, (struct sockaddr *)&address, &length) != 0)
        return;
    if (address.ss_family == AF_INET)
        listener->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    else if (address.ss_family == AF_INET6)
        listener->port = ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

/* @is_abstract: without a file. A file that a server before has left goes. */
static status_code listen_unix(struct rpc_listener *listener, const char *path, bool is_abstract,
                               struct status *st)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = strlen(path), at = is_abstract ? 1 : 0;
    struct stat facts;

    if (length == 0 || at + length >= sizeof(address.sun_path))
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a socket's path has 1 to %zu bytes",
                    sizeof(address.sun_path) - 1);
    memcpy(address.sun_path + at, path, length);
    if (!is_abstract && stat(path, &facts) == 0 && S_ISSOCK(facts.st_mode))
        (void)unlink(path);
    if (!listen_at(listener, (const struct sockaddr *)&address,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at + length)))
        return fail_bind(path, st);
    return STATUS_OK;
}

static void set_port(struct sockaddr *address, int port)
{
    if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
}

/* All addresses of a name have the same port. */
static status_code listen_at_all(struct rpc_listener *listener, struct addrinfo *found,
                                 const char *text, struct status *st)
{
    for (struct addrinfo *one = found; one != NULL && listener->count < SOCKETS_MAX;
         one = one->ai_next) {
        if (listener->count > 0)
            set_port(one->ai_addr, listener->port);
        if (!listen_at(listener, one->ai_addr, one->ai_addrlen) && errno != EADDRNOTAVAIL &&
            errno != EAFNOSUPPORT)
            return fail_bind(text, st);
        if (listener->count == 1)
            read_port(listener);
    }
    return listener->count > 0 ? STATUS_OK : fail_bind(text, st);
}

/* A machine without IPv6 has no "::"; what is meant is every address. */
static status_code listen_tcp(struct rpc_listener *listener, const char *text, struct status *st)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    char host[HOST_PORT_HOST_SIZE], service[PORT_TEXT_SIZE];
    int port;

    if (!host_port_parse(text, host, &port) || host[0] == '\0')
        return FAIL(st, STATUS_UNAVAILABLE, "ADDRESS_IN_USE",
                    "the address %s cannot be bound: it is not ADDRESS:PORT", text);
    (void)snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &wanted, &found) != 0)
        return FAIL(st, STATUS_UNAVAILABLE, "ADDRESS_IN_USE",
                    "the address %s cannot be bound: there is no such name", text);
    status_code code = listen_at_all(listener, found, text, st);
    freeaddrinfo(found);
    if (code != STATUS_OK && errno == EAFNOSUPPORT && strcmp(host, "::") == 0) {
        if (getaddrinfo("0.0.0.0", service, &wanted, &found) != 0)
            return code;
        code = listen_at_all(listener, found, text, st);
        freeaddrinfo(found);
    }
    return code;
}

status_code rpc_listener_new(struct rpc_server *server, const char *address,
                             struct rpc_listener **ret_listener, struct status *st)
{
    static const struct str file = STR("unix:"), abstract = STR("unix-abstract:");
    _cleanup_(rpc_listener_freep) struct rpc_listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL)
        return FAIL_MEMORY(st);
    listener->server = server;
    if (str_starts_with(str_of(address), file))
        TRY(listen_unix(listener, address + file.n, false, st));
    else if (str_starts_with(str_of(address), abstract))
        TRY(listen_unix(listener, address + abstract.n, true, st));
    else
        TRY(listen_tcp(listener, address, st));
    *ret_listener = TAKE(listener);
    return STATUS_OK;
}

void rpc_listener_free(struct rpc_listener *listener)
{
    if (listener == NULL)
        return;
    for (int i = 0; i < listener->count && !listener->is_stopped; i++)
        (void)close(listener->entrances[i].fd);
    free(listener);
}

int rpc_listener_port(const struct rpc_listener *listener)
{
    return listener->port;
}

/* --- what connects --- */

/* Without descriptors left, what waits would have the loop turn for nothing. */
static void pause_all(struct rpc_listener *listener)
{
    listener->is_pausing = true;
    log_write(LOG_WARNING, "no connection can be taken for a moment",
              LOG_STRING("error", strerror(errno)));
    for (int i = 0; i < listener->count; i++)
        (void)uv_poll_stop(&listener->entrances[i].poll);
}

static void hand_over(struct rpc_listener *listener, int fd)
{
    if (!rpc_server_count_connection(listener->server)) {
        (void)close(fd);
        log_write(LOG_WARNING, "a connection too many was closed");
        return;
    }
    rpc_server_loop_take_socket(rpc_server_next_loop(listener->server), fd);
}

static void accept_some(uv_poll_t *poll, int status, int events)
{
    const struct entrance *entrance = poll->data;

    for (int i = 0; i < ACCEPTS_MAX; i++) {
        const int fd = accept4(entrance->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0)
            hand_over(entrance->listener, fd);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return pause_all(entrance->listener);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
    }
}

void rpc_listener_start(struct rpc_listener *listener, struct rpc_server_loop *loop)
{
    listener->loop = loop;
    for (int i = 0; i < listener->count; i++) {
        struct entrance *entrance = &listener->entrances[i];

        (void)uv_poll_init(rpc_server_loop_uv(loop), &entrance->poll, entrance->fd);
        entrance->poll.data = entrance;
        (void)uv_poll_start(&entrance->poll, UV_READABLE, accept_some);
    }
}

static void close_socket(uv_handle_t *handle)
{
    const struct entrance *entrance = handle->data;

    (void)close(entrance->fd);
}

void rpc_listener_stop(struct rpc_listener *listener)
{
    if (listener->loop == NULL || listener->is_stopped)
        return;
    listener->is_stopped = true;
    for (int i = 0; i < listener->count; i++)
        uv_close((uv_handle_t *)&listener->entrances[i].poll, close_socket);
}

void rpc_listener_tick(struct rpc_listener *listener)
{
    if (!listener->is_pausing || listener->is_stopped)
        return;
    listener->is_pausing = false;
    for (int i = 0; i < listener->count; i++)
        (void)uv_poll_start(&listener->entrances[i].poll, UV_READABLE, accept_some);
}
