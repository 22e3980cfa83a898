#pragma once

/*
 * Bytes of a request become messages, and go to whoever runs the call. Thread rule: the loop's
 * thread.
 */

#include "lib/rpc/call.h"

/* A piece of the stream. */
void rpc_call_input(struct rpc_call *call, struct str bytes);
/* The client sends no more. */
void rpc_call_input_end(struct rpc_call *call);
/* What has arrived is dropped, and what is still to come will be. */
void rpc_call_input_stop(struct rpc_call *call);

/* With the loop's mutex, which it lets go: a runner that waits for a message looks again. */
void rpc_call_wake_reader_and_unlock(struct rpc_call *call);
