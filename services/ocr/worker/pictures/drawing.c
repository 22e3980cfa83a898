#include "services/ocr/worker/pictures/drawing.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "ocrmesh/document/v1/page_image.pb-c.h"
#include "services/ocr/worker/pictures/picture_message.h"

struct drawing *drawing_new(void)
{
    struct drawing *drawing = calloc(1, sizeof(*drawing));

    if (drawing == NULL)
        return NULL;
    buf_init(&drawing->content, DRAWING_OPERATORS_MAX_BYTES);
    buf_init(&drawing->glyphs, DRAWING_OPERATORS_MAX_BYTES);
    return drawing;
}

void drawing_free(struct drawing *drawing)
{
    if (drawing == NULL)
        return;
    buf_deinit(&drawing->content);
    buf_deinit(&drawing->glyphs);
    for (size_t i = 0; i < drawing->image_count; i++)
        picture_deinit(&drawing->images[i].picture);
    free(drawing);
}

void drawing_put(struct drawing *drawing, struct buf *out, const char *operators)
{
    if (!buf_append_str(out, operators))
        drawing->is_refused = true;
}

void drawing_put_number(struct drawing *drawing, struct buf *out, double number, int decimals)
{
    const double number_max = 1e7; /* more than a page is wide, in any unit that is used here */
    int64_t unit = 1;

    for (int i = 0; i < decimals; i++)
        unit *= 10;
    if (!isfinite(number) || fabs(number) > number_max) {
        drawing->is_refused = true;
        return;
    }
    int64_t rounded = llround(number * (double)unit);
    int64_t size = rounded < 0 ? -rounded : rounded;
    int64_t fraction = size % unit;
    while (decimals > 0 && fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    const char *sign = rounded < 0 ? " -" : " ";
    bool is_put = decimals == 0 ? buf_printf(out, "%s%" PRId64, sign, size / unit)
                                : buf_printf(out, "%s%" PRId64 ".%0*" PRId64, sign, size / unit,
                                             decimals, fraction);
    if (!is_put)
        drawing->is_refused = true;
}

void drawing_put_use(struct drawing *drawing, char kind, size_t number)
{
    if (!buf_printf(&drawing->content, "/%c%zu Do ", kind, number))
        drawing->is_refused = true;
}

void drawing_end_glyph(struct drawing *drawing, size_t *ret_number)
{
    *ret_number = 0;
    if (drawing->glyph_count == DRAWING_GLYPHS_MAX) {
        drawing->is_refused = true;
        return;
    }
    *ret_number = drawing->glyph_count;
    drawing->glyph_ends[drawing->glyph_count++] = drawing->glyphs.length;
}

void drawing_add_image(struct drawing *drawing, struct picture *picture, bool is_mask,
                       size_t *ret_number)
{
    *ret_number = 0;
    if (drawing->image_count == DRAWING_IMAGES_MAX) {
        drawing->is_refused = true;
        picture_deinit(picture);
        return;
    }
    *ret_number = drawing->image_count;
    drawing->image_bytes += picture->data.n;
    drawing->images[drawing->image_count].picture = *picture;
    drawing->images[drawing->image_count++].is_mask = is_mask;
}

/* --- the message --- */

typedef Ocrmesh__Document__V1__PageDrawing PageDrawing;
typedef Ocrmesh__Document__V1__DrawingImage DrawingImage;

static bool fill_images(const struct drawing *drawing, struct arena *arena, PageDrawing *message)
{
    message->images = ARENA_NEW_ARRAY(arena, DrawingImage *, drawing->image_count + 1);
    if (message->images == NULL)
        return false;
    for (size_t i = 0; i < drawing->image_count; i++) {
        const struct picture *picture = &drawing->images[i].picture;
        DrawingImage *image = ARENA_NEW(arena, DrawingImage);
        if (image == NULL)
            return false;
        ocrmesh__document__v1__drawing_image__init(image);
        image->image = picture_message_make(picture, arena);
        image->data = (ProtobufCBinaryData){picture->data.n, (uint8_t *)picture->data.p};
        image->is_mask = drawing->images[i].is_mask;
        if (image->image == NULL)
            return false;
        message->images[i] = image;
    }
    message->n_images = drawing->image_count;
    return true;
}

static bool fill_glyphs(const struct drawing *drawing, struct arena *arena, PageDrawing *message)
{
    size_t start = 0;

    message->glyphs = ARENA_NEW_ARRAY(arena, ProtobufCBinaryData, drawing->glyph_count + 1);
    if (message->glyphs == NULL)
        return false;
    for (size_t i = 0; i < drawing->glyph_count; i++) {
        message->glyphs[i].data = (uint8_t *)drawing->glyphs.data + start;
        message->glyphs[i].len = drawing->glyph_ends[i] - start;
        start = drawing->glyph_ends[i];
    }
    message->n_glyphs = drawing->glyph_count;
    return true;
}

bool drawing_pack(const struct drawing *drawing, struct str *ret_bytes)
{
    enum { ARENA_MAX_BYTES = 4 << 20 };
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    PageDrawing message = OCRMESH__DOCUMENT__V1__PAGE_DRAWING__INIT;

    if (arena == NULL || !fill_images(drawing, arena, &message) ||
        !fill_glyphs(drawing, arena, &message))
        return false;
    message.content =
        (ProtobufCBinaryData){drawing->content.length, (uint8_t *)drawing->content.data};
    size_t size = ocrmesh__document__v1__page_drawing__get_packed_size(&message);
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        return false;
    (void)ocrmesh__document__v1__page_drawing__pack(&message, bytes);
    *ret_bytes = (struct str){(const char *)bytes, size};
    return true;
}
