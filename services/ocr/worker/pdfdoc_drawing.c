#include "services/ocr/worker/pdfdoc_drawing.h"

#include "services/ocr/worker/pdfdoc_drawing_internal.h"
#include "services/ocr/worker/pdfdoc_internal.h"
#include "services/ocr/worker/pdfdoc_picture.h"

enum {
    /* Pictures of a page take more than this only where they are finer than the page: a JPEG of it
     * has less than a quarter of a byte a pixel. */
    PIXELS_PER_IMAGE_BYTE = 2,
};

/* --- Images --- */

static size_t need_image(fz_context *context, fz_device *device, fz_image *image)
{
    struct drawing_device *drawing = pdfdraw_device_of(device);
    struct picture picture;
    size_t number;

    for (size_t i = 0; i < drawing->drawing->image_count; i++)
        if (drawing->images[i] == image)
            return i;
    if (image->mask != NULL || image->use_colorkey ||
        !pdfdoc_take_image(context, image, &picture)) {
        pdfdraw_refuse(device);
        return 0;
    }
    drawing_add_image(drawing->drawing, &picture, image->imagemask, &number);
    drawing->images[number] = image;
    return number;
}

/* mupdf counts a picture's rows from its top, PDF from its bottom. */
static void put_image(fz_context *context, fz_device *device, fz_image *image, fz_matrix matrix)
{
    size_t number = need_image(context, device, image);

    pdfdraw_put(device, " q");
    pdfdraw_put_matrix(device, fz_pre_scale(fz_pre_translate(matrix, 0, 1), 1, -1));
    drawing_put_use(pdfdraw_device_of(device)->drawing, 'I', number);
    pdfdraw_put(device, "Q\n");
}

static void fill_image(fz_context *context, fz_device *device, fz_image *image, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    if (alpha < 1 || image->imagemask)
        pdfdraw_refuse(device);
    else
        put_image(context, device, image, matrix);
}

static void fill_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_colorspace *colorspace, const float *color,
                            float alpha, fz_color_params params)
{
    pdfdraw_set_color(context, device, colorspace, color, alpha, false);
    if (!image->imagemask)
        pdfdraw_refuse(device);
    else
        put_image(context, device, image, matrix);
}

/* --- What a drawing does not have --- */

static void clip_stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                             const fz_stroke_state *stroke, fz_matrix matrix, fz_rect scissor)
{
    pdfdraw_refuse(device);
}

static void clip_stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                             const fz_stroke_state *stroke, fz_matrix matrix, fz_rect scissor)
{
    pdfdraw_refuse(device);
}

static void clip_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_rect scissor)
{
    pdfdraw_refuse(device);
}

static void fill_shade(fz_context *context, fz_device *device, fz_shade *shade, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    pdfdraw_refuse(device);
}

static void begin_mask(fz_context *context, fz_device *device, fz_rect area, int luminosity,
                       fz_colorspace *colorspace, const float *backdrop, fz_color_params params)
{
    pdfdraw_refuse(device);
}

/* One that changes nothing is drawn as if it were none. */
static void begin_group(fz_context *context, fz_device *device, fz_rect area,
                        fz_colorspace *colorspace, int isolated, int knockout, int blend_mode,
                        float alpha)
{
    if (blend_mode != FZ_BLEND_NORMAL || alpha < 1 || knockout)
        pdfdraw_refuse(device);
}

static int begin_tile(fz_context *context, fz_device *device, fz_rect area, fz_rect view,
                      float x_step, float y_step, fz_matrix matrix, int id)
{
    pdfdraw_refuse(device);
    return 0;
}

/* --- The page --- */

