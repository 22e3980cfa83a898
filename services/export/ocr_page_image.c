#include "services/export/ocr_page_image.h"

#include <stdlib.h>
#include <string.h>

#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

/* One message as it arrives, and decoded. */
enum { MESSAGE_MEMORY_MAX_BYTES = 4 * RPC_MESSAGE_MAX_BYTES };

static const struct rpc_method get_page_image = {
    &ocrmesh__ocr__v1__ocr_service__descriptor,
    "GetPageImage",
    RPC_SERVER_STREAM,
};

struct ocr_image {
    struct page_image_reader reader; /* first: a pointer to it is one to the whole */
    struct arena *arena;             /* the message that was read last */
    struct rpc_stream *stream;
    Ocrmesh__Document__V1__PageImage *description; /* on the heap */
};

static void ocr_image_free(struct ocr_image *image)
{
    if (image == NULL)
        return;
    rpc_stream_free(image->stream);
    if (image->description != NULL)
        ocrmesh__document__v1__page_image__free_unpacked(image->description, NULL);
    arena_free(image->arena);
    free(image);
}
DEFINE_CLEANUP(struct ocr_image *, ocr_image)

static void close_reader(struct page_image_reader *reader)
{
    ocr_image_free((struct ocr_image *)reader);
}

static status_code fail_order(struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "a page's picture did not arrive as expected");
}

static status_code read_chunk(struct page_image_reader *reader, struct str *ret_chunk,
                              struct status *st)
{
    struct ocr_image *image = (struct ocr_image *)reader;
    Ocrmesh__Ocr__V1__GetPageImageResponse *message = NULL;

    do { /* an empty chunk would look like the end */
        arena_reset(image->arena);
        TRY(rpc_stream_read(image->stream, &message, st));
        if (message == NULL) {
            TRY(rpc_stream_finish(image->stream, st));
            *ret_chunk = (struct str){0};
            return STATUS_OK;
        }
        if (message->part_case != OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_CHUNK)
            return fail_order(st);
    } while (message->chunk.len == 0);
    *ret_chunk = (struct str){(const char *)message->chunk.data, message->chunk.len};
    return STATUS_OK;
}

/* Copies the message out of the arena, which the next one takes. */
static status_code keep_description(struct ocr_image *image,
                                    const Ocrmesh__Document__V1__PageImage *told, struct status *st)
{
    size_t size = ocrmesh__document__v1__page_image__get_packed_size(told);
    _cleanup_(freep) uint8_t *packed = malloc(size + 1);

    if (packed == NULL)
        return FAIL_MEMORY(st);
    (void)ocrmesh__document__v1__page_image__pack(told, packed);
    image->description = ocrmesh__document__v1__page_image__unpack(NULL, size, packed);
    image->reader.description = image->description;
    return image->description != NULL ? STATUS_OK : FAIL_MEMORY(st);
}

static status_code open_image(struct page_image_source *base, const struct page_image_query *query,
                              struct page_image_reader **ret_reader, struct status *st)
{
    const struct ocr_page_image_source *source = (const struct ocr_page_image_source *)base;
    _cleanup_(ocr_image_freep) struct ocr_image *image = calloc(1, sizeof(*image));
    Ocrmesh__Ocr__V1__GetPageImageRequest request = OCRMESH__OCR__V1__GET_PAGE_IMAGE_REQUEST__INIT;
    Ocrmesh__Ocr__V1__GetPageImageResponse *message = NULL;

    if (image == NULL || (image->arena = arena_new(MESSAGE_MEMORY_MAX_BYTES)) == NULL)
        return FAIL_MEMORY(st);
    image->reader.read = read_chunk;
    image->reader.close = close_reader;
    request.job_id = (char *)source->job_id;
    request.page_index = query->page_index;
    request.kind = query->kind;
    request.block_index = query->block_index;
    TRY(rpc_stream_open(source->ocr, &get_page_image, source->options, image->arena, &image->stream,
                        st));
    if (rpc_stream_write(image->stream, &request, st) != STATUS_OK ||
        rpc_stream_close_write(image->stream, st) != STATUS_OK)
        TRY(rpc_stream_finish(image->stream, st));

    TRY(rpc_stream_read(image->stream, &message, st));
    if (message == NULL) {
        struct status failure = {0};
        status_code code = rpc_stream_finish(image->stream, &failure);

        if (code == STATUS_NOT_FOUND && strcmp(failure.reason, "PAGE_IMAGE_NOT_FOUND") == 0) {
            *ret_reader = NULL;
            return STATUS_OK;
        }
        if (code == STATUS_OK)
            return fail_order(st);
        *st = failure;
        return code;
    }
    if (message->part_case != OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_IMAGE)
        return fail_order(st);
    TRY(keep_description(image, message->image, st));
    *ret_reader = &TAKE(image)->reader;
    return STATUS_OK;
}

void ocr_page_image_source_init(struct ocr_page_image_source *source, struct rpc_channel *ocr,
                                const struct rpc_call_options *options, const char *job_id)
{
    *source = (struct ocr_page_image_source){{open_image}, ocr, options, job_id};
}
