#pragma once

/*
 * Numbers in as few bytes as they need, seven bits each, low ones first (protobuf's varint), and
 * reading them back from bytes that nobody vouches for. Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

static inline bool varint_append(struct buf *out, uint32_t value)
{
    unsigned char bytes[5];
    size_t length = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[length++] = (unsigned char)(value | 0x80);
    bytes[length++] = (unsigned char)value;
    return buf_append(out, bytes, length);
}

/* What is left to read. */
struct varint_reader {
    const unsigned char *at, *end;
};

/* False at the end and for a number above 32 bits. */
static inline bool varint_read(struct varint_reader *reader, uint32_t *ret_value)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (reader->at == reader->end)
            return false;
        unsigned char byte = *reader->at++;
        if (shift == 28 && byte > 0x0F)
            return false;
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* The next `length` bytes, as a view. */
static inline bool varint_read_bytes(struct varint_reader *reader, uint32_t length,
                                     struct str *ret_bytes)
{
    if (length > (size_t)(reader->end - reader->at))
        return false;
    *ret_bytes = (struct str){(const char *)reader->at, length};
    reader->at += length;
    return true;
}

/* A number of things that take at least one byte each of what is left. */
static inline bool varint_read_count(struct varint_reader *reader, uint32_t max,
                                     uint32_t *ret_count)
{
    return varint_read(reader, ret_count) && *ret_count <= max &&
           *ret_count <= (size_t)(reader->end - reader->at);
}
