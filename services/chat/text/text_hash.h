#pragma once

/*
 * A number of 64 bits for a text, for tables in memory: FNV-1a
 * (http://www.isthe.com/chongo/tech/comp/fnv/) with a last mixing, for the tables take low bits.
 * Any thread.
 */

#include <stdint.h>

#include "lib/base/str.h"

/* @seed: random where an outsider chooses the texts, so that he cannot choose ones that collide. */
static inline uint64_t text_hash(struct str text, uint64_t seed)
{
    uint64_t value = UINT64_C(14695981039346656037) ^ seed;

    for (size_t i = 0; i < text.n; i++)
        value = (value ^ (unsigned char)text.p[i]) * UINT64_C(1099511628211);
    value ^= value >> 32;
    value *= UINT64_C(0x9E3779B97F4A7C15);
    return value ^ (value >> 29);
}
