#include "services/ocr/worker/picture/background.h"

#include <stdint.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/tiles.h"

enum { WHITE = 255 };

/* The picture at half its size, which takes noise away; itself where it is too small for that. */
static struct Pix *halve(struct Pix *grey)
{
    enum { SIDE_MIN = 8 };

    if (pixGetWidth(grey) < SIDE_MIN || pixGetHeight(grey) < SIDE_MIN)
        return pixClone(grey);
    return pixScaleAreaMap2(grey);
}

/* --- Dark pages --- */

/* Tiles of the size of a few letters vote: where ink and paper lie side by side, paper is what
 * there is more of. */
static bool tiles_are_dark(struct Pix *least, struct Pix *most, struct Pix *mean)
{
    enum { CONTRAST_MIN = 60, VOTES_MIN = 8 };
    l_int32 width = pixGetWidth(least), height = pixGetHeight(least);
    uint32_t dark = 0, light = 0;

    for (l_int32 y = 0; y < height; y++)
        for (l_int32 x = 0; x < width; x++) {
            l_uint32 low, high, middle;
            (void)pixGetPixel(least, x, y, &low);
            (void)pixGetPixel(most, x, y, &high);
            (void)pixGetPixel(mean, x, y, &middle);
            if (high < low + CONTRAST_MIN)
                continue;
            if (2 * middle < low + high)
                dark++;
            else
                light++;
        }
    return dark >= VOTES_MIN && dark > 2 * light;
}

bool background_is_dark(struct Pix *grey)
{
    enum { TILE = 16 }; /* of the halved picture */
    _cleanup_(pix_freep) struct Pix *half = halve(grey);

    if (half == NULL || pixGetWidth(half) < TILE || pixGetHeight(half) < TILE)
        return false;
    _cleanup_(pix_freep) struct Pix *least = tiles_darkest(half, TILE);
    _cleanup_(pix_freep) struct Pix *most = tiles_lightest(half, TILE);
    if (least == NULL || most == NULL)
        return false;
    _cleanup_(pix_freep) struct Pix *mean =
        pixScaleAreaMapToSize(half, pixGetWidth(least), pixGetHeight(least));
    return mean != NULL && tiles_are_dark(least, most, mean);
}

/* --- Light --- */

/* The paper alone, reduced: ink is closed over. NULL without memory. */
static struct Pix *find_paper(struct Pix *grey)
{
    /* Of the longer side: fine enough for shadows; what is closed over is as large as a headline's
     * letters. */
    enum { MAP_SIDE = 256, CLOSED_OVER = 25, SMOOTHED = 2 };
    _cleanup_(pix_freep) struct Pix *half = halve(grey);
    _cleanup_(pix_freep) struct Pix *lightest = NULL, *closed = NULL;

    if (half == NULL)
        return NULL;
    l_int32 width = pixGetWidth(half), height = pixGetHeight(half);
    l_int32 reduction = (width > height ? width : height) / MAP_SIDE;
    l_int32 shorter = width < height ? width : height;
    if (reduction > shorter)
        reduction = shorter;
    lightest = reduction > 1 ? tiles_lightest(half, reduction) : pixClone(half);
    if (lightest != NULL)
        closed = pixCloseGray(lightest, CLOSED_OVER, CLOSED_OVER);
    if (closed == NULL)
        return NULL;
    if (pixGetWidth(closed) <= 2 * SMOOTHED || pixGetHeight(closed) <= 2 * SMOOTHED)
        return TAKE(closed);
    return pixBlockconvGray(closed, NULL, SMOOTHED, SMOOTHED);
}

/* Whether the paper needs to be made even. */
static bool is_uneven(struct Pix *paper)
{
    /* Paper that is darker than this, or darker by this much in places, was seen to cost lines. */
    const float share_low = 0.05f, share_high = 0.95f, even_from = 0.85f;
    enum { PAPER_DARK = 200 };
    l_uint32 low, high;

    return pixGetRankValue(paper, 1, share_low, &low) == 0 &&
           pixGetRankValue(paper, 1, share_high, &high) == 0 &&
           (high < PAPER_DARK || (float)low < even_from * (float)high);
}

/* Divides by the paper, pixel by pixel. NULL without memory. */
static struct Pix *divide(struct Pix *grey, struct Pix *paper)
{
    /* What is darker than any paper in any light is desk or shadow: it would be noise only. */
    enum { PAPER_MIN = 40, SHIFT = 16 };
    l_int32 width = pixGetWidth(grey), height = pixGetHeight(grey);
    _cleanup_(pix_freep) struct Pix *wide = pixScaleToSize(paper, width, height);
    struct Pix *even = pixCreateNoInit(width, height, 8);
    uint32_t factors[WHITE + 1];

    if (wide == NULL || even == NULL) {
        pixDestroy(&even);
        return NULL;
    }
    for (uint32_t i = 0; i <= WHITE; i++)
        factors[i] = ((uint32_t)WHITE << SHIFT) / (i > PAPER_MIN ? i : PAPER_MIN);
    for (l_int32 y = 0; y < height; y++) {
        const l_uint32 *from = pixGetData(grey) + (ptrdiff_t)y * pixGetWpl(grey);
        const l_uint32 *by = pixGetData(wide) + (ptrdiff_t)y * pixGetWpl(wide);
        l_uint32 *to = pixGetData(even) + (ptrdiff_t)y * pixGetWpl(even);
        for (l_int32 x = 0; x < width; x++) {
            uint32_t value = GET_DATA_BYTE(from, x) * factors[GET_DATA_BYTE(by, x)] >> SHIFT;
            SET_DATA_BYTE(to, x, value < WHITE ? value : WHITE);
        }
    }
    return even;
}

/* --- Contrast --- */

/* Makes pale ink dark, in place. */
static bool stretch(struct Pix *grey, l_int32 ink, l_int32 paper)
{
    enum { DARKEST = 10, LIGHTEST = 245 }; /* what ink and paper become; of 0 to WHITE */
    l_int32 range = paper - ink;
    l_int32 black = ink - range * DARKEST / (LIGHTEST - DARKEST);
    l_int32 white = paper + range * (WHITE - LIGHTEST) / (LIGHTEST - DARKEST);

    return pixGammaTRC(grey, grey, 1, black, white) != NULL;
}

status_code background_even(struct Pix *grey, struct Pix **ret_even, struct status *st)
{
    enum { INK_PALE = 100, RANGE_MIN = 10 };
    _cleanup_(pix_freep) struct Pix *even = NULL;
    _cleanup_(pix_freep) struct Pix *paper = find_paper(grey);
    struct ink_greys greys;

    if (paper == NULL)
        return FAIL_PAGE_MEMORY(st);
    if (is_uneven(paper)) {
        even = divide(grey, paper);
        if (even == NULL)
            return FAIL_PAGE_MEMORY(st);
    }
    if (ink_split(even != NULL ? even : grey, &greys) && greys.ink > INK_PALE &&
        greys.paper - greys.ink >= RANGE_MIN) {
        if (even == NULL)
            even = pixCopy(NULL, grey);
        if (even == NULL || !stretch(even, greys.ink, greys.paper))
            return FAIL_PAGE_MEMORY(st);
    }
    *ret_even = TAKE(even);
    return STATUS_OK;
}
