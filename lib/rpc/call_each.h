#pragma once

/*
 * Streams whose handler runs once a message (`each` of struct rpc_handler): between messages no
 * thread belongs to them.
 */

#include "lib/rpc/call.h"

void rpc_call_each_init(struct rpc_call *call);
/* Begins to read; all the rest follows. On a thread of the pool, as the last thing it does. */
void rpc_call_each_start(struct rpc_call *call);
