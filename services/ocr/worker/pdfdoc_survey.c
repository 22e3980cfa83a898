#include "services/ocr/worker/pdfdoc_survey.h"

#include <math.h>

/* A device that draws nothing and counts what it is given. */
struct survey_device {
    fz_device base;
    struct pdfdoc_survey *survey;
    fz_rect bounds;
    float largest_image_area;
    float glyph_area; /* sum over glyphs, in square points */
};

static struct pdfdoc_survey *survey_of(fz_device *device)
{
    return ((struct survey_device *)device)->survey;
}

static bool is_grey(fz_context *context, fz_colorspace *colorspace)
{
    return colorspace == NULL || fz_colorspace_is_gray(context, colorspace);
}

static void note_color(fz_context *context, fz_device *device, fz_colorspace *colorspace,
                       const float *color)
{
    const float same = 1.0f / 255;
    float rgb[FZ_MAX_COLORS] = {0};

    if (survey_of(device)->has_colors || is_grey(context, colorspace))
        return;
    fz_convert_color(context, colorspace, color, fz_device_rgb(context), rgb, NULL,
                     fz_default_color_params);
    survey_of(device)->has_colors = fabsf(rgb[0] - rgb[1]) > same || fabsf(rgb[1] - rgb[2]) > same;
}

/* Something white before the first image is paper. */
static void note_mark(fz_context *context, fz_device *device, fz_colorspace *colorspace,
                      const float *color, float alpha)
{
    struct pdfdoc_survey *survey = survey_of(device);
    float grey = 0;

    if (alpha <= 0)
        return;
    if (colorspace != NULL)
        fz_convert_color(context, colorspace, color, fz_device_gray(context), &grey, NULL,
                         fz_default_color_params);
    if (survey->image_count == 0 && grey >= 1)
        return;
    survey->mark_count++;
    survey->mark_on_image_count += survey->image_count > 0;
}

/* Notes text that is drawn, or is not, and counts its glyphs. A glyph takes time by the area that
 * it covers, of the page at most; mupdf draws all of a text object without a look at the time. */
static uint32_t count_glyphs(fz_device *device, const fz_text *text, fz_matrix matrix)
{
    const float pages_max = 500; /* of ink: text of a common size covers a page with 5,000 glyphs */
    struct survey_device *survey_device = (struct survey_device *)device;
    fz_rect bounds = survey_device->bounds;
    float page_area = (bounds.x1 - bounds.x0) * (bounds.y1 - bounds.y0);
    uint32_t count = 0;

    for (const fz_text_span *span = text->head; span != NULL; span = span->next) {
        float size = fz_matrix_expansion(fz_concat(span->trm, matrix));
        uint32_t glyphs = 0;
        for (int i = 0; i < span->len; i++)
            glyphs += span->items[i].gid >= 0 && span->items[i].ucs != ' ';
        survey_device->glyph_area += fminf(size * size, page_area) * (float)glyphs;
        count += glyphs;
    }
    if (survey_device->glyph_area > page_area * pages_max)
        survey_device->survey->is_endless = true;
    return count;
}

static void fill_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                      fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    note_color(context, device, colorspace, color);
    note_mark(context, device, colorspace, color, alpha);
}

static void stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    note_color(context, device, colorspace, color);
    note_mark(context, device, colorspace, color, alpha);
}

static void fill_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    note_color(context, device, colorspace, color);
    note_mark(context, device, NULL, NULL, 1);
    survey_of(device)->glyph_count += count_glyphs(device, text, matrix);
}

static void stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    note_color(context, device, colorspace, color);
    note_mark(context, device, NULL, NULL, 1);
    survey_of(device)->glyph_count += count_glyphs(device, text, matrix);
}

static void clip_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_rect scissor)
{
    note_mark(context, device, NULL, NULL, 1);
    survey_of(device)->is_text_clip = true;
}

static void clip_stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                             const fz_stroke_state *stroke, fz_matrix matrix, fz_rect scissor)
{
    clip_text(context, device, text, matrix, scissor);
}

static void ignore_text(fz_context *context, fz_device *device, const fz_text *text,
                        fz_matrix matrix)
{
    survey_of(device)->hidden_glyph_count += count_glyphs(device, text, matrix);
}

static void fill_shade(fz_context *context, fz_device *device, fz_shade *shade, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    survey_of(device)->has_colors |= !is_grey(context, shade->colorspace);
    note_mark(context, device, NULL, NULL, alpha);
}

