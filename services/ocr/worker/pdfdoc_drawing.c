#include "services/ocr/worker/pdfdoc_drawing.h"

#include <math.h>
#include <string.h>

#include "services/ocr/worker/pdfdoc_internal.h"
#include "services/ocr/worker/pdfdoc_picture.h"
#include "services/ocr/worker/pictures/drawing.h"

enum {
    POINT_DECIMALS = 2,
    MATRIX_DECIMALS = 4,
    GLYPH_DECIMALS = 4, /* of an em */
    COLOR_DECIMALS = 3,
    CLIPS_MAX = 64,     /* inside each other */
    GLYPH_SLOTS = 8192, /* a power of two, at least twice DRAWING_GLYPHS_MAX */
    /* Pictures of a page take more than this only where they are finer than the page: a JPEG of it
     * has less than a quarter of a byte a pixel. */
    PIXELS_PER_IMAGE_BYTE = 2,
};

struct color {
    bool is_set;
    float rgb[3];
};

/* What PDF saves by q. */
struct colors {
    struct color fill, stroke;
};

struct glyph_slot {
    const fz_font *font; /* NULL: the slot is free */
    int gid;
    size_t number;
};

/* Writes what it is given. */
struct drawing_device {
    fz_device base;
    struct drawing *drawing;
    fz_cookie *cookie;
    struct colors colors[CLIPS_MAX + 1];
    size_t clip_count;
    struct glyph_slot *glyphs;                  /* GLYPH_SLOTS; by open addressing */
    const fz_image *images[DRAWING_IMAGES_MAX]; /* by number; the list keeps them */
};

static struct drawing_device *device_of(fz_device *device)
{
    return (struct drawing_device *)device;
}

static void refuse(fz_device *device)
{
    device_of(device)->drawing->is_refused = true;
    device_of(device)->cookie->abort = 1;
}

static struct buf *content_of(fz_device *device)
{
    return &device_of(device)->drawing->content;
}

static void put(fz_device *device, const char *operators)
{
    drawing_put(device_of(device)->drawing, content_of(device), operators);
}

static void put_number(fz_device *device, double number, int decimals)
{
    drawing_put_number(device_of(device)->drawing, content_of(device), number, decimals);
}

static void put_matrix(fz_device *device, fz_matrix m)
{
    const float numbers[] = {m.a, m.b, m.c, m.d};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        put_number(device, (double)numbers[i], MATRIX_DECIMALS);
    put_number(device, (double)m.e, POINT_DECIMALS);
    put_number(device, (double)m.f, POINT_DECIMALS);
    put(device, " cm");
}

/* --- State --- */

static void save(fz_device *device)
{
    struct drawing_device *drawing = device_of(device);

    if (drawing->clip_count == CLIPS_MAX) {
        refuse(device);
        return;
    }
    drawing->colors[drawing->clip_count + 1] = drawing->colors[drawing->clip_count];
    drawing->clip_count++;
    put(device, "q");
}

static void pop_clip(fz_context *context, fz_device *device)
{
    if (device_of(device)->clip_count == 0) {
        refuse(device);
        return;
    }
    device_of(device)->clip_count--;
    put(device, "Q\n");
}

static void set_color(fz_context *context, fz_device *device, fz_colorspace *colorspace,
                      const float *color, float alpha, bool is_stroke)
{
    struct drawing_device *drawing = device_of(device);
    struct colors *colors = &drawing->colors[drawing->clip_count];
    struct color *current = is_stroke ? &colors->stroke : &colors->fill;
    struct color wanted = {.is_set = true};
    float rgb[FZ_MAX_COLORS] = {0};

    if (colorspace == NULL || alpha < 1) {
        refuse(device);
        return;
    }
    fz_convert_color(context, colorspace, color, fz_device_rgb(context), rgb, NULL,
                     fz_default_color_params);
    memcpy(wanted.rgb, rgb, sizeof(wanted.rgb));
    if (current->is_set && memcmp(current->rgb, wanted.rgb, sizeof(wanted.rgb)) == 0)
        return;
    *current = wanted;
    for (size_t i = 0; i < ARRAY_LENGTH(wanted.rgb); i++)
        put_number(device, (double)fz_clamp(wanted.rgb[i], 0, 1), COLOR_DECIMALS);
    put(device, is_stroke ? " RG\n" : " rg\n");
}

