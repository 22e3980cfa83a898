#pragma once

/*
 * Cleanup of leptonica's objects.
 */

#include <allheaders.h>

#include "lib/base/cleanup.h"

static inline void pix_freep(struct Pix **pix)
{
    pixDestroy(pix);
}

static inline void boxa_freep(struct Boxa **boxes)
{
    boxaDestroy(boxes);
}
