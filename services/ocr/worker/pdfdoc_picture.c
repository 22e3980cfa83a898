#include "services/ocr/worker/pdfdoc_picture.h"

#include <math.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_pictures.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/pdfdoc_internal.h"
#include "services/ocr/worker/pictures/picture_encode.h"
#include "services/ocr/worker/pictures/picture_jpeg.h"

/* --- The stream as it stands --- */

static struct str bytes_of(fz_context *context, fz_buffer *buffer)
{
    unsigned char *data = NULL;
    size_t size = fz_buffer_storage(context, buffer, &data);

    return (struct str){(const char *)data, size};
}

/* Whether samples are turned around: [1 0] in place of [0 1]. False for any other mapping. */
static bool find_inversion(const fz_image *scan, bool *ret_is_inverted)
{
    *ret_is_inverted = scan->use_decode;
    if (!scan->use_decode)
        return true;
    return scan->n == 1 && scan->decode[0] > scan->decode[1] && scan->decode[1] == 0;
}

static bool is_bilevel(fz_context *context, const fz_image *scan)
{
    return scan->bpc == 1 && scan->n == 1 && scan->colorspace != NULL &&
           fz_colorspace_is_gray(context, scan->colorspace);
}

static bool take_jpeg(fz_context *context, const fz_image *scan, const fz_compressed_buffer *stream,
                      struct picture *ret_picture)
{
    struct str bytes = bytes_of(context, stream->buffer);
    struct picture picture;
    int transform = stream->params.u.jpeg.color_transform;
    bool is_grey = fz_colorspace_is_gray(context, scan->colorspace);

    if (scan->use_decode || scan->bpc != 8 ||
        !(is_grey || (fz_colorspace_is_rgb(context, scan->colorspace) && transform != 0)) ||
        !picture_from_jpeg((struct file_bytes){(const uint8_t *)bytes.p, bytes.n}, &picture))
        return false;
    if (picture.width != (uint32_t)scan->w || picture.height != (uint32_t)scan->h ||
        picture.components != (is_grey ? 1 : 3)) {
        picture_deinit(&picture);
        return false;
    }
    *ret_picture = picture;
    return true;
}

static bool take_fax(fz_context *context, const fz_image *scan, const fz_compressed_buffer *stream,
                     struct picture *picture)
{
    bool is_inverted;

    if (!is_bilevel(context, scan) || !find_inversion(scan, &is_inverted) ||
        stream->params.u.fax.k >= 0 || stream->params.u.fax.encoded_byte_align ||
        stream->params.u.fax.end_of_line || stream->params.u.fax.columns != scan->w)
        return false;
    picture->encoding = PICTURE_CCITT_G4;
    picture->is_inverted = is_inverted != (stream->params.u.fax.black_is_1 != 0);
    return true;
}

static bool take_jbig2(fz_context *context, const fz_image *scan,
                       const fz_compressed_buffer *stream, struct picture *picture)
{
    fz_jbig2_globals *globals = stream->params.u.jbig2.globals;

    if (!is_bilevel(context, scan) || !find_inversion(scan, &picture->is_inverted))
        return false;
    picture->encoding = PICTURE_JBIG2;
    return globals == NULL ||
           picture_copy_bytes(bytes_of(context, fz_jbig2_globals_data(context, globals)),
                              &picture->jbig2_globals);
}

/* RGB triples of an indexed colour space on RGB or grey. */
static bool take_palette(fz_context *context, const fz_colorspace *colorspace,
                         struct picture *picture)
{
    fz_colorspace *base = colorspace->u.indexed.base;
    bool is_grey = fz_colorspace_is_gray(context, base);
    size_t count = (size_t)colorspace->u.indexed.high + 1;
    uint8_t triples[256 * 3];

    if (count > 256 || !(is_grey || fz_colorspace_is_rgb(context, base)))
        return false;
    for (size_t i = 0; i < count * 3; i++)
        triples[i] = colorspace->u.indexed.lookup[is_grey ? i / 3 : i];
    return picture_copy_bytes((struct str){(const char *)triples, count * 3}, &picture->palette);
}

