#include "services/ocr/worker/pdfdoc_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/pdfdoc_glyphs.h"
#include "services/ocr/worker/pdfdoc_internal.h"

/* Lines come from mupdf's structured text, which knows how text operators make lines and where
 * spaces are missing. */

/* What is made in mupdf's memory and given up again. */
struct layer {
    struct pdfdoc_notes *notes;
    fz_stext_page *stext;
    fz_pixmap *without;  /* the page without its text, grey */
    int64_t pixels_left; /* that may still be compared */
    bool is_full;
};

static void layer_drop(struct pdfdoc *pdf, struct layer *layer)
{
    fz_drop_stext_page(pdf->context, layer->stext);
    fz_drop_pixmap(pdf->context, layer->without);
    pdfdoc_notes_free(layer->notes);
}

/* May throw. */
static void run_text(struct pdfdoc *pdf, struct layer *layer, fz_cookie *cookie)
{
    fz_context *context = pdf->context;
    const fz_stext_options options = {.flags = FZ_STEXT_PRESERVE_LIGATURES};
    fz_device *device = NULL;
    fz_device *target = NULL;

    fz_var(device);
    fz_var(target);
    fz_try(context)
    {
        layer->stext = fz_new_stext_page(context, pdf->bounds);
        target = fz_new_stext_device(context, layer->stext, &options);
        device = pdfdoc_notes_new_device(context, layer->notes, target);
        fz_run_display_list(context, pdf->list, device, fz_identity, fz_infinite_rect, cookie);
        fz_close_device(context, device);
        fz_close_device(context, target);
    }
    fz_always(context)
    {
        fz_drop_device(context, device);
        fz_drop_device(context, target);
    }
    fz_catch(context) fz_rethrow(context);
}

static status_code extract(struct pdfdoc *pdf, struct layer *layer, struct status *st)
{
    fz_context *context = pdf->context;
    fz_cookie cookie = {0};
    bool is_thrown = false;

    layer->notes = pdfdoc_notes_new();
    if (layer->notes == NULL)
        return FAIL_PAGE_MEMORY(st);
    fz_var(is_thrown);
    pdfdoc_watch_begin(&cookie, PDFDOC_PAGE_TIME_MAX_MS);
    fz_try(context) run_text(pdf, layer, &cookie);
    fz_catch(context) is_thrown = true;
    bool is_late = pdfdoc_watch_end();
    layer->is_full = pdfdoc_notes_is_full(layer->notes) || is_late;
    return is_thrown ? pdfdoc_fail(pdf, pdf->page_index, st) : STATUS_OK;
}

/* @rect: in pixels. */
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

/* What a glyph may cover, in points: its outline, where that is known and plausible. */
static fz_rect reach_of(const fz_stext_char *c, const struct pdfdoc_noted *noted)
{
    const float sizes_max = 4; /* swashes and mathematical signs are that large */
    fz_rect quad = fz_rect_from_quad(c->quad);
    float width = noted->outline.x1 - noted->outline.x0;
    float height = noted->outline.y1 - noted->outline.y0;

    if (!noted->is_used || fz_is_empty_rect(noted->outline) || width > c->size * sizes_max ||
        height > c->size * sizes_max)
        return quad;
    return noted->outline;
}

static void read_glyph(struct pdfdoc *pdf, struct layer *layer, const struct image *image,
                       float scale, const fz_stext_char *c, const struct pdfdoc_glyph *previous,
                       struct pdfdoc_glyph *ret, struct pdfdoc_text *text)
{
    /* Letters smaller than this (at 300 dpi: a third of a millimetre) cannot be read by anyone. */
    enum { GLYPH_PIXELS_MIN = 4 };
    const struct pdfdoc_noted *noted = pdfdoc_notes_find(layer->notes, (uint32_t)c->c, c->origin);
    fz_rect quad = fz_rect_from_quad(c->quad);
    fz_rect reach = fz_translate_rect(reach_of(c, noted), -pdf->bounds.x0, -pdf->bounds.y0);

