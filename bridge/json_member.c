#include "bridge/json_member.h"

#include "lib/rpc/timestamp.h"

bool json_member_time(struct buf *out, const char *name, const Google__Protobuf__Timestamp *time)
{
    return json_write_name(out, name) &&
           (time == NULL ? json_write_null(out) : json_write_time(out, rpc_timestamp_ns(time)));
}

bool json_member_strings(struct buf *out, const char *name, char *const *values, size_t count)
{
    if (!json_write_name(out, name) || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!json_write_string(out, str_of(values[i])))
            return false;
    return json_write_end_array(out);
}

bool json_member_integers(struct buf *out, const char *name, const int32_t *values, size_t count)
{
    if (!json_write_name(out, name) || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!json_write_integer(out, values[i]))
            return false;
    return json_write_end_array(out);
}