/* --- Paths --- */

struct path_writer {
    struct drawing *drawing;
    struct buf *out;
    fz_matrix matrix;
    int decimals;
};

static void put_point(const struct path_writer *writer, float x, float y)
{
    fz_point point = fz_transform_point_xy(x, y, writer->matrix);

    drawing_put_number(writer->drawing, writer->out, (double)point.x, writer->decimals);
    drawing_put_number(writer->drawing, writer->out, (double)point.y, writer->decimals);
}

static void move_to(fz_context *context, void *arg, float x, float y)
{
    const struct path_writer *writer = arg;

    put_point(writer, x, y);
    drawing_put(writer->drawing, writer->out, " m");
}

static void line_to(fz_context *context, void *arg, float x, float y)
{
    const struct path_writer *writer = arg;

    put_point(writer, x, y);
    drawing_put(writer->drawing, writer->out, " l");
}

static void curve_to(fz_context *context, void *arg, float x1, float y1, float x2, float y2,
                     float x3, float y3)
{
    const struct path_writer *writer = arg;

    put_point(writer, x1, y1);
    put_point(writer, x2, y2);
    put_point(writer, x3, y3);
    drawing_put(writer->drawing, writer->out, " c");
}

static void close_path(fz_context *context, void *arg)
{
    const struct path_writer *writer = arg;

    drawing_put(writer->drawing, writer->out, " h");
}

static void write_path(fz_context *context, const struct path_writer *writer, const fz_path *path)
{
    static const fz_path_walker walker = {
        .moveto = move_to, .lineto = line_to, .curveto = curve_to, .closepath = close_path};

    fz_walk_path(context, path, &walker, (void *)writer);
}

static void put_path(fz_context *context, fz_device *device, const fz_path *path, fz_matrix matrix)
{
    const struct path_writer writer = {device_of(device)->drawing, content_of(device), matrix,
                                       POINT_DECIMALS};

    write_path(context, &writer, path);
}

static void fill_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                      fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    set_color(context, device, colorspace, color, alpha, false);
    put_path(context, device, path, matrix);
    put(device, even_odd ? " f*\n" : " f\n");
}

static void put_stroke_state(fz_device *device, const fz_stroke_state *stroke)
{
    /* PDF's numbers are mupdf's; what only XPS has is drawn as the nearest. */
    int join = stroke->linejoin == FZ_LINEJOIN_MITER_XPS ? FZ_LINEJOIN_MITER : stroke->linejoin;
    int cap = stroke->start_cap == FZ_LINECAP_TRIANGLE ? FZ_LINECAP_BUTT : stroke->start_cap;

    put_number(device, (double)stroke->linewidth, MATRIX_DECIMALS);
    put(device, " w");
    put_number(device, cap, 0);
    put(device, " J");
    put_number(device, join, 0);
    put(device, " j");
    put_number(device, (double)fmaxf(stroke->miterlimit, 1), COLOR_DECIMALS);
    put(device, " M[");
    for (int i = 0; i < stroke->dash_len; i++)
        put_number(device, (double)stroke->dash_list[i], MATRIX_DECIMALS);
    put(device, "]");
    put_number(device, (double)stroke->dash_phase, MATRIX_DECIMALS);
    put(device, " d");
}

/* The pen is of the path's own space, in which it is round. */
static void stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    const struct path_writer writer = {device_of(device)->drawing, content_of(device), fz_identity,
                                       MATRIX_DECIMALS};

    set_color(context, device, colorspace, color, alpha, true);
    put(device, " q");
    put_matrix(device, matrix);
    put_stroke_state(device, stroke);
    write_path(context, &writer, path);
    put(device, " S Q\n");
}

static void clip_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                      fz_matrix matrix, fz_rect scissor)
{
    save(device);
    put_path(context, device, path, matrix);
    put(device, even_odd ? " W* n\n" : " W n\n");
}

