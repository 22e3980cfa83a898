#pragma once

/*
 * What the runner of a call reads and writes: messages, headers and trailers. Its public face is
 * `server.h`. Thread rule: one thread at a time, which runs the call.
 */

#include "lib/rpc/call.h"

/* Whether messages are compressed on their way out. */
bool rpc_call_sends_gzip(const struct rpc_call *call);
/* Hands the answer to one message over, taken; the next one may follow. */
void rpc_call_post_exchanged(struct rpc_call *call, struct rpc_message *answer);
/* Hands the last message over, taken, may be NULL, and the status behind it. Nothing of the call is
 * the runner's afterwards. */
void rpc_call_post_end(struct rpc_call *call, struct rpc_message *message);

/* Why nothing more can be received: as in struct rpc_call_shared. */
status_code rpc_call_fail_received(const struct rpc_call *call, status_code code, size_t too_large,
                                   struct status *st);
