#include "services/export/pdf/drawing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "services/export/pdf/content_check.h"

enum {
    SLOTS_FIRST = 1024, /* a power of two */
    ENTRIES_MAX_BYTES = 1 << 20,
    /* Glyphs are drawn in units of the em; none reaches further. */
    GLYPH_REACH = 10,
};

struct pdf_drawn_glyph {
    uint64_t hash[2];
    uint32_t number; /* of its form; 0: the slot is empty */
};

void pdf_drawn_glyphs_deinit(struct pdf_drawn_glyphs *glyphs)
{
    free(glyphs->slots);
    *glyphs = (struct pdf_drawn_glyphs){0};
}

static status_code fail_drawing(struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "the drawing of a page cannot be shown");
}

/* --- glyphs that are known --- */

/* FNV-1a from two starting points. Who makes two shapes collide spoils his own file alone. */
static void hash(struct str shape, uint64_t ret_hash[2])
{
    ret_hash[0] = UINT64_C(0xCBF29CE484222325);
    ret_hash[1] = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < shape.n; i++)
        for (int k = 0; k < 2; k++)
            ret_hash[k] = (ret_hash[k] ^ (uint8_t)shape.p[i]) * UINT64_C(0x100000001B3) + k;
}

static struct pdf_drawn_glyph *find_slot(const struct pdf_drawn_glyphs *glyphs,
                                         const uint64_t wanted[2])
{
    size_t mask = glyphs->slot_count - 1;

    for (size_t i = wanted[0] & mask;; i = (i + 1) & mask)
        if (glyphs->slots[i].number == 0 ||
            memcmp(glyphs->slots[i].hash, wanted, sizeof(glyphs->slots[i].hash)) == 0)
            return &glyphs->slots[i];
}

static bool grow(struct pdf_drawn_glyphs *glyphs)
{
    struct pdf_drawn_glyphs larger = {
        .slot_count = glyphs->slot_count == 0 ? SLOTS_FIRST : 2 * glyphs->slot_count,
        .count = glyphs->count,
    };

    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < glyphs->slot_count; i++)
        if (glyphs->slots[i].number != 0)
            *find_slot(&larger, glyphs->slots[i].hash) = glyphs->slots[i];
    free(glyphs->slots);
    *glyphs = larger;
    return true;
}

static status_code write_glyph(struct str shape, struct pdf_drawn_glyphs *glyphs,
                               struct pdf_writer *writer, uint32_t *ret_number, struct status *st)
{
    static const struct content_names no_names;
    struct pdf_drawn_glyph glyph = {.number = 0};
    struct pdf_drawn_glyph *slot;
    struct pdf_body entries;
    bool has_cmyk;

    if (2 * (glyphs->count + 1) > glyphs->slot_count && !grow(glyphs))
        return FAIL_MEMORY(st);
    hash(shape, glyph.hash);
    slot = find_slot(glyphs, glyph.hash);
    if (slot->number != 0) {
        *ret_number = slot->number;
        return STATUS_OK;
    }
    if (!content_check(shape, &no_names, &has_cmyk))
        return fail_drawing(st);
    glyph.number = pdf_writer_reserve(writer);
    pdf_body_init(&entries, ENTRIES_MAX_BYTES);
    pdf_body_printf(&entries, "/Type/XObject/Subtype/Form/BBox[%d %d %d %d]/Resources<<>>",
                    -GLYPH_REACH, -GLYPH_REACH, GLYPH_REACH, GLYPH_REACH);
    pdf_writer_check(writer, &entries);
    pdf_writer_stream(writer, glyph.number, buf_str(&entries.text), shape);
    pdf_body_deinit(&entries);
    if (glyphs->count < PDF_DRAWING_KNOWN_MAX) {
        *slot = glyph;
        glyphs->count++;
    }
    *ret_number = glyph.number;
    return STATUS_OK;
}

/* --- images --- */

static status_code write_image(const Ocrmesh__Document__V1__DrawingImage *drawn,
                               struct pdf_profiles *profiles, struct pdf_writer *writer,
                               uint32_t *ret_number, struct status *st)
{
    struct pdf_body entries;
    bool is_known;

    if (!page_image_is_sound(drawn->image) || drawn->data.len != (size_t)drawn->image->size_bytes)
        return fail_drawing(st);
    pdf_body_init(&entries, ENTRIES_MAX_BYTES);
    is_known = pdf_picture_entries(drawn->image, drawn->is_mask, profiles, writer, &entries);
    if (is_known) {
        pdf_writer_check(writer, &entries);
        *ret_number = pdf_writer_reserve(writer);
        pdf_writer_plain_stream(writer, *ret_number, buf_str(&entries.text),
                                (struct str){(const char *)drawn->data.data, drawn->data.len});
    }
    pdf_body_deinit(&entries);
    return is_known ? STATUS_OK : fail_drawing(st);
}