/* --- Text --- */

/* From a glyph's em to the page. */
static fz_matrix glyph_matrix(const fz_text_span *span, const fz_text_item *item, fz_matrix matrix)
{
    fz_matrix own = span->trm;

    own.e = item->x;
    own.f = item->y;
    return fz_concat(own, matrix);
}

static struct glyph_slot *find_glyph(struct drawing_device *device, const fz_font *font, int gid)
{
    /* Fibonacci hashing (Knuth, TAOCP 6.4). */
    uint64_t key = ((uint64_t)(uintptr_t)font >> 4) + (uint64_t)gid * 0x9e3779b1;
    size_t slot = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 51);

    while (device->glyphs[slot].font != NULL &&
           (device->glyphs[slot].font != font || device->glyphs[slot].gid != gid))
        slot = (slot + 1) % GLYPH_SLOTS;
    return &device->glyphs[slot];
}

/* The outline of a glyph in its em; NULL: it has none. */
static fz_path *outline_of(fz_context *context, fz_device *device, fz_font *font, int gid,
                           fz_matrix matrix)
{
    if (fz_font_t3_procs(context, font) != NULL) {
        refuse(device);
        return NULL;
    }
    return fz_outline_glyph(context, font, gid, matrix);
}

static void write_glyph(fz_context *context, fz_device *device, fz_font *font, int gid)
{
    struct drawing *drawing = device_of(device)->drawing;
    const struct path_writer writer = {drawing, &drawing->glyphs, fz_identity, GLYPH_DECIMALS};
    fz_path *path = outline_of(context, device, font, gid, fz_identity);

    if (path == NULL)
        return;
    fz_try(context) write_path(context, &writer, path);
    fz_always(context) fz_drop_path(context, path);
    fz_catch(context) fz_rethrow(context);
    drawing_put(drawing, &drawing->glyphs, " f");
}

static size_t need_glyph(fz_context *context, fz_device *device, fz_font *font, int gid)
{
    struct glyph_slot *slot = find_glyph(device_of(device), font, gid);

    if (slot->font == NULL && !device_of(device)->drawing->is_refused) {
        write_glyph(context, device, font, gid);
        drawing_end_glyph(device_of(device)->drawing, &slot->number);
        slot->gid = gid;
        slot->font = font;
    }
    return slot->number;
}

static void fill_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    set_color(context, device, colorspace, color, alpha, false);
    for (const fz_text_span *span = text->head; span != NULL; span = span->next)
        for (int i = 0; i < span->len && !device_of(device)->drawing->is_refused; i++) {
            if (span->items[i].gid < 0)
                continue;
            size_t number = need_glyph(context, device, span->font, span->items[i].gid);
            put(device, "q");
            put_matrix(device, glyph_matrix(span, &span->items[i], matrix));
            drawing_put_use(device_of(device)->drawing, 'G', number);
            put(device, "Q\n");
        }
}

typedef void (*outline_function)(fz_context *context, fz_device *device, const fz_path *path,
                                 void *arg);

static void call_with_outline(fz_context *context, fz_device *device, const fz_text_span *span,
                              const fz_text_item *item, outline_function each, void *arg)
{
    fz_path *path =
        outline_of(context, device, span->font, item->gid, glyph_matrix(span, item, fz_identity));

    if (path == NULL)
        return;
    fz_try(context) each(context, device, path, arg);
    fz_always(context) fz_drop_path(context, path);
    fz_catch(context) fz_rethrow(context);
}

/* Calls `each` for the outline of every glyph, in the text's space. */
static void each_outline(fz_context *context, fz_device *device, const fz_text *text,
                         outline_function each, void *arg)
{
    for (const fz_text_span *span = text->head; span != NULL; span = span->next)
        for (int i = 0; i < span->len && !device_of(device)->drawing->is_refused; i++)
            if (span->items[i].gid >= 0)
                call_with_outline(context, device, span, &span->items[i], each, arg);
}

struct outline_stroke {
    const fz_stroke_state *stroke;
    fz_matrix matrix;
    fz_colorspace *colorspace;
    const float *color;
    float alpha;
};

