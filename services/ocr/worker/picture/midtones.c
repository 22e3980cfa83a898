#include "services/ocr/worker/picture/midtones.h"

#include <stdbool.h>
#include <stdint.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/tiles.h"

enum {
    CELL = 4,       /* pixels of a side that become one */
    CELLS_MIN = 60, /* of middle grey and beside nothing dark: fewer are specks */
    HEIGHT_MIN = 2, /* of what may be letters, in cells */
    HEIGHT_MAX = 60,
    PARTS_MAX = 20000,   /* letters of a page; more are grain, and would take much memory */
    FULL_PERCENT = 90,   /* of its box: a bar, or a patch of colour */
    FULL_HEIGHT_MIN = 8, /* lower ones, as "o", fill their cells */
};

struct levels {
    l_int32 dark;  /* below: ink, whatever else is on the page */
    l_int32 faint; /* from there on: paper */
    l_int32 ink, paper;
};

/* Where one threshold for all of the page parts it (Otsu's method). False on a page of one grey. */
static bool find_levels(struct Pix *grey, struct levels *ret)
{
    enum { STEP = 3 };
    const float faint = 0.3f, share_of_threshold = 0.85f;
    l_int32 threshold;

    /* A fraction of 0 asks for the best threshold alone. */
    if (pixSplitDistributionFgBg(grey, 0, STEP, &threshold, &ret->ink, &ret->paper, NULL) != 0 ||
        ret->ink >= ret->paper)
        return false;
    /* Letters lose their outlines before the threshold reaches their middle. */
    ret->dark = (l_int32)((float)threshold * share_of_threshold);
    ret->faint = ret->paper - (l_int32)((float)(ret->paper - ret->ink) * faint);
    return ret->dark < ret->faint;
}

/* Whether there is middle grey that is not but the edge of what is dark. */
static bool is_worth_it(struct Pix *dark, struct Pix *any)
{
    _cleanup_(pix_freep) struct Pix *near = pixDilateBrick(NULL, dark, 3, 3);
    _cleanup_(pix_freep) struct Pix *far = near != NULL ? pixSubtract(NULL, any, near) : NULL;
    l_int32 is_over = 0;

    if (far == NULL || pixThresholdPixelSum(far, CELLS_MIN, &is_over, NULL) != 0)
        return false;
    return is_over != 0;
}

static bool may_be_letters(struct Pix *part)
{
    l_int32 width = pixGetWidth(part), height = pixGetHeight(part), count = 0;

    if (height < HEIGHT_MIN || height > HEIGHT_MAX || pixCountPixels(part, &count, NULL) != 0)
        return false;
    /* "I" and "l" fill their boxes, too. */
    return height < FULL_HEIGHT_MIN || 2 * width <= height ||
           count * 100 < width * height * FULL_PERCENT;
}

/* Takes out of `cells` what may not be letters. Returns how much stays; -1 without memory. */
static l_int32 keep_letters(struct Pix *cells)
{
    struct Pixa *parts = NULL;
    l_int32 kept = 0, count = 0;

    if (pixCountConnComp(cells, 8, &count) != 0)
        return -1;
    if (count > PARTS_MAX)
        return 0;
    _cleanup_(boxa_freep) struct Boxa *boxes = pixConnComp(cells, &parts, 8);
    if (boxes == NULL || parts == NULL) {
        pixaDestroy(&parts);
        return -1;
    }
    for (l_int32 i = 0; i < boxaGetCount(boxes); i++) {
        l_int32 x, y, width, height;
        (void)boxaGetBoxGeometry(boxes, i, &x, &y, &width, &height);
        _cleanup_(pix_freep) struct Pix *part = pixaGetPix(parts, i, L_CLONE);
        if (may_be_letters(part))
            kept++;
        else
            (void)pixRasterop(cells, x, y, width, height, PIX_DST & PIX_NOT(PIX_SRC), part, 0, 0);
    }
    pixaDestroy(&parts);
    return kept;
}

/* Letters in a colour have one grey, but for their edges (0.85 to 0.96 of their cells on pages that
 * were drawn). What a scan leaves of pale or broken letters, and of the other side of the sheet,
 * has all of them (0.3 to 0.6), and is read worse when it is darkened. */
