#pragma once

/*
 * Reads a request's small body whole. Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

/* Takes the exchange over, its handler included, until `on_whole` gets the body, borrowed for the
 * callback; one of more than `max_bytes` answers the exchange with 400 instead. The memory is wiped
 * afterwards, for it may hold a password. */
void whole_body_read(struct exchange *exchange, size_t max_bytes,
                     void (*on_whole)(struct exchange *exchange, struct str body, void *data),
                     void *data);
