#include <math.h>

#include "services/ocr/worker/pdfdoc_internal.h"

/* --- Drawing --- */

/* What the limits of image.h allow, PDFDOC_DPI at most. */
static float allowed_dpi(fz_rect bounds, float wanted_dpi)
{
    float width = (bounds.x1 - bounds.x0) / 72;
    float height = (bounds.y1 - bounds.y0) / 72;
    float dpi = wanted_dpi;

    /* A pixel is kept free: areas are rounded outwards. */
    dpi = fminf(dpi, (PAGE_SIDE_MAX - 1) / fmaxf(width, 1e-3f));
    dpi = fminf(dpi, (PAGE_SIDE_MAX - 1) / fmaxf(height, 1e-3f));
    float pixels = width * height * dpi * dpi;
    if (pixels > PAGE_PIXELS_MAX * 0.99f)
        dpi *= sqrtf(PAGE_PIXELS_MAX * 0.99f / pixels);
    return dpi;
}

/* Pictures of a page keep their own resolution where they are most of it: a scan in strips, or one
 * with a stamp on it. */
static float wanted_dpi(const struct pdfdoc *pdf)
{
    const float dpi_min = 200, dpi_max = 400;
    float page_area = (pdf->bounds.x1 - pdf->bounds.x0) * (pdf->bounds.y1 - pdf->bounds.y0);

    if (pdf->survey.image_area < page_area / 2)
        return PDFDOC_DPI;
    return fminf(fmaxf(pdf->survey.image_dpi, dpi_min), dpi_max);
}

/* @pixmap: one grey sample a pixel; taken. */
static status_code grey_image(struct pdfdoc *pdf, fz_pixmap *pixmap, float dpi,
                              struct image **ret_image, struct status *st)
{
    struct image *image;
    status_code code = image_new((uint32_t)pixmap->w, (uint32_t)pixmap->h, &image, st);

    if (code == STATUS_OK) {
        for (uint32_t y = 0; y < image->height; y++)
            image_put_row(image, y, pixmap->samples + (ptrdiff_t)y * pixmap->stride);
        image->dpi = dpi;
        *ret_image = image;
    }
    fz_drop_pixmap(pdf->context, pixmap);
    return code;
}

static status_code draw_page(struct pdfdoc *pdf, struct image **ret_image, struct status *st)
{
    float dpi = allowed_dpi(pdf->bounds, wanted_dpi(pdf));
    fz_pixmap *pixmap;

    TRY(pdfdoc_draw(pdf, dpi, fz_device_gray(pdf->context), PDFDOC_DRAW_ALL, &pixmap, st));
    TRY(grey_image(pdf, pixmap, dpi, ret_image, st));
    (*ret_image)->is_grey = !pdf->survey.has_colors;
    return STATUS_OK;
}

/* --- Scans --- */

/* The EXIF orientation (1 to 8) by which a scan lies on its page; 0 when it lies askew. */
static unsigned scan_orientation(fz_matrix matrix)
{
    /* EXIF 2.3 §4.6.4: mirrored sideways first, then turned by quarters clockwise. */
    static const unsigned orientations[2][4] = {{1, 6, 3, 8}, {2, 7, 4, 5}};
    const float askew = 1e-3f; /* of the side */
    bool is_mirrored = matrix.a * matrix.d - matrix.b * matrix.c < 0;
    float a = is_mirrored ? -matrix.a : matrix.a;
    float b = is_mirrored ? -matrix.b : matrix.b;

    if (fabsf(matrix.b) <= askew * fabsf(matrix.a) && fabsf(matrix.c) <= askew * fabsf(matrix.d))
        return orientations[is_mirrored][a > 0 ? 0 : 2];
    if (fabsf(matrix.a) <= askew * fabsf(matrix.b) && fabsf(matrix.d) <= askew * fabsf(matrix.c))
        return orientations[is_mirrored][b > 0 ? 1 : 3];
    return 0;
}

/* True when the page is one picture and nothing else, so that drawing it would only resample. */
static bool is_plain_scan(const struct pdfdoc *pdf)
{
    const struct pdfdoc_survey *survey = &pdf->survey;
    struct status unused;

    return survey->image_count == 1 && survey->scan != NULL && survey->mark_count == 0 &&
           survey->scan->mask == NULL && !survey->scan->use_colorkey &&
           scan_orientation(survey->scan_matrix) != 0 &&
           image_check_size((uint64_t)survey->scan->w, (uint64_t)survey->scan->h, &unused) ==
               STATUS_OK;
}

/* The JPEG file inside the PDF, when its samples are the page's grey or RGB as they are. */
static bool find_jpeg(struct pdfdoc *pdf, struct file_bytes *ret_jpeg)
{
    fz_image *scan = pdf->survey.scan;
    fz_compressed_buffer *compressed = fz_compressed_image_buffer(pdf->context, scan);
    unsigned char *data;

    if (compressed == NULL || compressed->params.type != FZ_IMAGE_JPEG || scan->use_decode ||
        scan->bpc != 8 || scan->colorspace == NULL ||
        !(fz_colorspace_is_gray(pdf->context, scan->colorspace) ||
          fz_colorspace_is_rgb(pdf->context, scan->colorspace)))
        return false;
    ret_jpeg->size = fz_buffer_storage(pdf->context, compressed->buffer, &data);
    ret_jpeg->data = data;
    return true;
}

static status_code decode_scan(struct pdfdoc *pdf, struct image **ret_image, struct status *st)
{
    fz_context *context = pdf->context;
    fz_pixmap *pixmap = NULL;
    fz_pixmap *grey = NULL;

    fz_var(pixmap);
    fz_var(grey);
    fz_try(context)
    {
        pixmap = fz_get_unscaled_pixmap_from_image(context, pdf->survey.scan);
        grey = fz_convert_pixmap(context, pixmap, fz_device_gray(context), NULL, NULL,
                                 fz_default_color_params, 0);
    }
    fz_always(context) fz_drop_pixmap(context, pixmap);
    fz_catch(context) return pdfdoc_fail(pdf, pdf->page_index, st);
    return grey_image(pdf, grey, 0, ret_image, st);
}

static status_code read_scan(struct pdfdoc *pdf, struct image **ret_image, struct status *st)
{
    const fz_matrix matrix = pdf->survey.scan_matrix;
    struct file_bytes jpeg;
    struct image *image = NULL;
    float width = hypotf(matrix.a, matrix.b);

    if (!find_jpeg(pdf, &jpeg) || decode_jpeg_plain(jpeg, &image, st) != STATUS_OK)
        TRY(decode_scan(pdf, &image, st));
    image->dpi = image_plausible_dpi((double)image->width * 72 / (double)width);
    image->is_grey = pdf->survey.scan->colorspace == NULL ||
                     fz_colorspace_is_gray(pdf->context, pdf->survey.scan->colorspace);
    status_code code = decode_orient(image, scan_orientation(matrix), st);
    if (code != STATUS_OK) {
        image_free(image);
        return code;
    }
    *ret_image = image;
    return STATUS_OK;
}

status_code pdfdoc_read_page(struct pdfdoc *pdf, uint32_t index, struct image **ret_image,
                             struct status *st)
{
    struct status failure;

    TRY(pdfdoc_hold_page(pdf, index, st));
    /* What cannot be had whole is drawn as far as it goes. */
    pdf->is_scan_read = is_plain_scan(pdf) && read_scan(pdf, ret_image, &failure) == STATUS_OK;
    return pdf->is_scan_read ? STATUS_OK : draw_page(pdf, ret_image, st);
}
