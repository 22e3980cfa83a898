#include "lib/rpc/call.h"

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/rpc/header_text.h"

/* --- metadata --- */

/* One field, as many entries as its value has; commas stand between several of bytes. False when
 * out of memory. */
static bool view_field(struct rpc_call *call, size_t index, struct rpc_metadata_entry *entries,
                       size_t *count)
{
    const struct str name = rpc_fields_name(&call->received, index);
    struct str value = rpc_fields_value(&call->received, index), part;

    if (!rpc_header_is_binary(name)) {
        entries[(*count)++] = (struct rpc_metadata_entry){name.p, value};
        return true;
    }
    while (str_next_token(&value, ',', &part)) {
        size_t length;

        part = str_trim(part);
        const size_t room = base64_decoded_max(part.n);
        char *bytes = arena_alloc(call->arena, room);
        if (bytes == NULL)
            return false;
        if (base64_decode(part, BASE64_STANDARD, bytes, room, &length))
            entries[(*count)++] = (struct rpc_metadata_entry){name.p, {bytes, length}};
        /* What cannot be read is not there. */
    }
    return true;
}

static size_t count_values(const struct rpc_fields *fields)
{
    size_t count = fields->count;

    for (size_t i = 0; i < fields->count; i++) {
        const struct str value = rpc_fields_value(fields, i);

        for (size_t at = 0; at < value.n; at++)
            count += value.p[at] == ',' ? 1 : 0;
    }
    return count;
}

static struct rpc_metadata make_view(struct rpc_call *call)
{
    const struct rpc_metadata none = {0};
    struct rpc_metadata_entry *entries =
        ARENA_NEW_ARRAY(call->arena, struct rpc_metadata_entry, count_values(&call->received));
    size_t count = 0;

    if (entries == NULL)
        return none;
    for (size_t i = 0; i < call->received.count; i++)
        if (!view_field(call, i, entries, &count))
            return none;
    return (struct rpc_metadata){entries, count};
}

const struct rpc_metadata *rpc_call_metadata(struct rpc_call *call)
{
    if (!call->has_metadata) {
        call->metadata = make_view(call);
        call->has_metadata = true;
    }
    return &call->metadata;
}

/* --- the rest --- */

const char *rpc_call_peer(const struct rpc_call *call)
{
    return call->peer->address;
}

const char *rpc_call_peer_id(const struct rpc_call *call)
{
    return call->peer->id;
}

void rpc_call_distrust_forwarded(struct rpc_call *call)
{
    call->distrusts_forwarded = true;
}

bool rpc_call_is_forwarded_distrusted(const struct rpc_call *call)
{
    return call->distrusts_forwarded;
}

const char *rpc_call_method(const struct rpc_call *call)
{
    return call->method->path;
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return call->arena;
}

int64_t rpc_call_deadline(const struct rpc_call *call)
{
    return call->deadline;
}

int64_t rpc_call_deadline_within(const struct rpc_call *call, int64_t max_ms)
{
    int64_t latest = time_mono_after_ms(max_ms);

    return call->deadline < latest ? call->deadline : latest;
}