/* True when the image covers all of the page but for a narrow edge. */
static bool covers(fz_rect image, fz_rect page)
{
    const float edge = 0.04f; /* of the side: scanners crop and pad by a few millimetres */
    float x = (page.x1 - page.x0) * edge;
    float y = (page.y1 - page.y0) * edge;

    return image.x0 <= page.x0 + x && image.y0 <= page.y0 + y && image.x1 >= page.x1 - x &&
           image.y1 >= page.y1 - y;
}

/* Returns whether the image may be the page's scan. */
static bool note_image(fz_device *device, const fz_image *image, fz_matrix matrix)
{
    struct survey_device *survey_device = (struct survey_device *)device;
    struct pdfdoc_survey *survey = survey_device->survey;
    fz_rect box = fz_transform_rect(fz_unit_rect, matrix);
    fz_rect visible = fz_intersect_rect(box, survey_device->bounds);

    survey->image_count++;
    if (fz_is_empty_rect(visible))
        return false;
    float area = (visible.x1 - visible.x0) * (visible.y1 - visible.y0);
    survey->image_area += area;
    if (area > survey_device->largest_image_area) {
        survey_device->largest_image_area = area;
        float width = hypotf(matrix.a, matrix.b);
        survey->image_dpi = width > 0 ? (float)image->w * 72 / width : 0;
    }
    return survey->image_count == 1 && covers(box, survey_device->bounds);
}

static void fill_image(fz_context *context, fz_device *device, fz_image *image, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    struct pdfdoc_survey *survey = survey_of(device);

    if (alpha <= 0)
        return;
    survey->has_colors |= !is_grey(context, image->colorspace);
    if (note_image(device, image, matrix) && alpha >= 1) {
        survey->scan = fz_keep_image(context, image);
        survey->scan_matrix = matrix;
    }
}

static void fill_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_colorspace *colorspace, const float *color,
                            float alpha, fz_color_params params)
{
    note_color(context, device, colorspace, color);
    if (alpha > 0)
        (void)note_image(device, image, matrix);
}

static void clip_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_rect scissor)
{
    (void)note_image(device, image, matrix);
}

/* mupdf lays tile after tile without a look at the time. */
static int begin_tile(fz_context *context, fz_device *device, fz_rect area, fz_rect view,
                      float x_step, float y_step, fz_matrix matrix, int id)
{
    const float tiles_max = 4e6f; /* of a page: each a few pixels, at PDFDOC_DPI */
    float columns = (area.x1 - area.x0) / fmaxf(fabsf(x_step), 1e-9f);
    float rows = (area.y1 - area.y0) / fmaxf(fabsf(y_step), 1e-9f);

    if (columns > 0 && rows > 0 && fmaxf(columns, 1) * fmaxf(rows, 1) > tiles_max)
        survey_of(device)->is_endless = true;
    return 0;
}

static struct survey_device *new_device(fz_context *context, fz_rect bounds,
                                        struct pdfdoc_survey *survey)
{
    /* fz_new_derived_device() wants its context to be called ctx. */
    struct survey_device *device =
        (struct survey_device *)fz_new_device_of_size(context, (int)sizeof(*device));

    device->survey = survey;
    device->bounds = bounds;
    device->base.fill_path = fill_path;
    device->base.stroke_path = stroke_path;
    device->base.fill_text = fill_text;
    device->base.stroke_text = stroke_text;
    device->base.clip_text = clip_text;
    device->base.clip_stroke_text = clip_stroke_text;
    device->base.ignore_text = ignore_text;
    device->base.fill_shade = fill_shade;
    device->base.fill_image = fill_image;
    device->base.fill_image_mask = fill_image_mask;
    device->base.clip_image_mask = clip_image_mask;
    device->base.begin_tile = begin_tile;
    return device;
}

void pdfdoc_survey_page(fz_context *context, fz_display_list *list, fz_rect bounds,
                        struct pdfdoc_survey *survey, fz_cookie *cookie)
{
    struct survey_device *device = new_device(context, bounds, survey);

    fz_try(context)
    {
        fz_run_display_list(context, list, &device->base, fz_identity, fz_infinite_rect, cookie);
        fz_close_device(context, &device->base);
    }
    fz_always(context) fz_drop_device(context, &device->base);
    fz_catch(context) fz_rethrow(context);
}

void pdfdoc_survey_drop(fz_context *context, struct pdfdoc_survey *survey)
{
    fz_drop_image(context, survey->scan);
    *survey = (struct pdfdoc_survey){0};
}
