#include "services/ocr/worker/picture/rulings.h"

#include <stdbool.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/runs.h"

/* In heights of a letter. The head line of a Devanagari word is five of them long; letters of a
 * headline may be four high. */
static const float across_min = 10, down_min = 6;

enum { LENGTH_MIN_PX = 40 };

enum {
    /* Rows over which a line of one pixel may step on its way. */
    SLACK = 3,
    /* Gaps in a line, which may be of dots: grey ones come so from scanners. They must be much
     * smaller than those between letters, or text would be lines. */
    GAP_MAX = 2,
    GAPS_IN_LETTER = 12,
};

static l_int32 gap_of(float letter_height)
{
    l_int32 gap = (l_int32)letter_height / GAPS_IN_LETTER;

    return gap < GAP_MAX ? gap : GAP_MAX;
}

/* Takes out of `lines` what is too thick for a line, as they were made thicker by SLACK - 1. False
 * without memory. */
static bool drop_thick(struct Pix *lines, float letter_height)
{
    const float thick_letters = 0.6f;
    const float slope = 0.03f; /* a line askew lies in a box as high as its fall */
    enum { THIN_PX = 3 };
    struct Pixa *parts = NULL;
    _cleanup_(boxa_freep) struct Boxa *boxes = pixConnComp(lines, &parts, 8);

    for (l_int32 i = 0; boxes != NULL && parts != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 x, y, width, height;
        (void)boxaGetBoxGeometry(boxes, i, &x, &y, &width, &height);
        float most = thick_letters * letter_height > THIN_PX ? thick_letters * letter_height
                                                             : (float)THIN_PX;
        if ((float)height <= most + (float)(SLACK - 1) + slope * (float)width)
            continue;
        _cleanup_(pix_freep) struct Pix *part = pixaGetPix(parts, i, L_CLONE);
        (void)pixRasterop(lines, x, y, width, height, PIX_DST & PIX_NOT(PIX_SRC), part, 0, 0);
    }
    bool is_done = boxes != NULL && parts != NULL;
    pixaDestroy(&parts);
    return is_done;
}

/* Lines across that are at least so long. NULL without memory. */
static struct Pix *find_across(struct Pix *ink, float letter_height, float letters)
{
    float length = letter_height * letters;
    _cleanup_(pix_freep) struct Pix *wide =
        pixDilateBrick(NULL, ink, 1 + gap_of(letter_height), SLACK);
    _cleanup_(pix_freep) struct Pix *lines = NULL;

    if (wide != NULL)
        lines = runs_keep_long(wide, length > LENGTH_MIN_PX ? (l_int32)length : LENGTH_MIN_PX);
    if (lines == NULL || !drop_thick(lines, letter_height) || pixAnd(lines, lines, ink) == NULL)
        return NULL;
    return TAKE(lines);
}

/* The same, of lines that run down. */
static struct Pix *find_down(struct Pix *ink, float letter_height, float letters)
{
    _cleanup_(pix_freep) struct Pix *turned = pixRotateOrth(ink, 1);
    _cleanup_(pix_freep) struct Pix *lines = NULL;

    if (turned != NULL)
        lines = find_across(turned, letter_height, letters);
    return lines != NULL ? pixRotateOrth(lines, 3) : NULL;
}

status_code rulings_find(struct Pix *ink, float letter_height, struct Pix **ret_mask,
                         struct status *st)
{
    enum { EDGE = 5 }; /* the line's own pixel and two of blur on either side */
    _cleanup_(pix_freep) struct Pix *across = find_across(ink, letter_height, across_min);
    _cleanup_(pix_freep) struct Pix *down = find_down(ink, letter_height, down_min);
    l_int32 is_empty = 1;

    if (across == NULL || down == NULL || pixOr(across, across, down) == NULL)
        return FAIL_PAGE_MEMORY(st);
    (void)pixZero(across, &is_empty);
    struct Pix *mask = is_empty ? NULL : pixDilateBrick(NULL, across, EDGE, EDGE);
    if (!is_empty && mask == NULL)
        return FAIL_PAGE_MEMORY(st);
    *ret_mask = mask;
    return STATUS_OK;
}
