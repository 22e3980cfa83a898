#pragma once

/*
 * Streams whose handler runs once a message (`each` of struct rpc_handler): between messages no
 * thread belongs to them. Thread rule: the loop's thread.
 */

#include "lib/rpc/call.h"

/* Hands the next message to the pool, where there is one, the one before is answered, and the
 * client takes the answers; or ends the call, where there will be none. */
void rpc_call_each_go_on(struct rpc_call *call);
