#pragma once

/*
 * The cookie that keeps a person signed in on a browser.
 *
 * It holds the secret of a sign-in, and no script can read it (HttpOnly). Behind TLS it is named
 * "__Host-ocrmesh_session" and Secure, so that neither a neighbouring host nor plain HTTP can set
 * it; else "ocrmesh_session". Whether TLS was used is what X-Forwarded-Proto says, whoever sent it:
 * a client that lies about that only chooses the name of its own cookie.
 *
 * A browser sends cookies along with requests that other sites made up, so a request that changes
 * something counts with a cookie only when its Origin is this host (RFC 6454 §7). SameSite=Lax says
 * the same to browsers that know it.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/base/status.h"

/* The secret that came in the cookie; empty without one. Fails with PERMISSION_DENIED CROSS_SITE
 * for a request that must not be believed. */
status_code session_cookie_find(const struct exchange *exchange, struct str *ret_secret,
                                struct status *st) _must_check_;

/* Fails with PERMISSION_DENIED CROSS_SITE for a request whose Origin is another site's; one without
 * is no browser's. */
status_code session_cookie_check_origin(const struct exchange *exchange,
                                        struct status *st) _must_check_;

/* Whether there is one at all, whoever sent it. */
bool session_cookie_is_there(const struct exchange *exchange);

/* For whichever answer it will be, an error too. */
void session_cookie_set(struct exchange *exchange, const char *secret, int64_t expire_time);
void session_cookie_clear(struct exchange *exchange);
