#pragma once

/*
 * Which servers may be called when somebody else names the URL, so that nobody reaches through this
 * process what only this process can reach (server-side request forgery).
 *
 * A URL is https, with a host, without user, password and fragment. Its host name is resolved once,
 * here; every address that it has must be public, that is, none of IANA's registries of
 * special-purpose addresses (RFC 6890), and the call then goes to these addresses and no other
 * (http_request.pin), whatever the name is said to be a moment later. Networks that an operator
 * allows count as public, and are called by http, too. Redirects are not followed by http_client.h
 * anyhow, and a pinned call takes no proxy.
 *
 * Failures are INVALID_ARGUMENT URL_NOT_ALLOWED; their messages name no address.
 * Thread rule: a guard that is made does not change; any thread.
 */

#include "lib/base/ip_network.h"
#include "lib/base/status.h"

enum {
    HTTP_GUARD_URL_MAX = 2000,
    HTTP_PIN_ADDRESSES_MAX = 8, /* of a name; what is more is left out */
    HTTP_PIN_SIZE = 1024,
};

struct http_guard {
    struct ip_networks allowed; /* beside public ones */
    struct ip_networks special; /* not public */
};

/* Where a URL leads: as CURLOPT_RESOLVE takes it; "" for a URL that holds an address itself. */
struct http_pin {
    char entry[HTTP_PIN_SIZE];
};

/* @allowed: addresses and networks by commas; "": none. Fails with INVALID_ARGUMENT CONFIG. */
status_code http_guard_init(struct http_guard *guard, const char *allowed,
                            struct status *st) _must_check_;

/* All that can be said of a URL without resolving its host: for an early refusal. */
status_code http_guard_check_url(const struct http_guard *guard, const char *url,
                                 struct status *st) _must_check_;

/* Checks the URL, resolves its host and checks where it leads. Blocks for as long as the system's
 * resolver takes. Fails with UNAVAILABLE, too: the host has no address at the moment. */
status_code http_guard_resolve(const struct http_guard *guard, const char *url,
                               struct http_pin *ret_pin, struct status *st) _must_check_;

/* Whether an address may be called by https. */
bool http_guard_allows(const struct http_guard *guard, const struct ip_address *address);
