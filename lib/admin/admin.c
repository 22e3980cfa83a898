#include "lib/admin/admin.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "lib/admin/open_metrics.h"
#include "lib/base/host_port.h"

enum { PORT_TEXT_SIZE = 12 };

struct admin_server {
    struct admin_options options;
    struct MHD_Daemon *daemon;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int http_status,
                              const char *content_type, struct str body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, (void *)body.p, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (response == NULL)
        return MHD_NO;
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) == MHD_YES &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
        (http_status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
        result = MHD_queue_response(connection, http_status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int http_status,
                                   const char *line)
{
    return answer(connection, http_status, "text/plain; charset=utf-8", str_of(line));
}

static enum MHD_Result answer_ready(const struct admin_server *server,
                                    struct MHD_Connection *connection)
{
    struct status st = {0};
    char line[STATUS_MESSAGE_MAX + 1];

    if (server->options.check_ready(server->options.data, &st) == STATUS_OK)
        return answer_text(connection, MHD_HTTP_OK, "ready\n");
    size_t length = strlen(st.message);
    memcpy(line, st.message, length);
    memcpy(line + length, "\n", 2);
    return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, line);
}

static enum MHD_Result answer_metrics(const struct admin_server *server,
                                      struct MHD_Connection *connection)
{
    _cleanup_(buf_deinit) struct buf written, out;
    bool is_open = open_metrics_is_wanted(
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));

    buf_init(&written, ADMIN_METRICS_MAX_BYTES);
    buf_init(&out, ADMIN_METRICS_MAX_BYTES + 1024); /* the end of OpenMetrics */
    if (server->options.write_metrics != NULL)
        server->options.write_metrics(server->options.data, &written);
    bool fits = is_open ? open_metrics_write(buf_str(&written), &out)
                        : prometheus_text_write(buf_str(&written), &out);
    if (!fits)
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    struct str body = buf_str(&out);
    if (body.p == NULL)
        body = STR("");
    return answer(connection, MHD_HTTP_OK, is_open ? OPEN_METRICS_TYPE : PROMETHEUS_TEXT_TYPE,
                  body);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    static char seen;
    const struct admin_server *server = data;

    /* The first call has the headers only; a body, if there is one, is read and dropped. */
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD only\n");
    if (strcmp(url, "/healthz") == 0)
        return answer_text(connection, MHD_HTTP_OK, "ok\n");
    if (strcmp(url, "/readyz") == 0)
        return answer_ready(server, connection);
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(server, connection);
    return answer_text(connection, MHD_HTTP_NOT_FOUND,
                       "no such page; there are /healthz, /readyz and /metrics\n");
}

/* "host:port" or "[v6]:port" to the first socket address of it. */
static status_code resolve(const char *address, struct addrinfo **ret_info, struct status *st)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    char host[HOST_PORT_HOST_SIZE], service[PORT_TEXT_SIZE];
    int port;

    if (!host_port_parse(address, host, &port))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "ADDRESS", "the address '%.100s' is not host:port",
                    address);
    (void)snprintf(service, sizeof(service), "%d", port);
    int error = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, ret_info);
    if (error != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "ADDRESS",
                    "the address '%.100s' is not host:port (%s)", address, gai_strerror(error));
    return STATUS_OK;
}

DEFINE_CLEANUP_NAMED(struct addrinfo *, freeaddrinfop, freeaddrinfo)

status_code admin_server_start(const struct admin_options *options,
                               struct admin_server **ret_server, struct status *st)
{
    _cleanup_(freeaddrinfop) struct addrinfo *info = NULL;
    _cleanup_(admin_server_stopp) struct admin_server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return FAIL_MEMORY(st);
    server->options = *options;
    TRY(resolve(options->address, &info, st));
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    if (info->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, info->ai_addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)ADMIN_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)ADMIN_IDLE_TIMEOUT_SECONDS, MHD_OPTION_END);
    if (server->daemon == NULL)
        return FAIL(st, STATUS_UNAVAILABLE, "ADDRESS", "cannot listen on %.100s: %s",
                    options->address, strerror(errno));
    *ret_server = TAKE(server);
    return STATUS_OK;
}

int admin_server_port(const struct admin_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info != NULL ? info->port : 0;
}

void admin_server_stop(struct admin_server *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    free(server);
}
