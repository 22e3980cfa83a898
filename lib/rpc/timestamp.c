#include "lib/rpc/timestamp.h"

#include "lib/base/clock.h"

/* Nanoseconds count forward in negative times, too (timestamp.proto). */
Google__Protobuf__Timestamp *rpc_timestamp_new(int64_t wall_ns, struct arena *arena)
{
    Google__Protobuf__Timestamp *timestamp = ARENA_NEW(arena, Google__Protobuf__Timestamp);

    if (timestamp == NULL)
        return NULL;
    google__protobuf__timestamp__init(timestamp);
    timestamp->seconds = wall_ns / NANOSECONDS_PER_SECOND;
    timestamp->nanos = (int32_t)(wall_ns % NANOSECONDS_PER_SECOND);
    if (timestamp->nanos < 0) {
        timestamp->seconds--;
        timestamp->nanos += (int32_t)NANOSECONDS_PER_SECOND;
    }
    return timestamp;
}

int64_t rpc_timestamp_ns(const Google__Protobuf__Timestamp *timestamp)
{
    int64_t ns;

    if (timestamp == NULL)
        return 0;
    if (__builtin_mul_overflow(timestamp->seconds, NANOSECONDS_PER_SECOND, &ns) ||
        __builtin_add_overflow(ns, timestamp->nanos, &ns))
        return timestamp->seconds < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}