    *ret = (struct pdfdoc_glyph){
        .character = c->c == 0xfffd ? 0 : (uint32_t)c->c,
        .shape = noted->is_used ? noted->shape : 0,
        .box = cut_box(fz_transform_rect(reach, fz_scale(scale, scale)), image)};
    if (c->c == ' ')
        return;
    layer->pixels_left -= bbox_area(ret->box);
    /* The further letters of a ligature stand behind it, without a width. */
    if (!noted->is_used && (quad.x1 - quad.x0) * scale < 1 && previous != NULL &&
        is_ligature(previous->character, ret->character)) {
        ret->ink = previous->ink;
        ret->shape = previous->shape ^ ret->character;
    } else if (c->size * scale >= GLYPH_PIXELS_MIN && noted->is_drawn && layer->pixels_left > 0) {
        ret->ink = find_ink(image, layer->without, ret->box);
    }
    if (bbox_area(ret->ink) > 0)
        text->shown_count++;
    else
        text->hidden_count++;
}

static status_code read_line(struct pdfdoc *pdf, struct layer *layer, const struct image *image,
                             float scale, const fz_stext_line *source, struct arena *arena,
                             struct pdfdoc_text *text, struct status *st)
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

static status_code keep_without(const struct layer *layer, struct image **ret_image,
                                struct status *st)
{
    const fz_pixmap *without = layer->without;

    TRY(image_new((uint32_t)without->w, (uint32_t)without->h, ret_image, st));
    for (int32_t y = 0; y < without->h; y++)
        image_put_row(*ret_image, (uint32_t)y, without->samples + (ptrdiff_t)y * without->stride);
    return STATUS_OK;
}

/* Connected marks of the size of letters in what remains of the page without its text. */
static void find_letter_like(struct pdfdoc_text *text, float dpi)
{
    enum { BLACK_BELOW = 128 };
    int32_t height_min = (int32_t)(dpi * 0.035f); /* a capital of 4 points has 0.04 inches */
    int32_t height_max = (int32_t)(dpi * 0.4f);
    struct Pix *binary = pixThresholdToBinary(text->without->pix, BLACK_BELOW);
    struct Boxa *boxes = binary != NULL ? pixConnCompBB(binary, 8) : NULL;

    text->is_doubtful = text->is_doubtful || boxes == NULL;
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 x, y, width, height;
        (void)boxaGetBoxGeometry(boxes, i, &x, &y, &width, &height);
        if (height < height_min || height > height_max || width < height_min / 3 ||
            width > 2 * height_max)
            continue;
        text->letter_like_count++;
        text->letter_like_box =
            bbox_union(text->letter_like_box, (struct bbox){x, y, x + width, y + height});
    }
    boxaDestroy(&boxes);
    pixDestroy(&binary);
}

void pdfdoc_text_deinit(struct pdfdoc_text *text)
{
    image_free(text->without);
    text->without = NULL;
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
    enum { PAGES_OF_INK_MAX = 8 };
    float width = pdf->bounds.x1 - pdf->bounds.x0;
    float scale = (float)image->width / fmaxf(width, 1);

    TRY(extract(pdf, layer, st));
    TRY(pdfdoc_draw(pdf, scale * 72, fz_device_gray(pdf->context), PDFDOC_DRAW_WITHOUT_TEXT,
                    &layer->without, st));
    /* Glyphs lie beside each other; such as lie over each other many times cost time alone. */
    layer->pixels_left = (int64_t)image->width * image->height * PAGES_OF_INK_MAX;
    text->is_doubtful = layer->is_full || pdf->survey.is_text_clip || pdf->is_page_damaged;
    text->is_mostly_image = pdf->survey.image_area * 2 > width * (pdf->bounds.y1 - pdf->bounds.y0);
    TRY(keep_without(layer, &text->without, st));
    find_letter_like(text, scale * 72);
    text->lines = ARENA_NEW_ARRAY(arena, struct pdfdoc_line, count_lines(layer->stext));
    if (text->lines == NULL)
        return FAIL_PAGE_TEXT(st);
    for (const fz_stext_block *block = layer->stext->first_block; block != NULL;
         block = block->next)
        if (block->type == FZ_STEXT_BLOCK_TEXT)
            for (const fz_stext_line *line = block->u.t.first_line; line != NULL; line = line->next)
                TRY(read_line(pdf, layer, image, scale, line, arena, text, st));
    text->is_doubtful = text->is_doubtful || layer->pixels_left <= 0;
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
    _cleanup_(pdfdoc_text_deinit) struct pdfdoc_text text = {0};

    TRY(pdfdoc_hold_page(pdf, index, st));
    status_code code = read_layer(pdf, &layer, image, arena, &text, st);
    layer_drop(pdf, &layer);
    TRY(code);
    *ret_text = text;
    text.without = NULL;
    return STATUS_OK;
}
