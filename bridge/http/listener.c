#include "bridge/http/listener.h"

#include "bridge/http/connection.h"
#include "lib/base/host_port.h"
#include "lib/log/log.h"

enum { BACKLOG = 1024 };

static void bound_unsent_bytes(struct listener *listener)
{
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&listener->tcp, &fd) != 0 || !wire_bound_unsent(fd))
        log_write(LOG_WARNING, "what sockets hold of answers is not bounded");
}

static void accept_connection(uv_stream_t *stream, int error)
{
    struct listener *listener = (struct listener *)stream;

    if (error == 0)
        error = connection_accept(listener->server, stream, listener->tls);
    if (error != 0)
        log_write(LOG_WARNING, "a connection was not accepted",
                  LOG_STRING("error", uv_strerror(error)));
}

static status_code parse_address(const char *text, struct sockaddr_storage *ret_address,
                                 struct status *st)
{
    char host[HOST_PORT_HOST_SIZE];
    int port;

    if (!host_port_parse(text, host, &port))
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "\"%s\" is not ADDRESS:PORT", text);
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)ret_address) != 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)ret_address) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "\"%s\" holds no IP address", text);
    return STATUS_OK;
}

status_code listener_open(struct listener *listener, struct server *server, const char *text,
                          const struct tls_context *tls, struct status *st)
{
    struct sockaddr_storage address;
    int length = sizeof(address);
    int error;

    listener->server = server;
    listener->tls = tls;
    (void)uv_tcp_init(server_options(server)->loop, &listener->tcp);
    TRY(parse_address(text, &address, st));
    error = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
    if (error == 0)
        bound_unsent_bytes(listener);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, accept_connection);
    if (error == 0)
        error = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &length);
    if (error != 0)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "cannot listen on %s: %s", text,
                    uv_strerror(error));
    listener->port =
        ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                            : ((struct sockaddr_in *)&address)->sin_port);
    return STATUS_OK;
}
