#include <math.h>
#include <string.h>

#include "services/ocr/worker/pdfdoc_drawing_internal.h"

struct drawing_device *pdfdraw_device_of(fz_device *device)
{
    return (struct drawing_device *)device;
}

void pdfdraw_refuse(fz_device *device)
{
    pdfdraw_device_of(device)->drawing->is_refused = true;
    pdfdraw_device_of(device)->cookie->abort = 1;
}

static struct buf *content_of(fz_device *device)
{
    return &pdfdraw_device_of(device)->drawing->content;
}

void pdfdraw_put(fz_device *device, const char *operators)
{
    drawing_put(pdfdraw_device_of(device)->drawing, content_of(device), operators);
}

void pdfdraw_put_number(fz_device *device, double number, int decimals)
{
    drawing_put_number(pdfdraw_device_of(device)->drawing, content_of(device), number, decimals);
}

void pdfdraw_put_matrix(fz_device *device, fz_matrix m)
{
    const float numbers[] = {m.a, m.b, m.c, m.d};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        pdfdraw_put_number(device, (double)numbers[i], PDFDRAW_MATRIX_DECIMALS);
    pdfdraw_put_number(device, (double)m.e, PDFDRAW_POINT_DECIMALS);
    pdfdraw_put_number(device, (double)m.f, PDFDRAW_POINT_DECIMALS);
    pdfdraw_put(device, " cm");
}

/* --- State --- */

void pdfdraw_save(fz_device *device)
{
    struct drawing_device *drawing = pdfdraw_device_of(device);

    if (drawing->clip_count == PDFDRAW_CLIPS_MAX) {
        pdfdraw_refuse(device);
        return;
    }
    drawing->colors[drawing->clip_count + 1] = drawing->colors[drawing->clip_count];
    drawing->clip_count++;
    pdfdraw_put(device, "q");
}

void pdfdraw_pop_clip(fz_context *context, fz_device *device)
{
    if (pdfdraw_device_of(device)->clip_count == 0) {
        pdfdraw_refuse(device);
        return;
    }
    pdfdraw_device_of(device)->clip_count--;
    pdfdraw_put(device, "Q\n");
}

void pdfdraw_set_color(fz_context *context, fz_device *device, fz_colorspace *colorspace,
                       const float *color, float alpha, bool is_stroke)
{
    struct drawing_device *drawing = pdfdraw_device_of(device);
    struct colors *colors = &drawing->colors[drawing->clip_count];
    struct color *current = is_stroke ? &colors->stroke : &colors->fill;
    struct color wanted = {.is_set = true};
    float rgb[FZ_MAX_COLORS] = {0};

    if (colorspace == NULL || alpha < 1) {
        pdfdraw_refuse(device);
        return;
    }
    fz_convert_color(context, colorspace, color, fz_device_rgb(context), rgb, NULL,
                     fz_default_color_params);
    memcpy(wanted.rgb, rgb, sizeof(wanted.rgb));
    if (current->is_set && memcmp(current->rgb, wanted.rgb, sizeof(wanted.rgb)) == 0)
        return;
    *current = wanted;
    for (size_t i = 0; i < ARRAY_LENGTH(wanted.rgb); i++)
        pdfdraw_put_number(device, (double)fz_clamp(wanted.rgb[i], 0, 1), PDFDRAW_COLOR_DECIMALS);
    pdfdraw_put(device, is_stroke ? " RG\n" : " rg\n");
}

/* --- Paths --- */

static void put_point(const struct pdfdraw_path *writer, float x, float y)
{
    fz_point point = fz_transform_point_xy(x, y, writer->matrix);

    drawing_put_number(writer->drawing, writer->out, (double)point.x, writer->decimals);
    drawing_put_number(writer->drawing, writer->out, (double)point.y, writer->decimals);
}

static void move_to(fz_context *context, void *arg, float x, float y)
{
    const struct pdfdraw_path *writer = arg;

    put_point(writer, x, y);
    drawing_put(writer->drawing, writer->out, " m");
}

