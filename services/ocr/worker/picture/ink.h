#pragma once

/*
 * What is inked on a page: black and white, and how tall its letters are.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct Pix;

struct ink_greys {
    int32_t threshold; /* darker is ink */
    int32_t ink;       /* mean of the darker pixels */
    int32_t paper;     /* mean of the lighter ones */
};

/* Parts the greys of a picture of depth 8 by Otsu's method; false for a picture of one grey. */
bool ink_split(struct Pix *grey, struct ink_greys *ret);

/*
 * A new picture of depth 1, the caller's: 1 where the page is inked. One threshold for the whole
 * page (Otsu's, of what is left beside pictures that are dark all over), so that uneven light is to
 * be evened before (background.h).
 *
 * @grey: depth 8, without colour map.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory.
 */
status_code ink_find(struct Pix *grey, struct Pix **ret_ink, struct status *st) _must_check_;

/*
 * The usual height of letters in pixels: the median over what hangs together and is neither speck,
 * dot, rule nor picture. For Latin text it is the height of x, or a little more; 0 when there is
 * too little to tell.
 */
float ink_letter_height(struct Pix *ink);
