#pragma once

/*
 * Bytes that their owner keeps as they are until they are given back, so that a body that lies in
 * memory reaches the socket without a copy. Each loan is given back once, by lent_return().
 *
 * Thread rule: the loop thread.
 */

#include "lib/base/str.h"

struct memory_file;

struct lent {
    struct str bytes;
    void (*give_back)(void *owner); /* NULL: of bytes that are always there */
    void *owner;
    const struct memory_file *file; /* that the bytes lie in; NULL: in none */
};

/* Moves the loan out. */
static inline struct lent lent_take(struct lent *lent)
{
    const struct lent taken = *lent;

    *lent = (struct lent){0};
    return taken;
}

/* Also of a loan that is over, or never was. */
static inline void lent_return(struct lent *lent)
{
    const struct lent returned = lent_take(lent);

    if (returned.give_back != NULL)
        returned.give_back(returned.owner);
}
