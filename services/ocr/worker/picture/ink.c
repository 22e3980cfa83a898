#include "services/ocr/worker/picture/ink.h"

#include <stdint.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"

bool ink_split(struct Pix *grey, struct ink_greys *ret)
{
    enum { STEP = 3 };
    const float score_fraction = 0.1f; /* leptonica's for text */

    return pixSplitDistributionFgBg(grey, score_fraction, STEP, &ret->threshold, &ret->ink,
                                    &ret->paper, NULL) == 0;
}

status_code ink_find(struct Pix *grey, struct Pix **ret_ink, struct status *st)
{
    struct ink_greys greys;

    /* Of a picture of one grey nothing is inked. */
    if (!ink_split(grey, &greys))
        greys.threshold = 0;
    else if (greys.threshold <= greys.ink || greys.threshold > greys.paper)
        greys.threshold = (greys.ink + greys.paper + 1) / 2;
    struct Pix *found = pixThresholdToBinary(grey, greys.threshold);
    if (found == NULL)
        return FAIL_PAGE_MEMORY(st);
    *ret_ink = found;
    return STATUS_OK;
}

/* What may be a letter, by the size of its box. */
static bool may_be_letter(l_int32 width, l_int32 height, l_int32 page_height)
{
    enum { HEIGHT_MIN = 4, WIDTH_MIN = 2, WIDE = 8, HIGH = 5, OF_PAGE = 4 };

    return height >= HEIGHT_MIN && width >= WIDTH_MIN && width < WIDE * height &&
           height < HIGH * width && height < page_height / OF_PAGE;
}

enum { HEIGHTS = 512 }; /* letters are lower; what is counted together beyond is no usual height */

/* The height, from `least` on, that half of the weight of all heights from there on is below; 0:
 * there is none. */
static uint32_t median_from(const uint64_t of_height[static HEIGHTS], uint32_t least)
{
    uint64_t all = 0, below = 0;
    uint32_t median = least;

    for (uint32_t i = least; i < HEIGHTS; i++)
        all += of_height[i];
    if (all == 0)
        return 0;
    while (2 * (below + of_height[median]) < all)
        below += of_height[median++];
    return median;
}

float ink_letter_height(struct Pix *ink)
{
    /* Lower than this share of what most of the ink is in are dots, accents and specks: in Arabic,
     * and in the grain of a scan, there are more of them than of all else. */
    enum { LETTERS_MIN = 5, SHARE_OF_SPECKS = 3 };
    _cleanup_(boxa_freep) struct Boxa *boxes = pixConnCompBB(ink, 8);
    uint64_t count_of[HEIGHTS] = {0}, width_of[HEIGHTS] = {0};
    uint32_t count = 0;

    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 width, height;
        (void)boxaGetBoxGeometry(boxes, i, NULL, NULL, &width, &height);
        if (!may_be_letter(width, height, pixGetHeight(ink)))
            continue;
        l_int32 place = height < HEIGHTS ? height : HEIGHTS - 1;
        count_of[place]++;
        width_of[place] += (uint64_t)width;
        count++;
    }
    if (count < LETTERS_MIN)
        return 0;
    return (float)median_from(count_of, median_from(width_of, 0) / SHARE_OF_SPECKS);
}