/* Deflated rows with PNG's predictors. */
static bool take_rows(fz_context *context, const fz_image *scan, const fz_compressed_buffer *stream,
                      struct picture *picture)
{
    enum { FIRST_PNG_PREDICTOR = 10 };
    bool is_indexed = fz_colorspace_is_indexed(context, scan->colorspace);

    if (stream->params.u.flate.predictor < FIRST_PNG_PREDICTOR ||
        stream->params.u.flate.columns != scan->w || stream->params.u.flate.colors != scan->n ||
        stream->params.u.flate.bpc != scan->bpc)
        return false;
    picture->encoding = PICTURE_PNG_ROWS;
    if (is_indexed) /* which has a mapping of its own, as mupdf sees it */
        return scan->bpc <= 8 && take_palette(context, scan->colorspace, picture);
    if (scan->use_decode)
        return find_inversion(scan, &picture->is_inverted) &&
               fz_colorspace_is_gray(context, scan->colorspace);
    return fz_colorspace_is_gray(context, scan->colorspace) ||
           fz_colorspace_is_rgb(context, scan->colorspace);
}

static bool take_stream(fz_context *context, fz_image *scan, const fz_compressed_buffer *stream,
                        struct picture *ret_picture)
{
    struct picture picture = {
        .width = (uint32_t)scan->w,
        .height = (uint32_t)scan->h,
        .components = scan->n,
        .bits_per_component = scan->bpc,
        .placement = affine_identity,
    };
    bool is_taken = false;

    if (scan->colorspace == NULL)
        return false;
    switch (stream->params.type) {
    case FZ_IMAGE_JPEG:
        return take_jpeg(context, scan, stream, ret_picture);
    case FZ_IMAGE_FAX:
        is_taken = take_fax(context, scan, stream, &picture);
        break;
    case FZ_IMAGE_JBIG2:
        is_taken = take_jbig2(context, scan, stream, &picture);
        break;
    case FZ_IMAGE_FLATE:
        is_taken = take_rows(context, scan, stream, &picture);
        break;
    default:
        break;
    }
    if (is_taken && picture_copy_bytes(bytes_of(context, stream->buffer), &picture.data)) {
        *ret_picture = picture;
        return true;
    }
    picture_deinit(&picture);
    return false;
}

bool pdfdoc_stored_picture(struct pdfdoc *pdf, uint32_t index, struct picture *ret_picture)
{
    if (!pdf->is_scan_read || pdf->list == NULL || pdf->page_index != index)
        return false;
    const fz_compressed_buffer *stream = fz_compressed_image_buffer(pdf->context, pdf->survey.scan);
    return stream != NULL && take_stream(pdf->context, pdf->survey.scan, stream, ret_picture);
}

/* --- In colour --- */

/* @pixmap: grey or RGB without alpha. NULL without memory. */
static struct Pix *pix_of(const fz_pixmap *pixmap)
{
    bool is_grey = pixmap->n == 1;
    struct Pix *pix = pixCreateNoInit(pixmap->w, pixmap->h, is_grey ? 8 : 32);

    if (pix == NULL)
        return NULL;
    for (int y = 0; y < pixmap->h; y++) {
        const uint8_t *sample = pixmap->samples + (ptrdiff_t)y * pixmap->stride;
        l_uint32 *row = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
        for (int x = 0; x < pixmap->w; x++, sample += pixmap->n)
            if (is_grey)
                SET_DATA_BYTE(row, x, sample[0]);
            else
                row[x] = (l_uint32)sample[0] << 24 | (l_uint32)sample[1] << 16 |
                         (l_uint32)sample[2] << 8;
    }
    return pix;
}

