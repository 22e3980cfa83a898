#include "services/ocr/worker/pictures_send.h"

#include "lib/base/clock.h"
#include "services/ocr/worker/pictures/picture_message.h"
#include "services/ocr/worker_channel.h"

typedef Ocrmesh__Ocr__Worker__V1__PagePictures PagePictures;
typedef Ocrmesh__Ocr__Worker__V1__PagePicture PagePicture;
typedef Ocrmesh__Ocr__Worker__V1__PictureChunk PictureChunk;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;

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
        pictures[i]->image = picture_message_make(&set->items[i].picture, arena);
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
