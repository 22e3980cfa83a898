#pragma once

/*
 * Members of the object that is being written: a name and a value (http/json_write.h).
 *
 * As there, `name` needs no escaping, and each returns false when the buffer is full. Thread rule:
 * one thread at a time.
 */

#include "bridge/http/json_write.h"
#include "google/protobuf/timestamp.pb-c.h"

static inline bool json_member_string(struct buf *out, const char *name, const char *value)
{
    return json_write_name(out, name) && json_write_string(out, str_of(value));
}

static inline bool json_member_integer(struct buf *out, const char *name, int64_t value)
{
    return json_write_name(out, name) && json_write_integer(out, value);
}

static inline bool json_member_real(struct buf *out, const char *name, double value)
{
    return json_write_name(out, name) && json_write_real(out, value);
}

static inline bool json_member_boolean(struct buf *out, const char *name, bool value)
{
    return json_write_name(out, name) && json_write_boolean(out, value);
}

/* null where it is unset. */
bool json_member_time(struct buf *out, const char *name,
                      const Google__Protobuf__Timestamp *time) _must_check_;
bool json_member_strings(struct buf *out, const char *name, char *const *values,
                         size_t count) _must_check_;
bool json_member_integers(struct buf *out, const char *name, const int32_t *values,
                          size_t count) _must_check_;
