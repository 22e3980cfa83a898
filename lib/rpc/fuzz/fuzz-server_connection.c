/*
 * Whatever a client writes behind the preface of HTTP/2 leaves the server as it was: it serves the
 * next connection. An input is the bytes of one connection; the server is a real one, with a method
 * of each kind.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "lib/base/clock.h"
#include "lib/rpc/server.h"
#include "lib/rpc/tests/echo.pb-c.h"
#include "lib/rpc/tests/echo_descriptor_set.h"

enum {
    QUIET_MS = 1,        /* the server has said what it had to say */
    PATIENCE_MS = 20000, /* for the end of a connection that we have closed */
    PADDING_MAX_BYTES = 1 << 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* --- the server --- */

static status_code answer(struct rpc_call *call, const void *request_data, void *response_data,
                          void *data, struct status *st)
{
    const Ocrmesh__Test__V1__EchoRequest *request = request_data;
    Ocrmesh__Test__V1__EchoResponse *response = response_data;
    const struct rpc_metadata *metadata = rpc_call_metadata(call);

    for (size_t i = 0; i < metadata->count; i++)
        must(strlen(metadata->entries[i].key) > 0);
    if (request->waits)
        rpc_call_compress(call);
    if (request->code > 0 && request->code <= STATUS_UNAUTHENTICATED)
        return FAIL(st, (status_code)request->code, "OVERLOADED", "told to fail: %s",
                    request->text);
    response->text = request->text;
    if (request->padding_bytes > 0 && request->padding_bytes <= PADDING_MAX_BYTES) {
        response->padding.len = (size_t)request->padding_bytes;
        response->padding.data = arena_calloc(rpc_call_arena(call), 1, response->padding.len);
    }
    return STATUS_OK;
}

static status_code collect(struct rpc_call *call, const void *none, void *response_data, void *data,
                           struct status *st)
{
    Ocrmesh__Test__V1__EchoResponse *response = response_data;
    Ocrmesh__Test__V1__EchoRequest *request;

    do {
        TRY(rpc_call_read_reset(call, &request, st));
        response->count++;
    } while (request != NULL);
    return STATUS_OK;
}

static status_code repeat(struct rpc_call *call, const void *request_data, void *none, void *data,
                          struct status *st)
{
    const Ocrmesh__Test__V1__EchoRequest *request = request_data;
    Ocrmesh__Test__V1__EchoResponse response = OCRMESH__TEST__V1__ECHO_RESPONSE__INIT;

    TRY(answer(call, request, &response, data, st));
    for (int i = 0; i < request->count && i < 100; i++)
        TRY(rpc_call_write(call, &response, st));
    return STATUS_OK;
}

static const char *address(void)
{
    static char text[64];

    (void)snprintf(text, sizeof(text), "ocrmesh-fuzz-%d", (int)getpid());
    return text;
}

static void start_server(void)
{
    static const struct rpc_handler handlers[] = {
        {"Echo", RPC_UNARY, answer},
        {"Collect", RPC_CLIENT_STREAM, collect},
        {"Repeat", RPC_SERVER_STREAM, repeat},
        {"Talk", RPC_BIDI_STREAM, .each = answer},
    };
    static const struct rpc_service service = {&ocrmesh__test__v1__echo_service__descriptor,
                                               handlers, ARRAY_LENGTH(handlers), NULL};
    static struct rpc_server *server;
    const struct rpc_service *const services[] = {&service};
    char text[80];
    const struct rpc_server_options options = {
        .address = text,
        .threads_max = 8,
        .queue_max = 8,
        .message_max_bytes = 1 << 16,
        .descriptor_set = echo_descriptor_set_start,
        .descriptor_set_size = echo_descriptor_set_size,
    };
    struct status st;

    (void)snprintf(text, sizeof(text), "unix-abstract:%s", address());
    must(rpc_server_new(&options, services, ARRAY_LENGTH(services), &server, &st) == STATUS_OK);
}

/* --- the client --- */

static int connect_to_server(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const size_t length = strlen(address());
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(fd >= 0);
    memcpy(to.sun_path + 1, address(), length);
    must(connect(fd, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) == 0);
    return fd;
}

/* False after so long. libFuzzer looks after its time limit by signals, which end a poll() early.
 */
static bool wait_for(int fd, short events, int ms)
{
    const int64_t end = time_mono_after_ms(ms);
    struct pollfd one = {.fd = fd, .events = events};
    int count;

    while ((count = poll(&one, 1, ms)) < 0 && errno == EINTR) {
        const int64_t left_ns = end - time_mono();

        ms = left_ns > 0 ? (int)(left_ns / NANOSECONDS_PER_MS) : 0;
    }
    return count == 1;
}

/* Reads until nothing comes for so long. False at the end of the connection. */
static bool read_until_quiet(int fd, int quiet_ms)
{
    static char bytes[65536];

    while (wait_for(fd, POLLIN, quiet_ms))
        if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
            return false;
    return true;
}

/* As far as the server takes it. */
static void send_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        must(wait_for(fd, POLLOUT, PATIENCE_MS));
        const ssize_t count = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0)
            return;
        at += count;
        size -= (size_t)count;
        if (!read_until_quiet(fd, 0))
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_started;

    if (!is_started)
        start_server();
    is_started = true;
    const int fd = connect_to_server();
    send_all(fd, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
    send_all(fd, data, size);
    (void)read_until_quiet(fd, QUIET_MS);
    (void)shutdown(fd, SHUT_WR);
    must(!read_until_quiet(fd, PATIENCE_MS));
    (void)close(fd);
    return 0;
}
