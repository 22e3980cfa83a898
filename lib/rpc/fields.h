#pragma once

/*
 * Header fields in a row, in one piece of memory: what a call received, and what it is to send.
 * Values are as they go over the wire. Thread rule: one thread at a time.
 */

#include "lib/base/str.h"

struct rpc_field {
    uint32_t name_at, name_length, value_at, value_length; /* in `text` */
};

struct rpc_fields {
    struct buf text; /* a NUL behind each name and each value */
    struct rpc_field *entries;
    size_t count, capacity;
};

void rpc_fields_init(struct rpc_fields *fields, size_t max_bytes);
void rpc_fields_deinit(struct rpc_fields *fields);
/* Forgets them; keeps a little memory. */
void rpc_fields_clear(struct rpc_fields *fields);

/* Copies. False at the maximum or when out of memory: then nothing changes that can be seen. */
bool rpc_fields_add(struct rpc_fields *fields, struct str name, struct str value) _must_check_;

/* Views, which end in a NUL, too; they live until the next change. */
struct str rpc_fields_name(const struct rpc_fields *fields, size_t index);
struct str rpc_fields_value(const struct rpc_fields *fields, size_t index);
/* The first value of `name`; empty when there is none. */
struct str rpc_fields_get(const struct rpc_fields *fields, struct str name);
