#include "lib/rpc/fields.h"

#include <string.h>

enum { CAPACITY_FIRST = 8, KEPT_BYTES = 4096, KEPT_ENTRIES = 64 };

void rpc_fields_init(struct rpc_fields *fields, size_t max_bytes)
{
    *fields = (struct rpc_fields){0};
    buf_init(&fields->text, max_bytes);
}

void rpc_fields_deinit(struct rpc_fields *fields)
{
    buf_deinit(&fields->text);
    free(TAKE(fields->entries));
    fields->count = fields->capacity = 0;
}

void rpc_fields_clear(struct rpc_fields *fields)
{
    fields->count = 0;
    if (fields->capacity > KEPT_ENTRIES || fields->text.capacity > KEPT_BYTES)
        rpc_fields_deinit(fields);
    else
        buf_clear(&fields->text);
}

static bool has_room(struct rpc_fields *fields)
{
    if (fields->count < fields->capacity)
        return true;
    size_t capacity = fields->capacity == 0 ? CAPACITY_FIRST : fields->capacity * 2;
    struct rpc_field *entries = reallocarray(fields->entries, capacity, sizeof(fields->entries[0]));
    if (entries == NULL)
        return false;
    fields->entries = entries;
    fields->capacity = capacity;
    return true;
}

bool rpc_fields_add(struct rpc_fields *fields, struct str name, struct str value)
{
    struct buf *text = &fields->text;
    const size_t at = text->length;

    if (!has_room(fields) || !buf_reserve(text, name.n + value.n + 2) ||
        !buf_append(text, name.p, name.n) || !buf_append_char(text, '\0') ||
        !buf_append(text, value.p, value.n) || !buf_append_char(text, '\0'))
        return false;
    fields->entries[fields->count++] = (struct rpc_field){
        .name_at = (uint32_t)at,
        .name_length = (uint32_t)name.n,
        .value_at = (uint32_t)(at + name.n + 1),
        .value_length = (uint32_t)value.n,
    };
    return true;
}

struct str rpc_fields_name(const struct rpc_fields *fields, size_t index)
{
    const struct rpc_field *field = &fields->entries[index];

    return (struct str){fields->text.data + field->name_at, field->name_length};
}

struct str rpc_fields_value(const struct rpc_fields *fields, size_t index)
{
    const struct rpc_field *field = &fields->entries[index];

    return (struct str){fields->text.data + field->value_at, field->value_length};
}

struct str rpc_fields_get(const struct rpc_fields *fields, struct str name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (str_equal(rpc_fields_name(fields, i), name))
            return rpc_fields_value(fields, i);
    return STR("");
}
