#include "services/ocr/worker/prepare.h"

#include <math.h>
#include <stdbool.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/background.h"
#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/pix.h"

/* The ink of a page, reduced to what shows its lines. NULL without memory. */
static struct Pix *find_ink(struct Pix *grey)
{
    enum { SIDE_MAX = 2400 };
    struct status unused;
    _cleanup_(pix_freep) struct Pix *small = pixClone(grey);
    _cleanup_(pix_freep) struct Pix *even = NULL;
    struct Pix *ink;

    while (small != NULL && (pixGetWidth(small) > SIDE_MAX || pixGetHeight(small) > SIDE_MAX)) {
        struct Pix *half = pixScaleAreaMap2(small);
        pixDestroy(&small);
        small = half;
    }
    if (small == NULL || background_even(small, &even, &unused) != STATUS_OK ||
        ink_find(even != NULL ? even : small, &ink, &unused) != STATUS_OK)
        return NULL;
    return ink;
}

/* Degrees clockwise that straighten the page; 0: none are found. */
static float find_skew(struct Pix *grey)
{
    /* leptonica, skew.c: its defaults but for the range; ratios below 3 are chance. */
    const float range_degrees = 18, step_degrees = 1, precision_degrees = 0.01f;
    const float skew_max = 16; /* peaks at the range's own edge are not seen */
    const float confidence_min = 3;
    enum { SWEEP_REDUCTION = 4, SEARCH_REDUCTION = 2 };
    float angle = 0, confidence = 0;
    _cleanup_(pix_freep) struct Pix *ink = find_ink(grey);

    if (ink == NULL)
        return 0;
    l_ok failed =
        pixFindSkewSweepAndSearch(ink, &angle, &confidence, SWEEP_REDUCTION, SEARCH_REDUCTION,
                                  range_degrees, step_degrees, precision_degrees);
    return failed == 0 && confidence >= confidence_min && fabsf(angle) <= skew_max ? angle : 0;
}

/* Where leptonica's rotation moves a point: the picture is set into the middle of a larger one and
 * turned around that one's middle, in whole pixels (rotateAMGrayLow of rotateam.c counts from their
 * middles). */
static struct affine rotation_move(const struct image *image, const struct Pix *turned,
                                   double radians)
{
    l_int32 width = pixGetWidth(turned), height = pixGetHeight(turned);
    double x = (width - (l_int32)image->width) / 2, y = (height - (l_int32)image->height) / 2;
    double middle_x = width / 2 + 0.5, middle_y = height / 2 + 0.5;
    struct affine move =
        affine_then(affine_translate(x - middle_x, y - middle_y), affine_rotate(radians));

    return affine_then(move, affine_translate(middle_x, middle_y));
}

status_code prepare_straighten(struct image *image, float *ret_skew_degrees, struct status *st)
{
    const float straight_degrees = 0.5f;
    const float radians_per_degree = (float)M_PI / 180;
    struct status unused;
    float angle = find_skew(image->pix);

    *ret_skew_degrees = 0;
    if (fabsf(angle) < straight_degrees)
        return STATUS_OK;
    float sine = fabsf(sinf(angle * radians_per_degree));
    float cosine = cosf(angle * radians_per_degree);
    float width = (float)image->width * cosine + (float)image->height * sine;
    float height = (float)image->height * cosine + (float)image->width * sine;
    bool may_grow =
        image_check_size((uint64_t)width + 1, (uint64_t)height + 1, &unused) == STATUS_OK;
    struct Pix *straight =
        pixRotate(image->pix, angle * radians_per_degree, L_ROTATE_AREA_MAP,
                  background_is_dark(image->pix) ? L_BRING_IN_BLACK : L_BRING_IN_WHITE,
                  may_grow ? (l_int32)image->width : 0, may_grow ? (l_int32)image->height : 0);
    if (straight == NULL)
        return FAIL_PAGE_MEMORY(st);
    image_replace_pix(image, straight,
                      rotation_move(image, straight, (double)(angle * radians_per_degree)));
    /* leptonica counts clockwise rotations as positive. */
    *ret_skew_degrees = -angle;
    return STATUS_OK;
}
