#pragma once

/*
 * Who makes a request, asked of billing before its route runs and before its body is read: a wrong
 * token is 401, and a caller that makes more requests than its plan allows a minute is 429 (API:
 * Authentication, B2, B5, B22). Every answer tells the caller's rate (http/rate_limit.h).
 *
 * Thread rule: the loop thread.
 */

#include "ocrmesh/billing/v1/billing_service.pb-c.h"

struct exchange;

/* Whose request it is. */
typedef enum {
    CALLER_OF_TOKEN,   /* the token's account; the address when there is none */
    CALLER_OF_ACCOUNT, /* the token's account; 401 when there is none */
    CALLER_OF_OWNER,   /* as of token, also while the account is suspended */
    CALLER_OF_ADDRESS, /* the address, whatever token comes along: it is not looked at */
    CALLER_NOBODY,     /* nobody's: not asked, not counted */
} caller_kind;

/* Calls `on_allowed` once the request is counted, or answers the exchange. */
void caller_check(struct exchange *exchange, caller_kind kind,
                  void (*on_allowed)(struct exchange *exchange, void *data), void *data);

/* Who it was, with the plan; lives as long as the exchange. Not for CALLER_NOBODY. */
const Ocrmesh__Billing__V1__Principal *caller_principal(const struct exchange *exchange);
