#pragma once

/*
 * An HTTP endpoint of somebody else's, as all threads share it: how many calls it gets at once,
 * which are tried again, when it is left alone (breaker.h), and what is counted of it.
 *
 * A call is tried again, after a pause with jitter that doubles, where that is safe: when no
 * connection came about, on 429, and on 500, 502, 503 and 504; Retry-After is heeded. Everything
 * else that goes wrong is final, for an answer costs money.
 *
 * The key is sent to the endpoint and goes nowhere else. Failures have no reason word; their
 * messages begin with "it" or "its". Thread rule: any thread; an http_client one thread at a time,
 * but for endpoint_interrupt().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct endpoint;
struct endpoint_counts;
struct http_answer;
struct http_client;

enum {
    ENDPOINT_CALLS_MAX = 1024,
    ENDPOINT_RETRIES_MAX = 10,
    ENDPOINT_FAILURES_MAX = 1000,
    ENDPOINT_TIME_MAX_MS = 60 * 60 * 1000,
    ENDPOINT_URL_MAX = 2000,
    /* Random, 256 bits and more, in the forms that are usual. */
    ENDPOINT_KEY_MAX = 4096,
};

/* Strings are borrowed for the endpoint's life. */
struct endpoint_settings {
    const char *name;    /* in metrics */
    const char *api_key; /* sent as bearer token; "": none is sent */
    const char *ca_file; /* "": the certificates of the system */
    int64_t connect_ms;
    int64_t first_byte_ms;
    int64_t stall_ms;
    int64_t calls_max; /* at once */
    int64_t retries;   /* after the first attempt */
    int64_t breaker_failures;
    int64_t breaker_pause_ms;
};

/*
 * Whether an URL and a key can be used. Fails with FAILED_PRECONDITION CONFIG, naming the variable
 * at fault and nothing of what it holds.
 */
status_code endpoint_check_url(const char *variable, const char *url,
                               struct status *st) _must_check_;
status_code endpoint_check_key(const char *variable, const char *key,
                               struct status *st) _must_check_;

/*
 * Appends what is called: "https://host/v1" and "/chat/completions" give the latter of the former;
 * a URL that names the call itself stays. False when the buffer is full.
 */
bool endpoint_append_url(struct buf *out, const char *url, const char *path);

/* NULL when out of memory. */
struct endpoint *endpoint_new(const struct endpoint_settings *settings);
void endpoint_free(struct endpoint *endpoint);
DEFINE_CLEANUP(struct endpoint *, endpoint)

struct endpoint_call {
    const char *url;
    struct str body;            /* JSON, sent by POST; no bytes: GET */
    struct http_client *client; /* of the caller's thread */
    int64_t timeout_ms;         /* all attempts together, from the call's turn on */
    bool counts_waiting;        /* the wait for the turn is part of that time */
    size_t answer_max_bytes;

    /* An attempt begins: what came before is to be forgotten. */
    void (*begin)(void *arg);
    /* As in struct http_request. */
    bool (*on_body)(void *arg, const struct http_answer *answer, struct str piece);
    /* The answer's end, at which it is judged: RESOURCE_EXHAUSTED for what is too long, ABORTED for
     * what goes round in circles, else DATA_LOSS or INTERNAL. */
    status_code (*end)(void *arg, struct status *st);
    void *arg;
};

/*
 * Waits for its turn, and calls.
 *
 * Fails as http_client_post() and `end` do; with UNAVAILABLE also for the statuses that are tried
 * again, while the endpoint is left alone, and where the turn did not come in time; with
 * FAILED_PRECONDITION for all other statuses than 200.
 */
status_code endpoint_call(struct endpoint *endpoint, const struct endpoint_call *call,
                          struct status *st) _must_check_;

/* Ends the client's call that is under way or waits, and those that follow until
 * http_client_reset(). Any thread. */
void endpoint_interrupt(struct endpoint *endpoint, struct http_client *client);

/* --- what is known of it --- */

const char *endpoint_name(const struct endpoint *endpoint);
const struct endpoint_counts *endpoint_counted(const struct endpoint *endpoint);
/* Whether its breaker is open, and how often it has opened. */
bool endpoint_is_left_alone(struct endpoint *endpoint, int64_t *ret_openings);

/* Appends the metrics of all endpoints in Prometheus text format. */
void endpoint_write_metrics(struct buf *out, struct endpoint *const *endpoints, size_t count);
