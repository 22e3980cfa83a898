#include "lib/rpc/metadata.h"

#include <string.h>

#include <grpc/slice.h>

#include "lib/rpc/header_text.h"

enum { INTERNAL_ENTRIES = 3 };

bool rpc_metadata_out_add_internal(struct rpc_metadata_out *out, const char *key, struct str value)
{
    if (out->entries == NULL)
        out->entries = calloc(RPC_METADATA_MAX + INTERNAL_ENTRIES, sizeof(*out->entries));
    if (out->entries == NULL || out->count >= RPC_METADATA_MAX + INTERNAL_ENTRIES)
        return false;
    out->entries[out->count++] = (grpc_metadata){
        .key = grpc_slice_from_copied_string(key),
        .value = grpc_slice_from_copied_buffer(value.p, value.n),
    };
    return true;
}

status_code rpc_metadata_out_add(struct rpc_metadata_out *out, const char *key, struct str value,
                                 struct status *st)
{
    TRY(rpc_header_check(key, value, out->count, st));
    if (!rpc_metadata_out_add_internal(out, key, value))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

void rpc_metadata_out_deinit(struct rpc_metadata_out *out)
{
    for (size_t i = 0; i < out->count; i++) {
        grpc_slice_unref(out->entries[i].key);
        grpc_slice_unref(out->entries[i].value);
    }
    free(out->entries);
    *out = (struct rpc_metadata_out){0};
}

struct rpc_metadata rpc_metadata_view(const grpc_metadata_array *received, struct arena *arena)
{
    struct rpc_metadata none = {0};
    struct rpc_metadata_entry *entries =
        ARENA_NEW_ARRAY(arena, struct rpc_metadata_entry, received->count);

    if (entries == NULL)
        return none;
    for (size_t i = 0; i < received->count; i++) {
        struct str key = rpc_slice_view(&received->metadata[i].key);
        entries[i].key = arena_strndup(arena, key.p, key.n);
        entries[i].value = rpc_slice_view(&received->metadata[i].value);
        if (entries[i].key == NULL)
            return none;
    }
    return (struct rpc_metadata){entries, received->count};
}

bool rpc_metadata_get(const struct rpc_metadata *metadata, const char *key, struct str *ret_value)
{
    for (size_t i = 0; i < metadata->count; i++)
        if (strcmp(metadata->entries[i].key, key) == 0) {
            *ret_value = metadata->entries[i].value;
            return true;
        }
    return false;
}
