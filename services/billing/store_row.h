#pragma once

/* How text of a row gets into the arrays of domain structs; for the store_*.c files alone. */

#include <assert.h>
#include <string.h>

#include "lib/base/str.h"

/* The table's CHECKs and types see to it that it fits; NULL gives the empty text. */
static inline void store_copy_text(char *ret_text, size_t size, struct str text)
{
    assert(text.n < size);
    if (text.n > 0)
        memcpy(ret_text, text.p, text.n);
    ret_text[text.n] = '\0';
}
