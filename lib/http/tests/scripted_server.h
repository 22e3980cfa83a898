#pragma once

/*
 * An HTTP server on loopback for tests, whose answers are bytes that stand ready: whole ones, and
 * such as no real server should give. Each connection gets one request and one answer. Functions
 * assert that they succeed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/cleanup.h"

struct scripted_server;

enum { SCRIPTED_URL_SIZE = 64, SCRIPTED_REQUESTS_MAX = 32 };

struct scripted_answer {
    const char *bytes; /* head and body */
    bool holds;        /* leaves the connection open afterwards, without a word */
};

/* The n-th connection gets the n-th answer, those beyond the last one the last. Borrowed. */
struct scripted_server *scripted_server_start(const struct scripted_answer *answers, size_t count);
/* The same over TLS, with a certificate that it signed itself for `address` (of IPv4). */
struct scripted_server *scripted_server_start_tls(const struct scripted_answer *answers,
                                                  size_t count, const char *address);
void scripted_server_stop(struct scripted_server *server);
DEFINE_CLEANUP_NAMED(struct scripted_server *, scripted_server_stopp, scripted_server_stop)

/* "http://127.0.0.1:PORT", or https */
const char *scripted_server_url(const struct scripted_server *server);
/* A file with its certificate, of TLS; goes with the server. */
const char *scripted_server_ca_file(const struct scripted_server *server);
/* How many requests have come. */
size_t scripted_server_count(struct scripted_server *server);
/* Waits until so many have come; fails the test when they do not. */
void scripted_server_wait(struct scripted_server *server, size_t count);
/* Head and body of the n-th one; lives as long as the server. */
const char *scripted_server_request(struct scripted_server *server, size_t index);

/* A port of loopback on which nothing listens. */
int scripted_closed_port(void);