static bool is_of_one_grey(struct Pix *cells, struct Pix *least)
{
    enum { GREYS = 256, AROUND = 4, SHARE_PERCENT = 75 };
    uint32_t of_grey[GREYS] = {0}, count = 0, most = 0;

    for (l_int32 y = 0; y < pixGetHeight(cells); y++) {
        const l_uint32 *bits = pixGetData(cells) + (ptrdiff_t)y * pixGetWpl(cells);
        const l_uint32 *greys = pixGetData(least) + (ptrdiff_t)y * pixGetWpl(least);
        for (l_int32 x = 0; x < pixGetWidth(cells); x++)
            if (GET_DATA_BIT(bits, x)) {
                of_grey[GET_DATA_BYTE(greys, x)]++;
                count++;
            }
    }
    for (size_t i = AROUND; i + AROUND < GREYS; i++) {
        uint32_t around = 0;
        for (size_t j = i - AROUND; j <= i + AROUND; j++)
            around += of_grey[j];
        most = around > most ? around : most;
    }
    return count >= CELLS_MIN && most * 100 >= count * SHARE_PERCENT;
}

/* The cells of letters of middle grey; NULL when there are none. */
static status_code find_letters(struct Pix *grey, const struct levels *levels,
                                struct Pix **ret_letters, struct status *st)
{
    _cleanup_(pix_freep) struct Pix *least = tiles_darkest(grey, CELL);
    _cleanup_(pix_freep) struct Pix *dark = NULL, *any = NULL, *letters = NULL;

    if (least != NULL) {
        dark = pixThresholdToBinary(least, levels->dark);
        any = pixThresholdToBinary(least, levels->faint);
    }
    if (dark == NULL || any == NULL)
        return FAIL_PAGE_MEMORY(st);
    if (!is_worth_it(dark, any))
        return STATUS_OK;
    _cleanup_(pix_freep) struct Pix *reached = pixSeedfillBinary(NULL, dark, any, 8);
    if (reached != NULL)
        letters = pixSubtract(NULL, any, reached);
    l_int32 kept = letters != NULL ? keep_letters(letters) : -1;
    if (kept < 0)
        return FAIL_PAGE_MEMORY(st);
    *ret_letters = kept > 0 && is_of_one_grey(letters, least) ? TAKE(letters) : NULL;
    return STATUS_OK;
}

/* Stretches the greys of a cell so that the lightest that was found becomes dark. */
static void darken_cell(struct Pix *grey, l_int32 column, l_int32 row, const l_uint8 *table)
{
    l_int32 right = (column + 1) * CELL, bottom = (row + 1) * CELL;

    for (l_int32 y = row * CELL; y < bottom && y < pixGetHeight(grey); y++) {
        l_uint32 *line = pixGetData(grey) + (ptrdiff_t)y * pixGetWpl(grey);
        for (l_int32 x = column * CELL; x < right && x < pixGetWidth(grey); x++)
            SET_DATA_BYTE(line, x, table[GET_DATA_BYTE(line, x)]);
    }
}

/* From paper to `faint` greys fall to those of ink. */
static void fill_table(const struct levels *levels, l_uint8 table[static 256])
{
    l_int32 range = levels->paper - levels->faint, full = levels->paper - levels->ink;

    for (l_int32 i = 0; i < 256; i++) {
        l_int32 value = levels->paper - (levels->paper - i) * full / range;
        if (i >= levels->paper)
            value = i;
        table[i] = (l_uint8)(value < 0 ? 0 : value);
    }
}

status_code midtones_darken(struct Pix *grey, struct status *st)
{
    _cleanup_(pix_freep) struct Pix *letters = NULL;
    struct levels levels;
    l_uint8 table[256];

    if (pixGetWidth(grey) < CELL || pixGetHeight(grey) < CELL || !find_levels(grey, &levels))
        return STATUS_OK;
    TRY(find_letters(grey, &levels, &letters, st));
    if (letters == NULL)
        return STATUS_OK;
    /* The edges of letters, which are lighter, lie in the cells beside. */
    _cleanup_(pix_freep) struct Pix *wide = pixDilateBrick(NULL, letters, 3, 3);
    if (wide == NULL)
        return FAIL_PAGE_MEMORY(st);
    fill_table(&levels, table);
    for (l_int32 y = 0; y < pixGetHeight(wide); y++) {
        const l_uint32 *line = pixGetData(wide) + (ptrdiff_t)y * pixGetWpl(wide);
        for (l_int32 x = 0; x < pixGetWidth(wide); x++)
            if (GET_DATA_BIT(line, x))
                darken_cell(grey, x, y, table);
    }
    return STATUS_OK;
}
