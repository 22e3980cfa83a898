#include "services/ocr/worker/pdfdoc_drawing_internal.h"

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
        slot = (slot + 1) % PDFDRAW_GLYPH_SLOTS;
    return &device->glyphs[slot];
}

/* The outline of a glyph in its em; NULL: it has none. */
static fz_path *outline_of(fz_context *context, fz_device *device, fz_font *font, int gid,
                           fz_matrix matrix)
{
    if (fz_font_t3_procs(context, font) != NULL) {
        pdfdraw_refuse(device);
        return NULL;
    }
    return fz_outline_glyph(context, font, gid, matrix);
}

static void write_glyph(fz_context *context, fz_device *device, fz_font *font, int gid)
{
    struct drawing *drawing = pdfdraw_device_of(device)->drawing;
    const struct pdfdraw_path writer = {drawing, &drawing->glyphs, fz_identity,
                                        PDFDRAW_GLYPH_DECIMALS};
    fz_path *path = outline_of(context, device, font, gid, fz_identity);

    if (path == NULL)
        return;
    fz_try(context) pdfdraw_write_path(context, &writer, path);
    fz_always(context) fz_drop_path(context, path);
    fz_catch(context) fz_rethrow(context);
    drawing_put(drawing, &drawing->glyphs, " f");
}

static size_t need_glyph(fz_context *context, fz_device *device, fz_font *font, int gid)
{
    struct glyph_slot *slot = find_glyph(pdfdraw_device_of(device), font, gid);

    if (slot->font == NULL && !pdfdraw_device_of(device)->drawing->is_refused) {
        write_glyph(context, device, font, gid);
        drawing_end_glyph(pdfdraw_device_of(device)->drawing, &slot->number);
        slot->gid = gid;
        slot->font = font;
    }
    return slot->number;
}

void pdfdraw_fill_text(fz_context *context, fz_device *device, const fz_text *text,
                       fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                       fz_color_params params)
{
    pdfdraw_set_color(context, device, colorspace, color, alpha, false);
    for (const fz_text_span *span = text->head; span != NULL; span = span->next)
        for (int i = 0; i < span->len && !pdfdraw_device_of(device)->drawing->is_refused; i++) {
            if (span->items[i].gid < 0)
                continue;
            size_t number = need_glyph(context, device, span->font, span->items[i].gid);
            pdfdraw_put(device, "q");
            pdfdraw_put_matrix(device, glyph_matrix(span, &span->items[i], matrix));
            drawing_put_use(pdfdraw_device_of(device)->drawing, 'G', number);
            pdfdraw_put(device, "Q\n");
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
        for (int i = 0; i < span->len && !pdfdraw_device_of(device)->drawing->is_refused; i++)
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

    pdfdraw_stroke_path(context, device, path, stroke->stroke, stroke->matrix, stroke->colorspace,
                        stroke->color, stroke->alpha, fz_default_color_params);
}

void pdfdraw_stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                         const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                         const float *color, float alpha, fz_color_params params)
{
    struct outline_stroke how = {stroke, matrix, colorspace, color, alpha};

    each_outline(context, device, text, stroke_outline, &how);
}

static void put_outline(fz_context *context, fz_device *device, const fz_path *path, void *arg)
{
    pdfdraw_put_path(context, device, path, *(const fz_matrix *)arg);
}

void pdfdraw_clip_text(fz_context *context, fz_device *device, const fz_text *text,
                       fz_matrix matrix, fz_rect scissor)
{
    pdfdraw_save(device);
    each_outline(context, device, text, put_outline, &matrix);
    pdfdraw_put(device, " W n\n");
}
