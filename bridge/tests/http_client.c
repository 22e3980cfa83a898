#include "bridge/tests/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
    HEAD_MAX_BYTES = 256 * 1024,
    ARGUMENTS_MAX = 40,
    VALUE_MAX_BYTES = 2048,
    TOLD_BYTES = 2000, /* of an answer that is not as it should be */
};

extern char **environ;

/* --- answers --- */

static void answer_init(struct http_answer *answer)
{
    *answer = (struct http_answer){0};
    buf_init(&answer->head, HEAD_MAX_BYTES);
    buf_init(&answer->body, HTTP_CLIENT_ANSWER_MAX);
    assert_true(buf_append_str(&answer->head, "") && buf_append_str(&answer->body, ""));
    assert_true(buf_reserve(&answer->head, 1) && buf_reserve(&answer->body, 1));
}

void http_answer_deinit(struct http_answer *answer)
{
    buf_deinit(&answer->head);
    buf_deinit(&answer->body);
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    static char value[VALUE_MAX_BYTES];
    char wanted[128];

    (void)snprintf(wanted, sizeof(wanted), "\n%s: ", name);
    const char *at = strstr(answer->head.data, wanted);
    if (at == NULL)
        return NULL;
    at += strlen(wanted);
    (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
    return value;
}

void http_answer_assert_header(const struct http_answer *answer, const char *name,
                               const char *value)
{
    const char *found = http_answer_header(answer, name);

    if (value == NULL) {
        assert_null(found);
        return;
    }
    if (found == NULL)
        fail_msg("no field %s in %s", name, answer->head.data);
    assert_string_equal(found, value);
}

json_t *http_answer_json(const struct http_answer *answer)
{
    json_error_t error;
    json_t *json =
        json_loadb(answer->body.data, answer->body.length, JSON_REJECT_DUPLICATES, &error);

    if (json == NULL)
        fail_msg("%s at %d in %.*s", error.text, error.position,
                 (int)(answer->body.length < TOLD_BYTES ? answer->body.length : TOLD_BYTES),
                 answer->body.data);
    return json;
}

static void lower_names(struct buf *head)
{
    bool in_name = true;

    for (size_t i = 0; i < head->length; i++) {
        if (head->data[i] == '\n')
            in_name = true;
        else if (head->data[i] == ':')
            in_name = false;
        else if (in_name)
            head->data[i] = (char)tolower((unsigned char)head->data[i]);
    }
}

/* --- raw --- */

int http_client_connect(int port)
{
    return http_client_connect_from("127.0.0.1", port);
}

int http_client_connect_from(const char *own_address, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in own = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(inet_pton(AF_INET, own_address, &own.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static bool wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd poller = {.fd = fd, .events = events};

    return poll(&poller, 1, timeout_ms) == 1;
}

void http_client_send(int socket_fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        assert_true(wait_for(socket_fd, POLLOUT, HTTP_CLIENT_TIMEOUT_MS));
        ssize_t count = send(socket_fd, at, length, MSG_NOSIGNAL);
        if (count < 0 && (errno == EPIPE || errno == ECONNRESET))
            return; /* an answer may have come before all was sent */
        assert_true(count > 0);
        at += count;
        length -= (size_t)count;
    }
}

void http_client_send_text(int socket_fd, const char *text)
{
    http_client_send(socket_fd, text, strlen(text));
}

size_t http_client_try_send(int socket_fd, const void *bytes, size_t length)
{
    ssize_t count = send(socket_fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    return count > 0 ? (size_t)count : 0;
}

/* Returns the bytes read, 0 at the end of the connection. */
static size_t receive(int fd, char *bytes, size_t room)
{
    assert_true(wait_for(fd, POLLIN, HTTP_CLIENT_TIMEOUT_MS));
    ssize_t count = recv(fd, bytes, room, 0);
    return count > 0 ? (size_t)count : 0;
}

static bool read_line(int fd, struct buf *line)
{
    char c;

    buf_clear(line);
    while (receive(fd, &c, 1) == 1) {
        assert_true(buf_append_char(line, c));
        if (c == '\n')
            return true;
    }
    return false;
}

static bool read_bytes(int fd, size_t length, struct buf *out)
{
    char piece[65536];

    while (length > 0) {
        size_t count = receive(fd, piece, length < sizeof(piece) ? length : sizeof(piece));

        if (count == 0)
            return false;
        assert_true(buf_append(out, piece, count));
        length -= count;
    }
    return true;
}

static bool read_chunks(int fd, struct buf *out)
{
    struct buf line;
    bool is_whole = false;

    buf_init(&line, HEAD_MAX_BYTES);
    while (read_line(fd, &line)) {
        size_t length = strtoul(line.data, NULL, 16);

        if (length == 0) {
            is_whole = read_line(fd, &line);
            break;
        }
        if (!read_bytes(fd, length, out) || !read_line(fd, &line))
            break;
    }
    buf_deinit(&line);
    return is_whole;
}

static void read_body(int fd, struct http_answer *answer)
{
    const char *length = http_answer_header(answer, "content-length");
    const char *coding;

    if (answer->status < 200 || answer->status == 204 || answer->status == 304)
        return;
    if (length != NULL) {
        answer->is_cut = !read_bytes(fd, strtoul(length, NULL, 10), &answer->body);
        return;
    }
    coding = http_answer_header(answer, "transfer-encoding");
    if (coding != NULL)
        answer->is_cut = !read_chunks(fd, &answer->body);
    else
        (void)read_bytes(fd, SIZE_MAX, &answer->body);
}

void http_client_read(int socket_fd, struct http_answer *ret_answer)
{
    struct buf line;

    answer_init(ret_answer);
    buf_init(&line, HEAD_MAX_BYTES);
    while (read_line(socket_fd, &line)) {
        assert_true(buf_append(&ret_answer->head, line.data, line.length));
        if (line.length <= 2)
            break;
    }
    buf_deinit(&line);
    (void)sscanf(ret_answer->head.data, "HTTP/1.1 %d", &ret_answer->status);
    lower_names(&ret_answer->head);
    if (ret_answer->status != 0)
        read_body(socket_fd, ret_answer);
}

void http_client_read_until(int socket_fd, const char *text, struct buf *out)
{
    char piece[4096];

    while (out->data == NULL || strstr(out->data, text) == NULL) {
        size_t count = receive(socket_fd, piece, sizeof(piece));

        if (count == 0)
            fail_msg("the connection ended before '%s': %s", text, out->data);
        assert_true(buf_append(out, piece, count));
    }
}

bool http_client_is_closed(int socket_fd)
{
    char c;

    return wait_for(socket_fd, POLLIN, HTTP_CLIENT_TIMEOUT_MS) && recv(socket_fd, &c, 1, 0) <= 0;
}

bool http_client_is_silent(int socket_fd, int timeout_ms)
{
    return !wait_for(socket_fd, POLLIN, timeout_ms);
}

/* --- curl --- */

static void read_all(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t count;

    while ((count = read(fd, piece, sizeof(piece))) > 0)
        assert_true(buf_append(out, piece, (size_t)count));
    (void)close(fd);
}

/* curl --include puts heads and body on one stream; the last head is the answer's. */
static void split_answer(const struct buf *all, struct http_answer *answer)
{
    struct str rest = buf_str(all);

    while (rest.n > 5 && memcmp(rest.p, "HTTP/", 5) == 0) {
        const char *end = memmem(rest.p, rest.n, "\r\n\r\n", 4);

        assert_non_null(end);
        size_t length = (size_t)(end - rest.p) + 4;
        buf_clear(&answer->head);
        assert_true(buf_append(&answer->head, rest.p, length));
        rest.p += length;
        rest.n -= length;
        (void)sscanf(answer->head.data, "HTTP/%*s %d", &answer->status);
        if (answer->status >= 200)
            break;
    }
    lower_names(&answer->head);
    assert_true(buf_append(&answer->body, rest.p, rest.n));
}

void http_client_curl(int port, const char *path, const char *const *arguments,
                      struct http_answer *ret_answer)
{
    char url[1024];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
    http_client_curl_url(url, arguments, ret_answer);
}

void http_client_curl_url(const char *url, const char *const *arguments,
                          struct http_answer *ret_answer)
{
    const char *words[ARGUMENTS_MAX] = {"curl", "--silent", "--include", "--max-time", "120"};
    size_t count = 5;
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    pid_t pid;
    struct buf all;

    for (; *arguments != NULL; arguments++) {
        assert_true(count < ARGUMENTS_MAX - 2);
        words[count++] = *arguments;
    }
    words[count++] = url;

    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    assert_int_equal(posix_spawnp(&pid, "curl", &actions, NULL, (char **)words, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);

    answer_init(ret_answer);
    buf_init(&all, HTTP_CLIENT_ANSWER_MAX);
    read_all(ends[0], &all);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    split_answer(&all, ret_answer);
    ret_answer->is_cut = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    buf_deinit(&all);
}
