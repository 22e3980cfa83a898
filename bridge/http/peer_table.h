#pragma once

/*
 * How many connections each client address has open, with a limit. An IPv6 client counts by its
 * /64, which is what one customer of a network gets (RFC 6177).
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"

struct peer_table;

/* @limit: most connections of one address. NULL when out of memory. */
struct peer_table *peer_table_new(int64_t limit);
void peer_table_free(struct peer_table *table);
DEFINE_CLEANUP(struct peer_table *, peer_table)

/* Counts a connection more of this address (as text); false, and nothing is counted, when it has
 * as many as it may, is no address, or memory is out. */
bool peer_table_add(struct peer_table *table, const char *address) _must_check_;
/* A connection that was added is gone. */
void peer_table_remove(struct peer_table *table, const char *address);
