#pragma once

/*
 * PAGE_TOO_LARGE where memory does not suffice: the page, not the process, has come to its limit,
 * for a worker lives within a bound of its own, and a page within an arena's.
 */

#include "lib/base/status.h"

/* For memory that was not to be had for an image or a file. */
#define FAIL_PAGE_MEMORY(st)                                                                       \
    FAIL((st), STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",                                        \
         "this needs more memory than a worker has; send it in smaller parts, or at a lower "      \
         "resolution")

/* For an arena that is full of a page's text. */
#define FAIL_PAGE_TEXT(st)                                                                         \
    FAIL((st), STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",                                        \
         "the page holds more text than can be kept")
