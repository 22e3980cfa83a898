#pragma once

/*
 * google.protobuf.Timestamp to and from wall nanoseconds. Thread rule: any thread.
 */

#include <stdint.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "lib/base/arena.h"

/* In the arena; NULL when it is full. */
Google__Protobuf__Timestamp *rpc_timestamp_new(int64_t wall_ns, struct arena *arena);

/* 0 for one that is not set (NULL). */
int64_t rpc_timestamp_ns(const Google__Protobuf__Timestamp *timestamp);
