#pragma once

/*
 * A file that is fetched from a URL which its submission names, in place of one that is sent.
 *
 * Only where the operator wants it. Where the URL may lead is http_guard.h's to say; time and size
 * are bounded, redirects are not followed. Thread rule: any thread; the settings do not change.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct http_guard;
struct rpc_call;

struct url_source {
    bool is_on;
    const struct http_guard *guard;
    const char *ca_file; /* "": the certificates of the system */
    int64_t timeout_ms;  /* of a whole file */
};

/* All that can be said before it is fetched. Fails with INVALID_FIELD where nothing is fetched on
 * this server, and with URL_NOT_ALLOWED. */
status_code url_source_check(const struct url_source *source, const char *url,
                             struct status *st) _must_check_;

/*
 * Hands on the file piece by piece; ends with the call, for whose caller it is.
 *
 * @on_bytes: a failure of it ends the fetching, and is the failure here.
 *
 * Fails with INVALID_ARGUMENT URL_NOT_ALLOWED, and URL_FAILED for what else goes wrong with the
 * URL's server.
 */
status_code url_source_fetch(const struct url_source *source, struct rpc_call *call,
                             const char *url,
                             status_code (*on_bytes)(void *arg, struct str bytes,
                                                     struct status *st),
                             void *arg, struct status *st) _must_check_;

/* The last part of the URL's path, for a name; "" where it has none, NULL when out of memory. */
const char *url_source_file_name(const char *url, struct arena *arena);
