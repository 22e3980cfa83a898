#include "services/ocr/worker/pdfdoc_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/pdfdoc_internal.h"

/*
 * Lines come from mupdf's structured text, which knows how text operators make lines and where
 * spaces are missing. It does not keep which glyph of the font a character is drawn with; so the
 * glyphs are noted on their way to it, and found again by where they stand.
 */

/* --- Glyphs, noted by place --- */

struct noted_glyph {
    bool is_used;
    bool is_drawn;
    uint32_t character;
    int32_t x, y; /* of the origin, in quarters of a point */
    uint32_t shape;
};

enum { NOTED_CAPACITY = 1 << 18 }; /* at least twice PDFDOC_GLYPHS_MAX; a power of 2 */

struct noting_device {
    fz_device base;
    fz_device *target;
    struct noted_glyph *noted; /* hashed, NOTED_CAPACITY places */
    size_t count;
    bool is_full;
};

static uint32_t hash(uint32_t character, int32_t x, int32_t y)
{
    uint64_t key = (uint64_t)character * 0x9e3779b97f4a7c15u ^
                   (uint64_t)(uint32_t)x * 0xc2b2ae3d27d4eb4fu ^
                   (uint64_t)(uint32_t)y * 0x165667b19e3779f9u;

    return (uint32_t)(key >> 40) & (NOTED_CAPACITY - 1);
}

static int32_t quarters(float points)
{
    const float limit = 1e8f;

    return (int32_t)lroundf(fmaxf(-limit, fminf(limit, points * 4)));
}

static struct noted_glyph *find_noted(struct noted_glyph *noted, uint32_t character, int32_t x,
                                      int32_t y)
{
    uint32_t at = hash(character, x, y);

    while (noted[at].is_used &&
           (noted[at].character != character || noted[at].x != x || noted[at].y != y))
        at = (at + 1) & (NOTED_CAPACITY - 1);
    return &noted[at];
}

/* The same font object and glyph number: the same look. */
static uint32_t shape_of(const fz_font *font, int glyph)
{
    return ((uint32_t)((uintptr_t)font >> 4) * 0x9e3779b1u) ^ ((uint32_t)glyph * 0x85ebca6bu);
}

static void note_text(struct noting_device *device, const fz_text *text, fz_matrix matrix,
                      bool is_drawn)
{
    for (const fz_text_span *span = text->head; span != NULL; span = span->next)
        for (int i = 0; i < span->len; i++) {
            const fz_text_item *item = &span->items[i];
            fz_point at = fz_transform_point_xy(item->x, item->y, matrix);
            if (item->ucs < 0)
                continue;
            if (device->count >= PDFDOC_GLYPHS_MAX) {
                device->is_full = true;
                return;
            }
            struct noted_glyph *place =
                find_noted(device->noted, (uint32_t)item->ucs, quarters(at.x), quarters(at.y));
            device->count += !place->is_used;
            *place = (struct noted_glyph){.is_used = true,
                                          .is_drawn = is_drawn || place->is_drawn,
                                          .character = (uint32_t)item->ucs,
                                          .x = quarters(at.x),
                                          .y = quarters(at.y),
                                          .shape = shape_of(span->font, item->gid)};
        }
}

static void fill_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(noting, text, matrix, true);
    if (!noting->is_full)
        fz_fill_text(context, noting->target, text, matrix, colorspace, color, alpha, params);
}

static void stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(noting, text, matrix, true);
    if (!noting->is_full)
        fz_stroke_text(context, noting->target, text, stroke, matrix, colorspace, color, alpha,
                       params);
}

static void ignore_text(fz_context *context, fz_device *device, const fz_text *text,
                        fz_matrix matrix)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(noting, text, matrix, false);
    if (!noting->is_full)
        fz_ignore_text(context, noting->target, text, matrix);
}

/* --- Lines --- */

/* What is made in mupdf's memory and given up again. */
struct layer {
    struct noted_glyph *noted;
    fz_stext_page *stext;
    fz_pixmap *without; /* the page without its text, grey */
    bool is_full;
};

static void layer_drop(struct pdfdoc *pdf, struct layer *layer)
{
    fz_drop_stext_page(pdf->context, layer->stext);
    fz_drop_pixmap(pdf->context, layer->without);
    free(layer->noted);
}

/* May throw. */
static void run_text(struct pdfdoc *pdf, struct layer *layer, fz_cookie *cookie)
{
    fz_context *context = pdf->context;
    const fz_stext_options options = {.flags = FZ_STEXT_PRESERVE_LIGATURES};
    struct noting_device *device = NULL;
    fz_device *target = NULL;

    fz_var(device);
    fz_var(target);
    fz_try(context)
    {
        layer->stext = fz_new_stext_page(context, pdf->bounds);
        target = fz_new_stext_device(context, layer->stext, &options);
        device = (struct noting_device *)fz_new_device_of_size(context, (int)sizeof(*device));
        device->target = target;
        device->noted = layer->noted;
        device->base.fill_text = fill_text;
        device->base.stroke_text = stroke_text;
        device->base.ignore_text = ignore_text;
        fz_run_display_list(context, pdf->list, &device->base, fz_identity, fz_infinite_rect,
                            cookie);
        fz_close_device(context, &device->base);
        fz_close_device(context, target);
        layer->is_full = device->is_full;
    }
    fz_always(context)
    {
        if (device != NULL)
            fz_drop_device(context, &device->base);
        fz_drop_device(context, target);
    }
    fz_catch(context) fz_rethrow(context);
}