static void line_to(fz_context *context, void *arg, float x, float y)
{
    const struct pdfdraw_path *writer = arg;

    put_point(writer, x, y);
    drawing_put(writer->drawing, writer->out, " l");
}

static void curve_to(fz_context *context, void *arg, float x1, float y1, float x2, float y2,
                     float x3, float y3)
{
    const struct pdfdraw_path *writer = arg;

    put_point(writer, x1, y1);
    put_point(writer, x2, y2);
    put_point(writer, x3, y3);
    drawing_put(writer->drawing, writer->out, " c");
}

static void close_path(fz_context *context, void *arg)
{
    const struct pdfdraw_path *writer = arg;

    drawing_put(writer->drawing, writer->out, " h");
}

void pdfdraw_write_path(fz_context *context, const struct pdfdraw_path *writer, const fz_path *path)
{
    static const fz_path_walker walker = {
        .moveto = move_to, .lineto = line_to, .curveto = curve_to, .closepath = close_path};

    fz_walk_path(context, path, &walker, (void *)writer);
}

void pdfdraw_put_path(fz_context *context, fz_device *device, const fz_path *path, fz_matrix matrix)
{
    const struct pdfdraw_path writer = {pdfdraw_device_of(device)->drawing, content_of(device),
                                        matrix, PDFDRAW_POINT_DECIMALS};

    pdfdraw_write_path(context, &writer, path);
}

void pdfdraw_fill_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                       fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                       fz_color_params params)
{
    pdfdraw_set_color(context, device, colorspace, color, alpha, false);
    pdfdraw_put_path(context, device, path, matrix);
    pdfdraw_put(device, even_odd ? " f*\n" : " f\n");
}

static void put_stroke_state(fz_device *device, const fz_stroke_state *stroke)
{
    /* PDF's numbers are mupdf's; what only XPS has is drawn as the nearest. */
    int join = stroke->linejoin == FZ_LINEJOIN_MITER_XPS ? FZ_LINEJOIN_MITER : stroke->linejoin;
    int cap = stroke->start_cap == FZ_LINECAP_TRIANGLE ? FZ_LINECAP_BUTT : stroke->start_cap;

    pdfdraw_put_number(device, (double)stroke->linewidth, PDFDRAW_MATRIX_DECIMALS);
    pdfdraw_put(device, " w");
    pdfdraw_put_number(device, cap, 0);
    pdfdraw_put(device, " J");
    pdfdraw_put_number(device, join, 0);
    pdfdraw_put(device, " j");
    pdfdraw_put_number(device, (double)fmaxf(stroke->miterlimit, 1), PDFDRAW_COLOR_DECIMALS);
    pdfdraw_put(device, " M[");
    for (int i = 0; i < stroke->dash_len; i++)
        pdfdraw_put_number(device, (double)stroke->dash_list[i], PDFDRAW_MATRIX_DECIMALS);
    pdfdraw_put(device, "]");
    pdfdraw_put_number(device, (double)stroke->dash_phase, PDFDRAW_MATRIX_DECIMALS);
    pdfdraw_put(device, " d");
}

/* The pen is of the path's own space, in which it is round. */
void pdfdraw_stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                         const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                         const float *color, float alpha, fz_color_params params)
{
    const struct pdfdraw_path writer = {pdfdraw_device_of(device)->drawing, content_of(device),
                                        fz_identity, PDFDRAW_MATRIX_DECIMALS};

    pdfdraw_set_color(context, device, colorspace, color, alpha, true);
    pdfdraw_put(device, " q");
    pdfdraw_put_matrix(device, matrix);
    put_stroke_state(device, stroke);
    pdfdraw_write_path(context, &writer, path);
    pdfdraw_put(device, " S Q\n");
}

void pdfdraw_clip_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                       fz_matrix matrix, fz_rect scissor)
{
    pdfdraw_save(device);
    pdfdraw_put_path(context, device, path, matrix);
    pdfdraw_put(device, even_odd ? " W* n\n" : " W n\n");
}
