#include "services/ocr/worker/pdfdoc_glyphs.h"

#include <math.h>
#include <stdlib.h>

#include "services/ocr/worker/pdfdoc_text.h"

enum { NOTED_CAPACITY = 1 << 18 }; /* at least twice PDFDOC_GLYPHS_MAX; a power of 2 */

struct pdfdoc_notes {
    struct pdfdoc_noted noted[NOTED_CAPACITY]; /* hashed */
    size_t count;
    bool is_full;
};

struct noting_device {
    fz_device base;
    fz_device *target;
    struct pdfdoc_notes *notes;
};

struct pdfdoc_notes *pdfdoc_notes_new(void)
{
    return calloc(1, sizeof(struct pdfdoc_notes));
}

void pdfdoc_notes_free(struct pdfdoc_notes *notes)
{
    free(notes);
}

bool pdfdoc_notes_is_full(const struct pdfdoc_notes *notes)
{
    return notes->is_full;
}

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

static size_t find_place(const struct pdfdoc_notes *notes, uint32_t character, fz_point origin)
{
    int32_t x = quarters(origin.x), y = quarters(origin.y);
    uint32_t at = hash(character, x, y);

    while (notes->noted[at].is_used && (notes->noted[at].character != character ||
                                        notes->noted[at].x != x || notes->noted[at].y != y))
        at = (at + 1) & (NOTED_CAPACITY - 1);
    return at;
}

const struct pdfdoc_noted *pdfdoc_notes_find(const struct pdfdoc_notes *notes, uint32_t character,
                                             fz_point origin)
{
    return &notes->noted[find_place(notes, character, origin)];
}

/* The same font object and glyph number: the same look; unless one of both is mirrored. */
static uint32_t shape_of(const fz_font *font, int glyph, fz_matrix matrix)
{
    uint32_t mirrored = matrix.a * matrix.d - matrix.b * matrix.c < 0 ? 0x27d4eb2fu : 0;

    return ((uint32_t)((uintptr_t)font >> 4) * 0x9e3779b1u) ^ ((uint32_t)glyph * 0x85ebca6bu) ^
           mirrored;
}

/* May throw. */
static void note_glyph(fz_context *context, struct pdfdoc_notes *notes, const fz_text_span *span,
                       const fz_text_item *item, fz_matrix matrix, bool is_drawn)
{
    fz_matrix placed = span->trm;

    placed.e = item->x;
    placed.f = item->y;
    placed = fz_concat(placed, matrix);
    fz_point origin = {placed.e, placed.f};
    fz_rect outline =
        item->gid >= 0 ? fz_bound_glyph(context, span->font, item->gid, placed) : fz_empty_rect;
    struct pdfdoc_noted *place = &notes->noted[find_place(notes, (uint32_t)item->ucs, origin)];
    notes->count += !place->is_used;
    *place = (struct pdfdoc_noted){
        .is_used = true,
        .is_drawn = is_drawn || place->is_drawn,
        .character = (uint32_t)item->ucs,
        .x = quarters(origin.x),
        .y = quarters(origin.y),
        .shape = shape_of(span->font, item->gid, placed),
        .outline = place->is_used ? fz_union_rect(place->outline, outline) : outline,
    };
}

/* May throw. */
static void note_text(fz_context *context, struct pdfdoc_notes *notes, const fz_text *text,
                      fz_matrix matrix, bool is_drawn)
{
    for (const fz_text_span *span = text->head; span != NULL; span = span->next)
        for (int i = 0; i < span->len; i++) {
            if (span->items[i].ucs < 0)
                continue;
            if (notes->count >= PDFDOC_GLYPHS_MAX) {
                notes->is_full = true;
                return;
            }
            note_glyph(context, notes, span, &span->items[i], matrix, is_drawn);
        }
}

static void fill_text(fz_context *context, fz_device *device, const fz_text *text, fz_matrix matrix,
                      fz_colorspace *colorspace, const float *color, float alpha,
                      fz_color_params params)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(context, noting->notes, text, matrix, true);
    if (!noting->notes->is_full)
        fz_fill_text(context, noting->target, text, matrix, colorspace, color, alpha, params);
}

static void stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                        const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                        const float *color, float alpha, fz_color_params params)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(context, noting->notes, text, matrix, true);
    if (!noting->notes->is_full)
        fz_stroke_text(context, noting->target, text, stroke, matrix, colorspace, color, alpha,
                       params);
}

static void ignore_text(fz_context *context, fz_device *device, const fz_text *text,
                        fz_matrix matrix)
{
    struct noting_device *noting = (struct noting_device *)device;

    note_text(context, noting->notes, text, matrix, false);
    if (!noting->notes->is_full)
        fz_ignore_text(context, noting->target, text, matrix);
}

fz_device *pdfdoc_notes_new_device(fz_context *context, struct pdfdoc_notes *notes,
                                   fz_device *target)
{
    struct noting_device *device =
        (struct noting_device *)fz_new_device_of_size(context, (int)sizeof(*device));

    device->target = target;
    device->notes = notes;
    device->base.fill_text = fill_text;
    device->base.stroke_text = stroke_text;
    device->base.ignore_text = ignore_text;
    return &device->base;
}