static status_code extract(struct pdfdoc *pdf, struct layer *layer, struct status *st)
{
    fz_context *context = pdf->context;
    fz_cookie cookie = {0};
    bool is_thrown = false;

    layer->noted = calloc(NOTED_CAPACITY, sizeof(*layer->noted));
    if (layer->noted == NULL)
        return FAIL_PAGE_MEMORY(st);
    fz_var(is_thrown);
    pdfdoc_watch_begin(&cookie, PDFDOC_PAGE_TIME_MAX_MS);
    fz_try(context) run_text(pdf, layer, &cookie);
    fz_catch(context) is_thrown = true;
    bool is_late = pdfdoc_watch_end();
    layer->is_full = layer->is_full || is_late;
    return is_thrown ? pdfdoc_fail(pdf, pdf->page_index, st) : STATUS_OK;
}

static struct bbox cut_box(fz_rect rect, const struct image *image)
{
    fz_irect box = fz_round_rect(rect);
    struct bbox whole = {0, 0, (int32_t)image->width, (int32_t)image->height};

    return bbox_intersection((struct bbox){box.x0, box.y0, box.x1, box.y1}, whole);
}

/* What shows of a glyph: where both pictures differ by more than a reader would miss. */
static struct bbox find_ink(const struct image *image, const fz_pixmap *without, struct bbox box)
{
    enum { DIFFERENCE_MIN = 24 }; /* grey levels: text of #e7e7e7 on white is the lightest */
    struct bbox ink = {INT32_MAX, INT32_MAX, 0, 0};

    for (int32_t y = box.y0; y < box.y1 && y < without->h; y++) {
        const unsigned char *row = without->samples + (ptrdiff_t)y * without->stride;
        for (int32_t x = box.x0; x < box.x1 && x < without->w; x++) {
            int difference = image_get(image, (uint32_t)x, (uint32_t)y) - row[x];
            if (difference < DIFFERENCE_MIN && difference > -DIFFERENCE_MIN)
                continue;
            ink.x0 = fz_mini(ink.x0, x);
            ink.y0 = fz_mini(ink.y0, y);
            ink.x1 = fz_maxi(ink.x1, x + 1);
            ink.y1 = fz_maxi(ink.y1, y + 1);
        }
    }
    return bbox_area(ink) > 0 ? ink : (struct bbox){0};
}

/* True for letters that typefaces join to one glyph. A glyph that claims more than one of other
 * letters may claim anything, and shows one. */
static bool is_ligature(uint32_t first, uint32_t second)
{
    return first < 0x80 && second < 0x80 && first != 0 && second != 0 &&
           strchr("fTtsc", (int)first) != NULL && strchr("filjhtb", (int)second) != NULL;
}

static void read_glyph(struct pdfdoc *pdf, const struct layer *layer, const struct image *image,
                       float scale, const fz_stext_char *c, const struct pdfdoc_glyph *previous,
                       struct pdfdoc_glyph *ret, struct pdfdoc_text *text)
{
    /* Letters smaller than this (at 300 dpi: a third of a millimetre) cannot be read by anyone. */
    enum { GLYPH_PIXELS_MIN = 4 };
    fz_rect rect = fz_rect_from_quad(c->quad);
    struct noted_glyph *noted =
        find_noted(layer->noted, (uint32_t)c->c, quarters(c->origin.x), quarters(c->origin.y));

    rect = fz_translate_rect(rect, -pdf->bounds.x0, -pdf->bounds.y0);
    rect = fz_transform_rect(rect, fz_scale(scale, scale));
    *ret = (struct pdfdoc_glyph){.character = c->c == 0xfffd ? 0 : (uint32_t)c->c,
                                 .shape = noted->is_used ? noted->shape : 0,
                                 .box = cut_box(rect, image)};
    if (c->c == ' ')
        return;
    /* The further letters of a ligature stand behind it, without a width. */
    if (!noted->is_used && rect.x1 - rect.x0 < 1 && previous != NULL &&
        is_ligature(previous->character, ret->character)) {
        ret->ink = previous->ink;
        ret->shape = previous->shape ^ ret->character;
    } else if (c->size * scale >= GLYPH_PIXELS_MIN && noted->is_drawn) {
        ret->ink = find_ink(image, layer->without, ret->box);
    }
    if (bbox_area(ret->ink) > 0)
        text->shown_count++;
    else
        text->hidden_count++;
}

static status_code read_line(struct pdfdoc *pdf, const struct layer *layer,
                             const struct image *image, float scale, const fz_stext_line *source,
                             struct arena *arena, struct pdfdoc_text *text, struct status *st)
{
    const float upright_cosine = 0.99f;
    struct pdfdoc_line *line = &text->lines[text->line_count];
    size_t count = 0, bold_count = 0;

