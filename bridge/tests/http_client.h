#pragma once

/*
 * What a test says to the bridge: raw bytes over a socket, for what no proper client would send,
 * and curl, for what proper ones do, over HTTP/1.1 and HTTP/2.
 *
 * Every wait is bounded by HTTP_CLIENT_TIMEOUT_MS; a longer one fails the test.
 */

#include <jansson.h>

#include "lib/base/str.h"

enum {
    HTTP_CLIENT_TIMEOUT_MS = 60000,
    HTTP_CLIENT_ANSWER_MAX = 128 << 20,
};

struct http_answer {
    int status;      /* 0: none */
    struct buf head; /* status line and fields, names in lower case */
    struct buf body;
    bool is_cut; /* it ended before its end */
};

void http_answer_deinit(struct http_answer *answer);
/* The field's value, or NULL; lives until the next call. */
const char *http_answer_header(const struct http_answer *answer, const char *name);
/* Fails the test unless the field has this value; NULL: unless it is not there. */
void http_answer_assert_header(const struct http_answer *answer, const char *name,
                               const char *value);
/* The body as JSON, owned by the caller; fails the test when it is none. */
json_t *http_answer_json(const struct http_answer *answer);

/* --- raw --- */

/* A connected socket; from an address of the loopback network of its own. */
int http_client_connect(int port);
int http_client_connect_from(const char *address, int port);
void http_client_send(int socket_fd, const void *bytes, size_t length);
void http_client_send_text(int socket_fd, const char *text);
/* Sends without waiting; returns the bytes that went, 0 when there was no room. */
size_t http_client_try_send(int socket_fd, const void *bytes, size_t length);
/* Reads one answer, its body by Content-Length, chunks or the connection's end. 1xx answers are
 * answers of their own. @ret_answer: to be deinitialised. */
void http_client_read(int socket_fd, struct http_answer *ret_answer);
/* Appends what arrives to `out` until `text` stands in it. */
void http_client_read_until(int socket_fd, const char *text, struct buf *out);
/* True when the other side closes within the time-out without sending anything more. */
bool http_client_is_closed(int socket_fd);
/* Nothing arrives within `timeout_ms`. */
bool http_client_is_silent(int socket_fd, int timeout_ms);

/* --- curl --- */

/* Runs curl with these arguments (NULL at the end), `url` behind them: "http://127.0.0.1:PORT" and
 * `path`. */
void http_client_curl(int port, const char *path, const char *const *arguments,
                      struct http_answer *ret_answer);
/* The same with a URL of its own. */
void http_client_curl_url(const char *url, const char *const *arguments,
                          struct http_answer *ret_answer);
