#pragma once

/*
 * The client's side of gRPC's interoperability test cases, on this project's blocking client.
 *
 * Method: gRPC's interoperability test case descriptions, one function a case, in their order.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/rpc/client.h"

/* Runs the case and prints to stderr what was not as described. False when it failed, and when
 * there is no such case. */
bool interop_case_run(const char *name, struct rpc_channel *channel);
/* The names, one a line, to stdout. */
void interop_case_list(void);
