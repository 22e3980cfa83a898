#pragma once

/*
 * From a request to the route that answers it.
 *
 * A pattern is a path whose segments are literal or "<name>", which takes any one segment
 * (exchange_param()). Every path is answered with and without its trailing slash, and never by a
 * redirect (API: B6). A GET route answers HEAD too. A path that is known for other methods is 405
 * with Allow, any other 404.
 *
 * Before a route runs, the client's address is settled (trusted_proxy.h), a body that is declared
 * too large is refused, and so is everything once the server stops; then its caller is asked for
 * (caller.h).
 *
 * Thread rule: the loop thread.
 */

#include "bridge/caller.h"
#include "bridge/http/exchange.h"

struct route {
    const char *method;
    const char *pattern; /* "/api/v1/ocr/<uuid>/" */
    void (*handle)(struct exchange *exchange);
    caller_kind caller; /* whose request it is */
};

/* The table, in routes.c: the whole public surface. */
const struct route *routes(size_t *ret_count);

/* An exchange_dispatch; `data` is not used. */
void router_dispatch(struct exchange *exchange, void *data);

/* Does `path` fit the pattern? Calls on_param for each segment that a name takes. */
bool router_match(const char *pattern, struct str path,
                  void (*on_param)(const char *name, struct str value, void *data), void *data);
