#pragma once

/*
 * Idempotency-Key: what a client calls its request, so that repeating it does nothing twice (API:
 * B16). Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/base/status.h"

enum { IDEMPOTENCY_KEY_MAX = 255 };

/* Without the header a name is made up: should the RPC be sent again after a broken connection, the
 * service makes one of both. *ret_key lives as long as the exchange. Fails with INVALID_ARGUMENT
 * INVALID_FIELD. */
status_code idempotency_key_read(struct exchange *exchange, const char **ret_key,
                                 struct status *st) _must_check_;
