#pragma once

/*
 * A page's picture made ready to be read: dark ink on white, evenly lit, its letters of the size
 * that is read best, without ruling lines.
 *
 * The page's own image stays as it is, and boxes belong to it: what is found in the legible picture
 * is brought back with legible_to_page(). Thread rule: one thread at a time.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

struct legible {
    /* What to read. Its dpi is the page's, scaled; where the size of letters says that this cannot
     * be right, as after somebody scaled the file, what text of ten points would have; 0 where
     * there is too little to tell. Owned. */
    struct image *image;
    /* Pixels of the legible picture for one of the page: both have the same origin and direction.
     */
    float scale_x, scale_y;
    float letter_height; /* as ink_letter_height() says, in the legible picture; 0: unknown */
    uint32_t page_width, page_height;
};

/*
 * @page: borrowed.
 *
 * Each step is taken only where it is needed: a clean page of usual size is copied, no more. Costs
 * about ten milliseconds a megapixel.
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory.
 */
status_code legible_init(struct legible *legible, const struct image *page,
                         struct status *st) _must_check_;
void legible_deinit(struct legible *legible);

/* The smallest box of the page's pixels that holds a box of the legible picture; within the page.
 */
struct bbox legible_to_page(const struct legible *legible, struct bbox box);

/* Brings boxes, baselines and sizes of a block that was read in the legible picture to the page. */
void legible_block_to_page(const struct legible *legible, struct block *block);
