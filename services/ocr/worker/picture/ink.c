#include "services/ocr/worker/picture/ink.h"

#include <stdint.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/tiles.h"

bool ink_split(struct Pix *grey, struct ink_greys *ret)
{
    enum { STEP = 3 };
    const float score_fraction = 0.1f; /* leptonica's for text */

    return pixSplitDistributionFgBg(grey, score_fraction, STEP, &ret->threshold, &ret->ink,
                                    &ret->paper, NULL) == 0;
}

/* Where greys part: darker is ink. Of a picture of one grey nothing is. */
static int32_t find_threshold(struct Pix *grey, struct ink_greys *ret_greys)
{
    if (!ink_split(grey, ret_greys))
        return 0;
    bool is_between =
        ret_greys->threshold > ret_greys->ink && ret_greys->threshold <= ret_greys->paper;
    return is_between ? ret_greys->threshold : (ret_greys->ink + ret_greys->paper + 1) / 2;
}

/* A copy in which squares that are dark all over, pictures and bars, are paper; NULL when there are
 * hardly any, or without memory. */
static struct Pix *cover_dark(struct Pix *grey, int32_t threshold, int32_t paper)
{
    enum { SQUARE = 16, SHARE_MIN = 50 }; /* one of so many squares */
    _cleanup_(pix_freep) struct Pix *lightest =
        pixGetWidth(grey) >= SQUARE && pixGetHeight(grey) >= SQUARE ? tiles_lightest(grey, SQUARE)
                                                                    : NULL;
    _cleanup_(pix_freep) struct Pix *dark =
        lightest != NULL ? pixThresholdToBinary(lightest, threshold) : NULL;
    l_int32 count = 0;

    if (dark == NULL || pixCountPixels(dark, &count, NULL) != 0 ||
        count * SHARE_MIN < pixGetWidth(dark) * pixGetHeight(dark))
        return NULL;
    _cleanup_(pix_freep) struct Pix *wide = pixDilateBrick(NULL, dark, 3, 3);
    _cleanup_(pix_freep) struct Pix *mask = wide != NULL ? pixExpandReplicate(wide, SQUARE) : NULL;
    struct Pix *covered = mask != NULL ? pixCopy(NULL, grey) : NULL;
    if (covered != NULL && pixSetMasked(covered, mask, (l_uint32)paper) != 0)
        pixDestroy(&covered);
    return covered;
}

status_code ink_find(struct Pix *grey, struct Pix **ret_ink, struct status *st)
{
    struct ink_greys greys;
    int32_t threshold = find_threshold(grey, &greys);

    /* Beside a picture that is nearly black, grey letters pass for paper. */
    if (threshold > 0) {
        struct ink_greys of_rest;
        _cleanup_(pix_freep) struct Pix *rest = cover_dark(grey, threshold, greys.paper);
        int32_t lighter = rest != NULL ? find_threshold(rest, &of_rest) : 0;
        if (lighter > threshold)
            threshold = lighter;
    }
    struct Pix *found = pixThresholdToBinary(grey, threshold);
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
