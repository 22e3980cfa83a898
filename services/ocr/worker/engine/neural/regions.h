#pragma once

/*
 * What a page is made of: columns of text, titles, tables, figures and so on, by a network that
 * looks at the whole page.
 *
 * Source: PP-PicoDet (Yu et al., 2021) trained on CDLA's kinds of regions; its boxes are decoded as
 * in "Generalized Focal Loss" (Li et al., 2020), section 3.2. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/runtime.h"

enum { REGIONS_MAX = 256 };

struct region {
    struct bbox bbox; /* pixels of the page */
    block_kind kind;
    float score; /* 0 to 1 */
};

struct region_finder;

status_code region_finder_new(struct runtime *runtime, struct region_finder **ret_finder,
                              struct status *st) _must_check_;
void region_finder_free(struct region_finder *finder);
DEFINE_CLEANUP(struct region_finder *, region_finder)

/*
 * The regions of a page, the surest first, at most REGIONS_MAX; none overlaps a surer one by more
 * than half of both.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full, and as network_run().
 */
status_code region_finder_find(struct region_finder *finder, const struct raster *page,
                               struct arena *arena, struct region **ret_regions, size_t *ret_count,
                               struct status *st) _must_check_;