static status_code read_scan(struct pdfdoc *pdf, fz_colorspace *colorspace, float scale,
                             fz_pixmap **ret_pixmap, struct status *st)
{
    fz_context *context = pdf->context;
    fz_image *scan = pdf->survey.scan;
    fz_matrix matrix = fz_scale((float)scan->w * scale, (float)scan->h * scale);
    fz_pixmap *pixmap = NULL;
    fz_pixmap *converted = NULL;
    int width, height;

    fz_var(pixmap);
    fz_var(converted);
    fz_try(context)
    {
        pixmap = fz_get_pixmap_from_image(context, scan, NULL, &matrix, &width, &height);
        converted =
            fz_convert_pixmap(context, pixmap, colorspace, NULL, NULL, fz_default_color_params, 0);
    }
    fz_always(context) fz_drop_pixmap(context, pixmap);
    fz_catch(context) return pdfdoc_fail(pdf, pdf->page_index, st);
    *ret_pixmap = converted;
    return STATUS_OK;
}

status_code pdfdoc_read_pix(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                            uint32_t side_max, struct Pix **ret_pix, struct status *st)
{
    uint32_t side =
        image->stored_width > image->stored_height ? image->stored_width : image->stored_height;
    float scale = fminf(1, (float)side_max / (float)side);
    fz_pixmap *pixmap = NULL;

    TRY(pdfdoc_hold_page(pdf, index, st));
    fz_colorspace *colorspace =
        image->is_grey ? fz_device_gray(pdf->context) : fz_device_rgb(pdf->context);
    if (pdf->is_scan_read)
        TRY(read_scan(pdf, colorspace, scale, &pixmap, st));
    else
        TRY(pdfdoc_draw(pdf, image->dpi * scale, colorspace, PDFDOC_DRAW_ALL, &pixmap, st));
    struct Pix *pix = pix_of(pixmap);
    fz_drop_pixmap(pdf->context, pixmap);
    if (pix == NULL)
        return FAIL_PAGE_MEMORY(st);
    *ret_pix = pix;
    return STATUS_OK;
}

/* --- Any image --- */

/* @pixmap: of an image mask: 255 where it paints. NULL without memory. */
static struct Pix *mask_of(const fz_pixmap *pixmap)
{
    struct Pix *pix = pixCreate(pixmap->w, pixmap->h, 1);

    if (pix == NULL)
        return NULL;
    for (int y = 0; y < pixmap->h; y++) {
        const uint8_t *sample = pixmap->samples + (ptrdiff_t)y * pixmap->stride;
        l_uint32 *row = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
        for (int x = 0; x < pixmap->w; x++)
            if (sample[x] >= 128)
                SET_DATA_BIT(row, x);
    }
    return pix;
}

/* May throw. NULL without memory. */
static struct Pix *decode_image(fz_context *context, fz_image *image)
{
    fz_pixmap *pixmap = NULL;
    fz_pixmap *rgb = NULL;
    struct Pix *pix = NULL;

    fz_var(pixmap);
    fz_var(rgb);
    fz_var(pix);
    fz_try(context)
    {
        pixmap = fz_get_unscaled_pixmap_from_image(context, image);
        if (image->imagemask) {
            pix = pixmap->n == 1 ? mask_of(pixmap) : NULL;
        } else {
            rgb = fz_convert_pixmap(context, pixmap, fz_device_rgb(context), NULL, NULL,
                                    fz_default_color_params, 0);
            pix = pix_of(rgb);
        }
    }
    fz_always(context)
    {
        fz_drop_pixmap(context, pixmap);
        fz_drop_pixmap(context, rgb);
    }
    fz_catch(context)
    {
        pixDestroy(&pix);
        fz_rethrow(context);
    }
    return pix;
}

bool pdfdoc_take_image(fz_context *context, fz_image *image, struct picture *ret_picture)
{
    const fz_compressed_buffer *stream = fz_compressed_image_buffer(context, image);
    struct status unused;

    if (image_check_size((uint64_t)image->w, (uint64_t)image->h, &unused) != STATUS_OK)
        return false;
    if (stream != NULL && !image->imagemask && take_stream(context, image, stream, ret_picture))
        return true;
    struct Pix *pix = decode_image(context, image);
    bool is_taken = pix != NULL && picture_encode(pix, PAGE_PICTURE_MAX_BYTES, ret_picture);
    pixDestroy(&pix);
    return is_taken;
}