static void stroke_outline(fz_context *context, fz_device *device, const fz_path *path, void *arg)
{
    const struct outline_stroke *stroke = arg;

    stroke_path(context, device, path, stroke->stroke, stroke->matrix, stroke->colorspace,
                stroke->color, stroke->alpha, fz_default_color_params);
}

static void stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    struct outline_stroke how = {stroke, matrix, colorspace, color, alpha};

    each_outline(context, device, text, stroke_outline, &how);
}

static void put_outline(fz_context *context, fz_device *device, const fz_path *path, void *arg)
{
    put_path(context, device, path, *(const fz_matrix *)arg);
}

static void clip_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_rect scissor)
{
    save(device);
    each_outline(context, device, text, put_outline, &matrix);
    put(device, " W n\n");
}

/* --- Images --- */

static size_t need_image(fz_context *context, fz_device *device, fz_image *image)
{
    struct drawing_device *drawing = device_of(device);
    struct picture picture;
    size_t number;

    for (size_t i = 0; i < drawing->drawing->image_count; i++)
        if (drawing->images[i] == image)
            return i;
    if (image->mask != NULL || image->use_colorkey ||
        !pdfdoc_take_image(context, image, &picture)) {
        refuse(device);
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

    put(device, " q");
    put_matrix(device, fz_pre_scale(fz_pre_translate(matrix, 0, 1), 1, -1));
    drawing_put_use(device_of(device)->drawing, 'I', number);
    put(device, "Q\n");
}

static void fill_image(fz_context *context, fz_device *device, fz_image *image, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    if (alpha < 1 || image->imagemask)
        refuse(device);
    else
        put_image(context, device, image, matrix);
}

static void fill_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_colorspace *colorspace, const float *color,
                            float alpha, fz_color_params params)
{
    set_color(context, device, colorspace, color, alpha, false);
    if (!image->imagemask)
        refuse(device);
    else
        put_image(context, device, image, matrix);
}

/* --- What a drawing does not have --- */

static void clip_stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                             const fz_stroke_state *stroke, fz_matrix matrix, fz_rect scissor)
{
    refuse(device);
}

static void clip_stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                             const fz_stroke_state *stroke, fz_matrix matrix, fz_rect scissor)
{
    refuse(device);
}

static void clip_image_mask(fz_context *context, fz_device *device, fz_image *image,
                            fz_matrix matrix, fz_rect scissor)
{
    refuse(device);
}

static void fill_shade(fz_context *context, fz_device *device, fz_shade *shade, fz_matrix matrix,
                       float alpha, fz_color_params params)
{
    refuse(device);
}

static void begin_mask(fz_context *context, fz_device *device, fz_rect area, int luminosity,
                       fz_colorspace *colorspace, const float *backdrop, fz_color_params params)
{
    refuse(device);
}

/* One that changes nothing is drawn as if it were none. */
static void begin_group(fz_context *context, fz_device *device, fz_rect area,
                        fz_colorspace *colorspace, int isolated, int knockout, int blend_mode,
                        float alpha)
{
    if (blend_mode != FZ_BLEND_NORMAL || alpha < 1 || knockout)
        refuse(device);
}

static int begin_tile(fz_context *context, fz_device *device, fz_rect area, fz_rect view,
                      float x_step, float y_step, fz_matrix matrix, int id)
{
    refuse(device);
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
    device->base.fill_path = fill_path;
    device->base.stroke_path = stroke_path;
    device->base.clip_path = clip_path;
    device->base.clip_stroke_path = clip_stroke_path;
    device->base.fill_text = fill_text;
    device->base.stroke_text = stroke_text;
    device->base.clip_text = clip_text;
    device->base.clip_stroke_text = clip_stroke_text;
    device->base.fill_shade = fill_shade;
    device->base.fill_image = fill_image;
    device->base.fill_image_mask = fill_image_mask;
    device->base.clip_image_mask = clip_image_mask;
    device->base.pop_clip = pop_clip;
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
        glyphs = fz_calloc(context, GLYPH_SLOTS, sizeof(*glyphs));
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
        drawing->content.length == 0 ||
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
