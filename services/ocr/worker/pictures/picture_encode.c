#include "services/ocr/worker/pictures/picture_encode.h"

#include <stdlib.h>

#include <allheaders.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/pictures/picture_colors.h"
#include "services/ocr/worker/pictures/picture_fax.h"
#include "services/ocr/worker/pictures/picture_jpeg.h"
#include "services/ocr/worker/pictures/picture_png.h"

enum {
    /* Print stays sharp: at 75 small letters have halos. */
    QUALITY = 85,
};

/* Takes `pix` and gives what `made` is in its place. */
static struct Pix *replaced(struct Pix *pix, struct Pix *made)
{
    pixDestroy(&pix);
    return made;
}

static struct Pix *without_colormap(struct Pix *pix)
{
    l_int32 is_opaque = 1, has_color = 0, is_binary = 0;
    PIXCMAP *map = pixGetColormap(pix);

    (void)pixcmapIsOpaque(map, &is_opaque);
    (void)pixcmapHasColor(map, &has_color);
    (void)pixcmapIsBlackAndWhite(map, &is_binary);
    if (is_opaque && pixGetDepth(pix) == 1 && is_binary)
        return replaced(pix, pixRemoveColormap(pix, REMOVE_CMAP_TO_BINARY));
    if (is_opaque && has_color)
        return pix;
    return replaced(
        pix, pixRemoveColormap(pix, is_opaque ? REMOVE_CMAP_BASED_ON_SRC : REMOVE_CMAP_WITH_ALPHA));
}

struct Pix *picture_plain_pix(struct Pix *pix)
{
    if (pix != NULL && pixGetColormap(pix) != NULL)
        pix = without_colormap(pix);
    if (pix == NULL || pixGetColormap(pix) != NULL)
        return pix;
    if (pixGetDepth(pix) == 32 && pixGetSpp(pix) == 4)
        return replaced(pix, pixAlphaBlendUniform(pix, 0xffffff00));
    if (pixGetDepth(pix) != 1 && pixGetDepth(pix) != 8 && pixGetDepth(pix) != 32)
        return replaced(pix, pixConvertTo8(pix, 0));
    return pix;
}

bool picture_encode_jpeg(struct Pix *pix, int quality, struct picture *ret_picture)
{
    _cleanup_(pix_freep) struct Pix *plain = NULL;
    _cleanup_(freep) l_uint8 *bytes = NULL;
    size_t size = 0;

    if (pixGetColormap(pix) != NULL)
        plain = pixRemoveColormap(pix, REMOVE_CMAP_BASED_ON_SRC);
    else
        plain = pixGetDepth(pix) == 1 ? pixConvertTo8(pix, 0) : pixClone(pix);
    return plain != NULL && pixWriteMemJpeg(&bytes, &size, plain, quality, 0) == 0 &&
           picture_from_jpeg((struct file_bytes){bytes, size}, ret_picture);
}

/* As a whole file, or its rows alone. */
static bool encode_png(struct Pix *pix, bool is_file, struct picture *ret_picture)
{
    _cleanup_(freep) l_uint8 *bytes = NULL;
    size_t size = 0;

    if (pixWriteMemPng(&bytes, &size, pix, 0) != 0 ||
        !picture_from_png((struct file_bytes){bytes, size}, ret_picture))
        return false;
    if (!is_file)
        return true;
    free((char *)ret_picture->data.p);
    free((char *)ret_picture->palette.p);
    ret_picture->palette = (struct str){0};
    ret_picture->encoding = PICTURE_PNG;
    ret_picture->data = (struct str){(const char *)TAKE(bytes), size};
    return true;
}

static bool encode_flat(struct Pix *pix, bool is_few, bool is_file, struct picture *ret_picture)
{
    _cleanup_(pix_freep) struct Pix *mapped =
        is_few && pixGetDepth(pix) == 32 ? picture_with_palette(pix) : pixClone(pix);

    return mapped != NULL && encode_png(mapped, is_file, ret_picture);
}

static bool encode(struct Pix *pix, bool is_file, struct picture *ret_picture)
{
    struct picture_colors colors;

    if (pixGetDepth(pix) == 1 && pixGetColormap(pix) == NULL)
        return is_file ? encode_png(pix, true, ret_picture) : picture_encode_fax(pix, ret_picture);
    if (pixGetColormap(pix) != NULL) {
        _cleanup_(pix_freep) struct Pix *plain = pixConvertTo32(pix);
        if (plain == NULL)
            return false;
        return encode(plain, is_file, ret_picture);
    }
    picture_count_colors(pix, &colors);
    if (colors.is_black_and_white) {
        _cleanup_(pix_freep) struct Pix *binary = pixConvertTo1(pix, 128);
        return binary != NULL && encode(binary, is_file, ret_picture);
    }
    if (colors.is_flat)
        return encode_flat(pix, colors.is_few, is_file, ret_picture);
    return picture_encode_jpeg(pix, QUALITY, ret_picture);
}

bool picture_encode_file(struct Pix *pix, struct picture *ret_picture)
{
    return encode(pix, true, ret_picture);
}

bool picture_encode(struct Pix *pix, size_t max_bytes, struct picture *ret_picture)
{
    if (!encode(pix, false, ret_picture))
        return false;
    for (float scale = 0.5f; ret_picture->data.n > max_bytes; scale /= 2) {
        _cleanup_(pix_freep) struct Pix *small = NULL;
        picture_deinit(ret_picture);
        small = pixScale(pix, scale, scale);
        if (small == NULL || !encode(small, false, ret_picture))
            return false;
        ret_picture->placement = affine_scale((double)pixGetWidth(pix) / pixGetWidth(small),
                                              (double)pixGetHeight(pix) / pixGetHeight(small));
    }
    return true;
}
