#include "services/ocr/worker/pictures/picture_message.h"

typedef Ocrmesh__Document__V1__PageImage PageImage;

PageImage *picture_message_make(const struct picture *picture, struct arena *arena)
{
    PageImage *message = ARENA_NEW(arena, PageImage);
    Ocrmesh__Document__V1__Placement *placement =
        ARENA_NEW(arena, Ocrmesh__Document__V1__Placement);

    if (message == NULL || placement == NULL)
        return NULL;
    ocrmesh__document__v1__page_image__init(message);
    ocrmesh__document__v1__placement__init(placement);
    placement->a = picture->placement.a;
    placement->b = picture->placement.b;
    placement->c = picture->placement.c;
    placement->d = picture->placement.d;
    placement->e = picture->placement.e;
    placement->f = picture->placement.f;
    message->encoding = (Ocrmesh__Document__V1__PageImageEncoding)picture->encoding;
    message->width = picture->width;
    message->height = picture->height;
    message->components = picture->components;
    message->bits_per_component = picture->bits_per_component;
    message->is_inverted = picture->is_inverted;
    message->palette = (ProtobufCBinaryData){picture->palette.n, (uint8_t *)picture->palette.p};
    message->jbig2_globals =
        (ProtobufCBinaryData){picture->jbig2_globals.n, (uint8_t *)picture->jbig2_globals.p};
    message->placement = placement;
    message->size_bytes = (int64_t)picture->data.n;
    return message;
}