static struct drawing_device *new_device(fz_context *context, struct drawing *drawing,
                                         fz_cookie *cookie, struct glyph_slot *glyphs)
{
    struct drawing_device *device =
        (struct drawing_device *)fz_new_device_of_size(context, (int)sizeof(*device));

    device->drawing = drawing;
    device->cookie = cookie;
    device->glyphs = glyphs;
    device->base.fill_path = pdfdraw_fill_path;
    device->base.stroke_path = pdfdraw_stroke_path;
    device->base.clip_path = pdfdraw_clip_path;
    device->base.clip_stroke_path = clip_stroke_path;
    device->base.fill_text = pdfdraw_fill_text;
    device->base.stroke_text = pdfdraw_stroke_text;
    device->base.clip_text = pdfdraw_clip_text;
    device->base.clip_stroke_text = clip_stroke_text;
    device->base.fill_shade = fill_shade;
    device->base.fill_image = fill_image;
    device->base.fill_image_mask = fill_image_mask;
    device->base.clip_image_mask = clip_image_mask;
    device->base.pop_clip = pdfdraw_pop_clip;
    device->base.begin_mask = begin_mask;
    device->base.begin_group = begin_group;
    device->base.begin_tile = begin_tile;
    return device;
}

/* May throw. */
static void run(struct pdfdoc *pdf, fz_matrix matrix, struct drawing *drawing, fz_cookie *cookie)
{
    fz_context *context = pdf->context;
    struct glyph_slot *glyphs = NULL;
    struct drawing_device *device = NULL;

    fz_var(glyphs);
    fz_var(device);
    fz_try(context)
    {
        glyphs = fz_calloc(context, PDFDRAW_GLYPH_SLOTS, sizeof(*glyphs));
        device = new_device(context, drawing, cookie, glyphs);
        fz_run_display_list(context, pdf->list, &device->base, matrix,
                            fz_transform_rect(pdf->bounds, matrix), cookie);
        drawing->is_refused = drawing->is_refused || device->clip_count > 0;
        fz_close_device(context, &device->base);
    }
    fz_always(context)
    {
        if (device != NULL)
            fz_drop_device(context, &device->base);
        fz_free(context, glyphs);
    }
    fz_catch(context) fz_rethrow(context);
}

/* From points of the page to pixels of its upright picture. */
static fz_matrix page_matrix(const struct pdfdoc *pdf, const struct image *image)
{
    const struct affine place = image->placement;
    fz_matrix drawn = fz_pre_translate(fz_scale(image->dpi / 72, image->dpi / 72), -pdf->bounds.x0,
                                       -pdf->bounds.y0);

    return fz_concat(drawn, fz_make_matrix((float)place.a, (float)place.b, (float)place.c,
                                           (float)place.d, (float)place.e, (float)place.f));
}

bool pdfdoc_draw_operators(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                           struct picture *ret_picture)
{
    fz_context *context = pdf->context;
    _cleanup_(drawing_freep) struct drawing *drawing = drawing_new();
    fz_cookie cookie = {0};
    bool is_thrown = false;
    struct str bytes;

    if (drawing == NULL || pdf->is_scan_read || pdf->list == NULL || pdf->page_index != index ||
        pdf->is_page_damaged)
        return false;
    fz_var(is_thrown);
    pdfdoc_watch_begin(&cookie, PDFDOC_PAGE_TIME_MAX_MS);
    fz_try(context) run(pdf, page_matrix(pdf, image), drawing, &cookie);
    fz_catch(context) is_thrown = true;
    bool is_late = pdfdoc_watch_end();
    if (is_thrown || is_late || cookie.errors > 0 || drawing->is_refused ||
        drawing->content.length == 0 || drawing->image_bytes > DRAWING_IMAGES_MAX_BYTES ||
        drawing->image_bytes > (size_t)image->width * image->height / PIXELS_PER_IMAGE_BYTE ||
        !drawing_pack(drawing, &bytes))
        return false;
    *ret_picture = (struct picture){
        .encoding = PICTURE_DRAWING,
        .width = image->width,
        .height = image->height,
        .components = 3,
        .bits_per_component = 8,
        .placement = affine_identity,
        .data = bytes,
    };
    return true;
}
