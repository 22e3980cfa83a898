#pragma once

/*
 * The head of a request: what is called, until when, and in which encoding. Thread rule: the loop's
 * thread.
 */

#include "lib/rpc/call.h"

/* A field as it arrives. False when out of memory. */
bool rpc_call_head_add(struct rpc_call *call, struct str name, struct str value) _must_check_;
/* The head is complete: the call begins, or is refused. */
void rpc_call_head_end(struct rpc_call *call);
