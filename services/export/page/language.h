#pragma once

/*
 * What a block says of its language and direction, as files may hold it. Only computes; any thread.
 */

#include "ocrmesh/document/v1/document.pb-c.h"

/* A BCP 47 tag of the block, else of its page, when it is well-formed and says something; else
 * NULL: "und" says nothing. @block: NULL: of the page. */
const char *language_of(const Ocrmesh__Document__V1__Page *page,
                        const Ocrmesh__Document__V1__Block *block);

/* "ltr", "rtl" or, for vertical text, "ttb"; NULL when it is not known. */
const char *language_direction(Ocrmesh__Document__V1__TextDirection direction);