/* --- the drawing --- */

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void keep(void *arena, void *memory)
{
    /* all of it goes with the arena */
}

/* The drawing, in the arena. */
static status_code read_drawing(struct page_image *image, struct arena *arena,
                                Ocrmesh__Document__V1__PageDrawing **ret_drawing, struct status *st)
{
    _cleanup_(buf_deinit) struct buf bytes;
    ProtobufCAllocator allocator = {allocate, keep, arena};
    struct str chunk;

    buf_init(&bytes, PDF_DRAWING_MAX_BYTES);
    if (page_image_description(image)->size_bytes > PDF_DRAWING_MAX_BYTES)
        return fail_drawing(st);
    do {
        TRY(page_image_read(image, &chunk, st));
        if (!buf_append(&bytes, chunk.p, chunk.n))
            return FAIL_MEMORY(st);
    } while (chunk.n > 0);
    *ret_drawing = ocrmesh__document__v1__page_drawing__unpack(&allocator, bytes.length,
                                                               (const uint8_t *)bytes.data);
    if (*ret_drawing == NULL || (*ret_drawing)->n_glyphs > PDF_DRAWING_GLYPHS_MAX ||
        (*ret_drawing)->n_images > PDF_DRAWING_IMAGES_MAX)
        return fail_drawing(st);
    return STATUS_OK;
}

/* The form's resources: what it names. */
static status_code write_parts(const Ocrmesh__Document__V1__PageDrawing *drawing,
                               struct pdf_profiles *profiles, struct pdf_drawn_glyphs *glyphs,
                               struct pdf_writer *writer, struct pdf_body *entries,
                               struct status *st)
{
    uint32_t number = 0;

    pdf_body_printf(entries, "/XObject<<");
    for (size_t i = 0; i < drawing->n_glyphs; i++) {
        TRY(write_glyph((struct str){(const char *)drawing->glyphs[i].data, drawing->glyphs[i].len},
                        glyphs, writer, &number, st));
        pdf_body_printf(entries, "/G%zu %" PRIu32 " 0 R", i, number);
    }
    for (size_t i = 0; i < drawing->n_images; i++) {
        TRY(write_image(drawing->images[i], profiles, writer, &number, st));
        pdf_body_printf(entries, "/I%zu %" PRIu32 " 0 R", i, number);
    }
    pdf_body_printf(entries, ">>");
    return STATUS_OK;
}

static status_code write_form(const Ocrmesh__Document__V1__PageDrawing *drawing,
                              struct pdf_profiles *profiles, struct pdf_drawn_glyphs *glyphs,
                              uint32_t width, uint32_t height, struct pdf_writer *writer,
                              struct pdf_body *entries, uint32_t *ret_number, struct status *st)
{
    struct content_names names = {(uint32_t)drawing->n_glyphs, (uint32_t)drawing->n_images};
    struct str content = {(const char *)drawing->content.data, drawing->content.len};
    bool has_cmyk;

    if (!content_check(content, &names, &has_cmyk))
        return fail_drawing(st);
    pdf_body_printf(entries, "/Type/XObject/Subtype/Form/BBox[0 0 ");
    pdf_body_number(entries, width, 0); /* PDF/A has no integers of 32 bits without a sign */
    pdf_body_number(entries, height, 0);
    pdf_body_printf(entries, "]/Resources<<");
    if (has_cmyk) /* which is then no device's, as PDF/A wants it */
        pdf_body_printf(entries, "/ColorSpace<</DefaultCMYK[/ICCBased %" PRIu32 " 0 R]>>",
                        pdf_profiles_cmyk(profiles, writer));
    TRY(write_parts(drawing, profiles, glyphs, writer, entries, st));
    pdf_body_printf(entries, ">>");
    pdf_writer_check(writer, entries);
    *ret_number = pdf_writer_reserve(writer);
    pdf_writer_stream(writer, *ret_number, buf_str(&entries->text), content);
    return STATUS_OK;
}

status_code pdf_drawing_write(struct page_image *image, struct pdf_profiles *profiles,
                              struct pdf_drawn_glyphs *glyphs, uint32_t width, uint32_t height,
                              double scale, struct pdf_writer *writer,
                              struct pdf_picture *ret_picture, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PDF_DRAWING_MEMORY_MAX_BYTES);
    _cleanup_(pdf_body_deinit) struct pdf_body entries;
    Ocrmesh__Document__V1__PageDrawing *drawing = NULL;

    pdf_body_init(&entries, ENTRIES_MAX_BYTES);
    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(read_drawing(image, arena, &drawing, st));
    TRY(write_form(drawing, profiles, glyphs, width, height, writer, &entries, &ret_picture->number,
                   st));
    /* Its coordinates are pixels from the top. */
    const double matrix[6] = {scale, 0, 0, -scale, 0, height * scale};
    memcpy(ret_picture->matrix, matrix, sizeof(matrix));
    return STATUS_OK;
}
