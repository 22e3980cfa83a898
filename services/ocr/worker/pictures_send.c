#include "services/ocr/worker/pictures_send.h"

#include "lib/base/clock.h"
#include "services/ocr/worker_channel.h"

typedef Ocrmesh__Ocr__Worker__V1__PagePictures PagePictures;
typedef Ocrmesh__Ocr__Worker__V1__PagePicture PagePicture;
typedef Ocrmesh__Ocr__Worker__V1__PictureChunk PictureChunk;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;
typedef Ocrmesh__Document__V1__PageImage PageImage;

static PageImage *image_to_message(const struct picture *picture, struct arena *arena)
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

PagePictures *pictures_message_make(const struct picture_set *set, struct arena *arena)
{
    PagePictures *message = ARENA_NEW(arena, PagePictures);
    PagePicture **pictures = ARENA_NEW_ARRAY(arena, PagePicture *, set->count + 1);

    if (message == NULL || pictures == NULL)
        return NULL;
    ocrmesh__ocr__worker__v1__page_pictures__init(message);
    for (size_t i = 0; i < set->count; i++) {
        pictures[i] = ARENA_NEW(arena, PagePicture);
        if (pictures[i] == NULL)
            return NULL;
        ocrmesh__ocr__worker__v1__page_picture__init(pictures[i]);
        pictures[i]->kind = (Ocrmesh__Document__V1__PageImageKind)set->items[i].kind;
        pictures[i]->block_index = set->items[i].block_index;
        pictures[i]->image = image_to_message(&set->items[i].picture, arena);
        if (pictures[i]->image == NULL)
            return NULL;
    }
    message->pictures = pictures;
    message->n_pictures = set->count;
    return message;
}

static status_code send_chunk(struct worker_channel *channel, struct str bytes, struct status *st)
{
    PictureChunk chunk = OCRMESH__OCR__WORKER__V1__PICTURE_CHUNK__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    chunk.data = (ProtobufCBinaryData){bytes.n, (uint8_t *)bytes.p};
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PICTURE_CHUNK;
    response.picture_chunk = &chunk;
    return worker_channel_send(channel, &response.base, -1, TIME_NEVER, st);
}

status_code pictures_send(const struct picture_set *set, struct worker_channel *channel,
                          struct status *st)
{
    for (size_t i = 0; i < set->count; i++) {
        struct str rest = set->items[i].picture.data;
        while (rest.n > 0) {
            size_t length =
                rest.n < PAGE_PICTURE_CHUNK_MAX_BYTES ? rest.n : PAGE_PICTURE_CHUNK_MAX_BYTES;
            TRY(send_chunk(channel, (struct str){rest.p, length}, st));
            rest.p += length;
            rest.n -= length;
        }
    }
    return STATUS_OK;
}
