#pragma once

/*
 * Whose word about a client's address is taken: the proxies in front of the bridge.
 *
 * X-Forwarded-For can be sent by anybody. It is read only when the peer is a configured proxy, and
 * then from its right end: each configured proxy on the way is passed over, and the first address
 * that is none is the client. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/ip_network.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct trusted_proxies {
    struct ip_networks networks;
};

/* @text: addresses and CIDR networks, separated by commas; empty: none. Fails with
 * INVALID_ARGUMENT, naming the member that does not parse. */
status_code trusted_proxies_parse(const char *text, struct trusted_proxies *ret_proxies,
                                  struct status *st) _must_check_;

/* Whether this is one of them. */
bool trusted_proxies_have(const struct trusted_proxies *proxies, const char *address);

/* The client's address: `peer` itself, or what the trusted proxies say. @forwarded: value of
 * X-Forwarded-For, its lines joined by commas; empty: none. The text is `peer` or in `arena`. */
const char *trusted_proxies_client(const struct trusted_proxies *proxies, const char *peer,
                                   struct str forwarded, struct arena *arena);
