#include "services/ocr/worker/vision/page_jpeg.h"

#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"

enum {
    /* Print stays sharp: at 75 small letters have halos. */
    QUALITY = 85,
};

static void pix_freep(PIX **pix)
{
    pixDestroy(pix);
}

status_code page_jpeg_make(const struct image *image, uint32_t side_max, struct arena *arena,
                           struct str *ret_bytes, struct status *st)
{
    uint32_t side = image->width > image->height ? image->width : image->height;
    _cleanup_(pix_freep) PIX *small = NULL;
    _cleanup_(freep) l_uint8 *bytes = NULL;
    size_t size = 0;

    if (side > side_max) {
        float scale = (float)side_max / (float)side;
        small = pixScale(image->pix, scale, scale);
    } else {
        small = pixClone(image->pix);
    }
    if (small == NULL || pixWriteMemJpeg(&bytes, &size, small, QUALITY, 0) != 0)
        return FAIL_PAGE_MEMORY(st);
    char *copy = arena_alloc(arena, size);
    if (copy == NULL)
        return FAIL_PAGE_MEMORY(st);
    memcpy(copy, bytes, size);
    *ret_bytes = (struct str){copy, size};
    return STATUS_OK;
}
