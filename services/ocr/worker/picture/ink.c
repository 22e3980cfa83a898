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

float ink_letter_height(struct Pix *ink)
{
    /* Letters are lower; what is counted together beyond is no usual height. */
    enum { HEIGHTS = 512, LETTERS_MIN = 5 };
    _cleanup_(boxa_freep) struct Boxa *boxes = pixConnCompBB(ink, 8);
    uint32_t of_height[HEIGHTS] = {0};
    uint32_t count = 0, below = 0;

    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 width, height;
        (void)boxaGetBoxGeometry(boxes, i, NULL, NULL, &width, &height);
        if (!may_be_letter(width, height, pixGetHeight(ink)))
            continue;
        of_height[height < HEIGHTS ? height : HEIGHTS - 1]++;
        count++;
    }
    if (count < LETTERS_MIN)
        return 0;
    uint32_t median = 0;
    while (2 * (below + of_height[median]) < count)
        below += of_height[median++];
    return (float)median;
}