    for (const fz_stext_char *c = source->first_char; c != NULL; c = c->next)
        count++;
    line->glyphs = ARENA_NEW_ARRAY(arena, struct pdfdoc_glyph, count);
    if (line->glyphs == NULL)
        return FAIL_PAGE_TEXT(st);
    for (const fz_stext_char *c = source->first_char; c != NULL; c = c->next) {
        struct pdfdoc_glyph *glyph = &line->glyphs[line->glyph_count];
        read_glyph(pdf, layer, image, scale, c, line->glyph_count > 0 ? glyph - 1 : NULL, glyph,
                   text);
        line->glyph_count++;
        line->size = fmaxf(line->size, c->size * scale);
        bold_count += fz_font_is_bold(pdf->context, c->font) != 0;
    }
    line->is_upright = source->wmode == 0 && source->dir.x >= upright_cosine;
    line->is_bold = bold_count * 2 > count;
    if (source->first_char != NULL)
        line->baseline_y = (source->first_char->origin.y - pdf->bounds.y0) * scale;
    text->line_count++;
    return STATUS_OK;
}

/* Connected marks of the size of letters in what remains of the page without its text. */
static size_t count_letter_like(const fz_pixmap *without, float dpi)
{
    enum { BLACK_BELOW = 128 };
    size_t count = 0;
    int32_t height_min = (int32_t)(dpi * 0.035f); /* a capital of 4 points has 0.04 inches */
    int32_t height_max = (int32_t)(dpi * 0.4f);
    struct Pix *binary = pixCreate(without->w, without->h, 1);

    if (binary == NULL)
        return SIZE_MAX;
    for (int y = 0; y < without->h; y++) {
        const unsigned char *row = without->samples + (ptrdiff_t)y * without->stride;
        l_uint32 *bits = pixGetData(binary) + (ptrdiff_t)y * pixGetWpl(binary);
        for (int x = 0; x < without->w; x++)
            if (row[x] < BLACK_BELOW)
                SET_DATA_BIT(bits, x);
    }
    struct Boxa *boxes = pixConnCompBB(binary, 8);
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 width, height;
        (void)boxaGetBoxGeometry(boxes, i, NULL, NULL, &width, &height);
        count += height >= height_min && height <= height_max && width >= height_min / 3 &&
                 width <= 2 * height_max;
    }
    boxaDestroy(&boxes);
    pixDestroy(&binary);
    return count;
}

static size_t count_lines(const fz_stext_page *stext)
{
    size_t count = 0;

    for (const fz_stext_block *block = stext->first_block; block != NULL; block = block->next)
        if (block->type == FZ_STEXT_BLOCK_TEXT)
            for (const fz_stext_line *line = block->u.t.first_line; line != NULL; line = line->next)
                count++;
    return count;
}

static status_code read_layer(struct pdfdoc *pdf, struct layer *layer, const struct image *image,
                              struct arena *arena, struct pdfdoc_text *text, struct status *st)
{
    float width = pdf->bounds.x1 - pdf->bounds.x0;
    float scale = (float)image->width / fmaxf(width, 1);

    TRY(extract(pdf, layer, st));
    TRY(pdfdoc_draw(pdf, scale * 72, fz_device_gray(pdf->context), PDFDOC_DRAW_WITHOUT_TEXT,
                    &layer->without, st));
    text->is_doubtful = layer->is_full || pdf->survey.is_text_clip || pdf->is_page_damaged;
    text->is_mostly_image = pdf->survey.image_area * 2 > width * (pdf->bounds.y1 - pdf->bounds.y0);
    text->letter_like_count = count_letter_like(layer->without, scale * 72);
    text->lines = ARENA_NEW_ARRAY(arena, struct pdfdoc_line, count_lines(layer->stext));
    if (text->lines == NULL)
        return FAIL_PAGE_TEXT(st);
    for (const fz_stext_block *block = layer->stext->first_block; block != NULL;
         block = block->next)
        if (block->type == FZ_STEXT_BLOCK_TEXT)
            for (const fz_stext_line *line = block->u.t.first_line; line != NULL; line = line->next)
                TRY(read_line(pdf, layer, image, scale, line, arena, text, st));
    return STATUS_OK;
}

status_code pdfdoc_has_text(struct pdfdoc *pdf, uint32_t index, bool *ret_has_text,
                            struct status *st)
{
    TRY(pdfdoc_hold_page(pdf, index, st));
    *ret_has_text = pdf->survey.glyph_count + pdf->survey.hidden_glyph_count > 0;
    return STATUS_OK;
}

status_code pdfdoc_read_text(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                             struct arena *arena, struct pdfdoc_text *ret_text, struct status *st)
{
    struct layer layer = {0};
    struct pdfdoc_text text = {0};

    TRY(pdfdoc_hold_page(pdf, index, st));
    status_code code = read_layer(pdf, &layer, image, arena, &text, st);
    layer_drop(pdf, &layer);
    if (code == STATUS_OK)
        *ret_text = text;
    return code;
}
