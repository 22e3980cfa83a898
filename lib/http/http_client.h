#pragma once

/*
 * Calls of outside HTTP endpoints (libcurl): one request, whose body may be read as it is sent, and
 * one answer that is handed on as it comes.
 *
 * Whoever answers is not trusted: time and size of everything are bounded, redirects are not
 * followed, an answer is never decompressed, and only http and https are spoken, TLS with the
 * server's certificate verified. Proxies are those of the environment (`https_proxy`, `no_proxy`).
 * The bearer token goes into the request alone, never into a message or a log.
 *
 * A call ends with OK whenever a server answered, whatever its status. Otherwise:
 *   UNAVAILABLE          no connection came about; nothing was sent, so it may be tried again
 *   FAILED_PRECONDITION  the server's certificate is not valid, or the URL cannot be used
 *   DEADLINE_EXCEEDED    one of the times of struct http_times is over
 *   DATA_LOSS            the connection broke, or what came is no HTTP
 *   RESOURCE_EXHAUSTED   the answer is over its limit
 *   ABORTED              on_body wanted no more, or on_send had no more
 *   CANCELLED            http_client_interrupt()
 *
 * Thread rule: one thread at a time; http_client_interrupt() any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct http_client;
struct http_pin;

enum {
    HTTP_HEAD_MAX_BYTES = 64 << 10, /* all header fields of an answer */
    HTTP_MEDIA_TYPE_MAX = 100,
    HTTP_FIELDS_MAX = 8,
};

/* Starts libcurl, before threads are started; once a process. */
status_code http_start(struct status *st) _must_check_;

/* Connections are kept for the calls that follow. NULL when out of memory. */
struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);
DEFINE_CLEANUP(struct http_client *, http_client)

/* From the start of the call on, in milliseconds where nothing else is said. */
struct http_times {
    int64_t connect_ms; /* until the connection stands, TLS included */
    /* Until the first byte of the answer's body, or its end; of a body that is read as it is sent,
     * from each piece of it on. */
    int64_t first_byte_ms;
    int64_t stall_ms;    /* from one byte of the body to the next */
    int64_t deadline_ns; /* time_mono(): the whole call */
};

struct http_answer {
    int status;                               /* 200 */
    char media_type[HTTP_MEDIA_TYPE_MAX + 1]; /* lower case, without parameters; "": not said */
    int64_t retry_after_ms;                   /* Retry-After; 0: not said */
};

struct http_request {
    const char *url;
    /* Where the URL leads, by http_guard_resolve(): no other address is called, a connection of its
     * own is made, and no proxy is asked. NULL: as the system resolves it. */
    const struct http_pin *pin;
    struct str body;          /* sent by all but GET */
    const char *content_type; /* of the body; NULL: nothing is said of it */
    /* A body that is read as it is sent, in place of `body`: fills `bytes` with `length` bytes from
     * `offset` on, twice where a connection has to be made again. False: that is not possible. */
    bool (*on_send)(void *arg, int64_t offset, char *bytes, size_t length);
    int64_t send_bytes;       /* all that on_send has */
    const char *bearer_token; /* "": none */
    /* Further fields, "Name: value" each; HTTP_FIELDS_MAX at most. */
    const char *const *headers;
    size_t header_count;
    const char *ca_file; /* certificates that are trusted; "": those of the system */
    struct http_times times;
    size_t body_max_bytes; /* of the answer */

    /* Called with the answer's body in pieces when its status is 2xx; others' bodies are not read
     * unless `reads_refusals`. False: no more is wanted. */
    bool (*on_body)(void *arg, const struct http_answer *answer, struct str piece);
    bool reads_refusals;
    /* Called with each field of the answer's head; NULL: nobody looks. */
    void (*on_field)(void *arg, struct str name, struct str value);
    void *arg; /* of all three */
};

/* @request: borrowed for the call. */
status_code http_client_post(struct http_client *client, const struct http_request *request,
                             struct http_answer *ret_answer, struct status *st) _must_check_;

/* The same by GET: nothing is sent; `body` and `content_type` are not looked at. */
status_code http_client_get(struct http_client *client, const struct http_request *request,
                            struct http_answer *ret_answer, struct status *st) _must_check_;

/* The same by any method: "PUT", "DELETE". */
status_code http_client_call(struct http_client *client, const char *method,
                             const struct http_request *request, struct http_answer *ret_answer,
                             struct status *st) _must_check_;

/* Sleeps, until the deadline (time_mono()) at most; returns early, with false, when interrupted. */
bool http_client_sleep(struct http_client *client, int64_t until_ns);

/* Ends the call or the sleep that is under way, and all that follow until http_client_reset(). */
void http_client_interrupt(struct http_client *client);
void http_client_reset(struct http_client *client);
bool http_client_is_interrupted(const struct http_client *client);

/* Whether a URL is http or https with a host and without user, password and fragment. */
bool http_url_is_plain(const char *url);
