#pragma once

/*
 * Disjoint sets of numbers (union-find). Each number names one of its set, and the set's first
 * names itself. Thread rule: one thread at a time.
 */

#include <stddef.h>

/* The set's first, by which it is known. Halves the way there. */
static inline size_t disjoint_set_of(size_t *sets, size_t i)
{
    while (sets[i] != i)
        i = sets[i] = sets[sets[i]];
    return i;
}

/* The smaller of both firsts is that of the joined set. */
static inline void disjoint_sets_join(size_t *sets, size_t a, size_t b)
{
    a = disjoint_set_of(sets, a);
    b = disjoint_set_of(sets, b);
    if (a < b)
        sets[b] = a;
    else
        sets[a] = b;
}
