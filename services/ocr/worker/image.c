#include "services/ocr/worker/image.h"

#include <inttypes.h>
#include <stdlib.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"

status_code image_check_size(uint64_t width, uint64_t height, struct status *st)
{
    if (width == 0 || height == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CORRUPT",
                    "the file is damaged: its image has no pixels");
    if (width > PAGE_SIDE_MAX || height > PAGE_SIDE_MAX || width * height > PAGE_PIXELS_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                    "a page of %" PRIu64 " x %" PRIu64 " pixels is too large: the limits are %d "
                    "megapixels and %d pixels a side; scale it down or split it",
                    width, height, PAGE_PIXELS_MAX / 1000000, PAGE_SIDE_MAX);
    return STATUS_OK;
}

/* @pix: depth 8 without colour map; taken, and destroyed when that fails. */
static status_code wrap(struct Pix *pix, float dpi, struct image **ret_image, struct status *st)
{
    struct image *image = calloc(1, sizeof(*image));

    if (image == NULL) {
        pixDestroy(&pix);
        return FAIL_PAGE_MEMORY(st);
    }
    image->pix = pix;
    image->width = (uint32_t)pixGetWidth(pix);
    image->height = (uint32_t)pixGetHeight(pix);
    image->dpi = dpi;
    image->stored_width = image->width;
    image->stored_height = image->height;
    image->placement = affine_identity;
    image->is_grey = true;
    *ret_image = image;
    return STATUS_OK;
}

status_code image_new(uint32_t width, uint32_t height, struct image **ret_image, struct status *st)
{
    TRY(image_check_size(width, height, st));
    struct Pix *pix = pixCreateNoInit((l_int32)width, (l_int32)height, 8);
    if (pix == NULL)
        return FAIL_PAGE_MEMORY(st);
    (void)pixSetAll(pix);
    return wrap(pix, 0, ret_image, st);
}

void image_free(struct image *image)
{
    if (image == NULL)
        return;
    pixDestroy(&image->pix);
    free(image);
}

float image_plausible_dpi(double dpi)
{
    return dpi >= 50 && dpi <= 2400 ? (float)dpi : 0;
}

status_code image_from_pix(struct Pix *pix, struct image **ret_image, struct status *st)
{
    if (pix == NULL)
        return FAIL_PAGE_MEMORY(st);
    float dpi = image_plausible_dpi(pixGetYRes(pix));
    l_int32 has_colors = pixGetDepth(pix) == 32;
    struct Pix *grey = pix;

    if (pixGetColormap(grey) != NULL) {
        l_int32 is_opaque = 1;
        (void)pixcmapHasColor(pixGetColormap(grey), &has_colors);
        (void)pixcmapIsOpaque(pixGetColormap(grey), &is_opaque);
        struct Pix *plain =
            pixRemoveColormap(grey, is_opaque ? REMOVE_CMAP_BASED_ON_SRC : REMOVE_CMAP_WITH_ALPHA);
        pixDestroy(&grey);
        grey = plain;
    }
    if (grey != NULL && pixGetDepth(grey) == 32 && pixGetSpp(grey) == 4) {
        struct Pix *opaque = pixAlphaBlendUniform(grey, 0xffffff00);
        pixDestroy(&grey);
        grey = opaque;
    }
    if (grey != NULL && pixGetDepth(grey) != 8) {
        struct Pix *converted = pixConvertTo8(grey, 0);
        pixDestroy(&grey);
        grey = converted;
    }
    if (grey == NULL)
        return FAIL_PAGE_MEMORY(st);
    TRY(wrap(grey, dpi, ret_image, st));
    (*ret_image)->is_grey = !has_colors;
    return STATUS_OK;
}

void image_replace_pix(struct image *image, struct Pix *pix, struct affine move)
{
    image->placement = affine_then(image->placement, move);
    pixDestroy(&image->pix);
    image->pix = pix;
    image->width = (uint32_t)pixGetWidth(pix);
    image->height = (uint32_t)pixGetHeight(pix);
}

status_code image_turn(struct image *image, uint32_t quarter_turns, struct status *st)
{
    if (quarter_turns % 4 == 0)
        return STATUS_OK;
    struct Pix *turned = pixRotateOrth(image->pix, (l_int32)(quarter_turns % 4));
    if (turned == NULL)
        return FAIL_PAGE_MEMORY(st);
    image_replace_pix(image, turned, affine_turn(quarter_turns, image->width, image->height));
    return STATUS_OK;
}

status_code image_mirror(struct image *image, struct status *st)
{
    struct Pix *mirrored = pixFlipLR(NULL, image->pix);

    if (mirrored == NULL)
        return FAIL_PAGE_MEMORY(st);
    image_replace_pix(image, mirrored, affine_mirror(image->width));
    return STATUS_OK;
}

/* Leptonica keeps pixels in 32-bit words of the machine's order, the leftmost pixel in the most
 * significant byte. */
void image_put_row(struct image *image, uint32_t y, const uint8_t *grey)
{
    l_uint32 *row = pixGetData(image->pix) + (size_t)y * (size_t)pixGetWpl(image->pix);
    uint32_t x = 0;

    for (; x + 4 <= image->width; x += 4)
        row[x / 4] = (l_uint32)grey[x] << 24 | (l_uint32)grey[x + 1] << 16 |
                     (l_uint32)grey[x + 2] << 8 | (l_uint32)grey[x + 3];
    for (; x < image->width; x++)
        SET_DATA_BYTE(row, x, grey[x]);
}

uint8_t image_get(const struct image *image, uint32_t x, uint32_t y)
{
    l_uint32 *row = pixGetData(image->pix) + (size_t)y * (size_t)pixGetWpl(image->pix);

    return (uint8_t)GET_DATA_BYTE(row, x);
}
