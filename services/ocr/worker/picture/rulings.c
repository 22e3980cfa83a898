#include "services/ocr/worker/picture/rulings.h"

#include <stdbool.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"

/* In heights of a letter. The head line of a Devanagari word is five of them long; letters of a
 * headline may be four high. */
static const float across_min = 10, down_min = 6;

enum { LENGTH_MIN_PX = 40 };

/* Takes out of `lines` what is too thick for a line. False without memory. */
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
        if ((float)height <= most + slope * (float)width)
            continue;
        _cleanup_(pix_freep) struct Pix *part = pixaGetPix(parts, i, L_CLONE);
        (void)pixRasterop(lines, x, y, width, height, PIX_DST & PIX_NOT(PIX_SRC), part, 0, 0);
    }
    bool is_done = boxes != NULL && parts != NULL;
    pixaDestroy(&parts);
    return is_done;
}

/* --- Runs --- */

enum { WORD_BITS = 32 };

/* The first pixel at or after x that is inked, or that is not; `width` when there is none.
 * Leptonica keeps the leftmost pixel in the most significant bit. */
static l_int32 next_pixel(const l_uint32 *row, l_int32 x, l_int32 width, bool is_inked)
{
    l_uint32 flip = is_inked ? 0 : ~(l_uint32)0;

    while (x < width) {
        l_uint32 bits = (row[x / WORD_BITS] ^ flip) << (x % WORD_BITS);
        if (bits != 0) {
            x += __builtin_clz(bits);
            return x < width ? x : width;
        }
        x = (x / WORD_BITS + 1) * WORD_BITS;
    }
    return width;
}

/* What lies in runs of at least `length` pixels across: an opening with a brick of that length, but
 * in time that does not grow with it. NULL without memory. */
static struct Pix *long_runs(struct Pix *ink, l_int32 length)
{
    l_int32 width = pixGetWidth(ink), height = pixGetHeight(ink);
    struct Pix *runs = pixCreate(width, height, 1);

    for (l_int32 y = 0; runs != NULL && y < height; y++) {
        const l_uint32 *row = pixGetData(ink) + (ptrdiff_t)y * pixGetWpl(ink);
        for (l_int32 x = next_pixel(row, 0, width, true); x < width;) {
            l_int32 end = next_pixel(row, x, width, false);
            if (end - x >= length)
                (void)pixRasterop(runs, x, y, end - x, 1, PIX_SET, NULL, 0, 0);
            x = next_pixel(row, end, width, true);
        }
    }
    return runs;
}

/* Lines across that are at least so long. NULL without memory. */
static struct Pix *find_across(struct Pix *ink, float letter_height, float letters)
{
    enum { SLACK = 3 }; /* rows over which a line of one pixel may step on its way */
    float length = letter_height * letters;
    _cleanup_(pix_freep) struct Pix *wide = pixDilateBrick(NULL, ink, 1, SLACK);
    _cleanup_(pix_freep) struct Pix *lines = NULL;

    if (wide != NULL)
        lines = long_runs(wide, length > LENGTH_MIN_PX ? (l_int32)length : LENGTH_MIN_PX);
    if (lines == NULL || pixAnd(lines, lines, ink) == NULL || !drop_thick(lines, letter_height))
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
