#include "services/ocr/worker/picture/legible.h"

#include <math.h>
#include <stdbool.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/background.h"
#include "services/ocr/worker/picture/grain.h"
#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/midtones.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/rulings.h"

/* --- The size of letters --- */

/* Heights as ink_letter_height() gives them. What is low loses its small signs; but on a large page
 * more pixels cost more than they gain, unless it is very low. What is high costs time, and shows
 * the grain of what lies around it; where the file says a resolution that fits, high letters may be
 * words of Devanagari, which hang together: they are believed up to a larger height. */
static const float height_very_low = 13, height_low = 18, height_raised = 24;
static const float height_high = 30, height_lowered = 20;
static const float height_high_believed = 45, height_lowered_believed = 28;
static const float scale_max = 3;

enum { LARGE_PAGE_PIXELS = 12 * 1000 * 1000 }; /* more than A4 at 300 dpi */

/* Grain that would be raised like low letters takes minutes, and is none. From afar it is grey, and
 * what is large on it is seen. */
static const float scale_of_grain = 0.25f;

/* The median height of what hangs together, capitals and all, is a fourteenth of an inch in text of
 * ten points. */
static const float heights_per_inch = 14;

/* Whether letters of that height stand on a page of that resolution: what is more than twice as
 * large or small is no usual text. */
static bool fits(float dpi, float height)
{
    const float factor_max = 2;
    float seen = height * heights_per_inch;

    return dpi > 0 && dpi <= seen * factor_max && seen <= dpi * factor_max;
}

/* By what letters of that height are to be scaled, if the page allows it. */
static float ideal_scale(float height, bool is_believed)
{
    if (height == 0)
        return 1;
    if (height < height_low)
        return fminf(height_raised / height, scale_max);
    if (is_believed)
        return height > height_high_believed ? height_lowered_believed / height : 1;
    return height > height_high ? height_lowered / height : 1;
}

/* By what the picture is to be scaled. */
static float wanted_scale(const struct Pix *pix, float height, bool is_believed)
{
    struct status unused;
    float scale = ideal_scale(height, is_believed);
    float width = (float)pixGetWidth(pix) * scale, length = (float)pixGetHeight(pix) * scale;
    bool is_worth_it =
        scale <= 1 || height < height_very_low || width * length <= (float)LARGE_PAGE_PIXELS;

    return is_worth_it && width >= 1 && length >= 1 &&
                   image_check_size((uint64_t)width + 1, (uint64_t)length + 1, &unused) == STATUS_OK
               ? scale
               : 1;
}

/* Scales in place. @pix: replaced. */
static status_code scale(struct Pix **pix, float factor, struct status *st)
{
    if (factor == 1)
        return STATUS_OK;
    struct Pix *scaled =
        factor < 1 ? pixScaleAreaMap(*pix, factor, factor) : pixScaleGrayLI(*pix, factor, factor);
    if (scaled == NULL)
        return FAIL_PAGE_MEMORY(st);
    pixDestroy(pix);
    *pix = scaled;
    return STATUS_OK;
}

/* --- The steps --- */

/* A copy with dark ink on even white paper. */
static status_code make_even(struct Pix *page, struct Pix **ret_pix, struct status *st)
{
    _cleanup_(pix_freep) struct Pix *light = NULL, *even = NULL;

    light = background_is_dark(page) ? pixInvert(NULL, page) : pixCopy(NULL, page);
    if (light == NULL)
        return FAIL_PAGE_MEMORY(st);
    TRY(background_even(light, &even, st));
    TRY(midtones_darken(even != NULL ? even : light, st));
    *ret_pix = even != NULL ? TAKE(even) : TAKE(light);
    return STATUS_OK;
}

/* Takes ruling lines out, and says how tall letters are, and whether they are but grain. */
static status_code clear_rulings(struct Pix *pix, float *ret_height, bool *ret_is_grain,
                                 struct status *st)
{
    enum { PAPER = 255 };
    _cleanup_(pix_freep) struct Pix *ink = NULL, *mask = NULL;

    TRY(ink_find(pix, &ink, st));
    *ret_height = ink_letter_height(ink);
    *ret_is_grain = false;
    if (*ret_height == 0)
        return STATUS_OK;
    if (*ret_height < height_low)
        TRY(grain_is_all(ink, *ret_height, ret_is_grain, st));
    if (*ret_is_grain)
        return STATUS_OK;
    TRY(rulings_find(ink, *ret_height, &mask, st));
    if (mask != NULL)
        (void)pixSetMasked(pix, mask, PAPER);
    return STATUS_OK;
}

status_code legible_init(struct legible *legible, const struct image *page, struct status *st)
{
    _cleanup_(pix_freep) struct Pix *pix = NULL;
    bool is_grain;
    float height;

    TRY(make_even(page->pix, &pix, st));
    TRY(clear_rulings(pix, &height, &is_grain, st));
    if (is_grain)
        height = 0;
    bool is_believed = fits(page->dpi, height);
    float factor = is_grain ? scale_of_grain : wanted_scale(pix, height, is_believed);
    float dpi = (is_believed ? page->dpi : height * heights_per_inch) * factor;
    TRY(scale(&pix, factor, st));
    TRY(image_from_pix(TAKE(pix), &legible->image, st));
    legible->image->dpi = image_plausible_dpi((double)dpi);
    legible->letter_height = height * factor;
    legible->page_width = page->width;
    legible->page_height = page->height;
    legible->scale_x = (float)legible->image->width / (float)page->width;
    legible->scale_y = (float)legible->image->height / (float)page->height;
    return STATUS_OK;
}

void legible_deinit(struct legible *legible)
{
    image_free(legible->image);
    legible->image = NULL;
}

/* --- Back --- */

static int32_t within(float value, uint32_t most)
{
    return value<0 ? 0 : value>(float) most ? (int32_t)most : (int32_t)value;
}

struct bbox legible_to_page(const struct legible *legible, struct bbox box)
{
    return (struct bbox){
        within(floorf((float)box.x0 / legible->scale_x), legible->page_width),
        within(floorf((float)box.y0 / legible->scale_y), legible->page_height),
        within(ceilf((float)box.x1 / legible->scale_x), legible->page_width),
        within(ceilf((float)box.y1 / legible->scale_y), legible->page_height),
    };
}

void legible_block_to_page(const struct legible *legible, struct block *block)
{
    for (size_t l = 0; l < block->line_count; l++) {
        struct line *line = &block->lines[l];
        for (size_t i = 0; i < ARRAY_LENGTH(line->baseline); i++)
            line->baseline[i] /= i % 2 == 0 ? legible->scale_x : legible->scale_y;
        line->size /= legible->scale_y;
        for (size_t w = 0; w < line->word_count; w++)
            line->words[w].bbox = legible_to_page(legible, line->words[w].bbox);
    }
}
