#include "lib/mesh/document.h"

#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/rpc/allocator.h"

enum {
    /* One message as it arrives, decoded, and the job. */
    MESSAGE_MEMORY_MAX_BYTES = 32 << 20,
    JOB_MAX_BYTES = RPC_MESSAGE_MAX_BYTES,
};

static const struct rpc_method get_document = {
    &ocrmesh__ocr__v1__ocr_service__descriptor,
    "GetDocument",
    RPC_SERVER_STREAM,
};

/*
 * Whether a page is complete is known once the next one begins. So messages are encoded again as
 * they come, one behind the other, which is how protobuf merges them, and the page is decoded when
 * another index or the end is seen. This costs one more pass over the bytes, some 0.1 ms for a
 * dense page, and leaves one path for pages of any size.
 */
struct document {
    struct arena *message_arena; /* what the stream reads into; emptied after each message */
    struct arena *page_arena;    /* the page that was handed out */
    struct rpc_stream *stream;
    Ocrmesh__Ocr__V1__Job *job; /* on the heap */
    struct buf parts;           /* messages of the page that is being read */
    uint32_t index;             /* of that page */
    bool has_parts;             /* not told by `parts`: an empty first page encodes to nothing */
    bool has_ended;
};

void document_free(struct document *document)
{
    if (document == NULL)
        return;
    rpc_stream_free(document->stream);
    if (document->job != NULL)
        ocrmesh__ocr__v1__job__free_unpacked(document->job, NULL);
    buf_deinit(&document->parts);
    arena_free(document->page_arena);
    arena_free(document->message_arena);
    free(document);
}

static status_code fail_order(struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "the document did not arrive as expected");
}

/* Appends the encoding of `message` to `parts`. */
static status_code append_packed(struct buf *parts, const void *message, struct status *st)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (parts->length + size > parts->max_bytes)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",
                    "a page of this document is larger than %d MiB", DOCUMENT_PAGE_MAX_BYTES >> 20);
    if (!buf_reserve(parts, size))
        return FAIL_MEMORY(st);
    uint8_t *end = (uint8_t *)parts->data + parts->length;
    parts->length += protobuf_c_message_pack(message, end);
    return STATUS_OK;
}

/* The next message, in the message arena, which held the one before. NULL at the end of a call
 * that ended well. */
static status_code read_message(struct document *document,
                                const Ocrmesh__Ocr__V1__GetDocumentResponse **ret_message,
                                struct status *st)
{
    Ocrmesh__Ocr__V1__GetDocumentResponse *message = NULL;

    arena_reset(document->message_arena);
    TRY(rpc_stream_read(document->stream, &message, st));
    if (message == NULL)
        TRY(rpc_stream_finish(document->stream, st));
    *ret_message = message;
    return STATUS_OK;
}

static status_code read_job(struct document *document, struct status *st)
{
    const Ocrmesh__Ocr__V1__GetDocumentResponse *message;
    _cleanup_(buf_deinit) struct buf packed;

    buf_init(&packed, JOB_MAX_BYTES);
    TRY(read_message(document, &message, st));
    if (message == NULL || message->part_case != OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB)
        return fail_order(st);
    TRY(append_packed(&packed, message->job, st));
    document->job = ocrmesh__ocr__v1__job__unpack(NULL, packed.length, (uint8_t *)packed.data);
    return document->job != NULL ? STATUS_OK : FAIL_MEMORY(st);
}

status_code document_open(struct rpc_channel *ocr, const struct rpc_call_options *options,
                          const char *job_id, const struct document_part *part,
                          struct document **ret_document, struct status *st)
{
    _cleanup_(document_freep) struct document *document = calloc(1, sizeof(*document));
    Ocrmesh__Ocr__V1__GetDocumentRequest request = OCRMESH__OCR__V1__GET_DOCUMENT_REQUEST__INIT;

    if (document == NULL)
        return FAIL_MEMORY(st);
    buf_init(&document->parts, DOCUMENT_PAGE_MAX_BYTES);
    document->message_arena = arena_new(MESSAGE_MEMORY_MAX_BYTES);
    document->page_arena = arena_new(DOCUMENT_PAGE_MEMORY_MAX_BYTES);
    if (document->message_arena == NULL || document->page_arena == NULL)
        return FAIL_MEMORY(st);

    request.job_id = (char *)job_id;
    request.view = part->view;
    request.first_page_index = part->first_page_index;
    request.page_limit = part->page_limit;
    TRY(rpc_stream_open(ocr, &get_document, options, document->message_arena, &document->stream,
                        st));
    if (rpc_stream_write(document->stream, &request, st) != STATUS_OK ||
        rpc_stream_close_write(document->stream, st) != STATUS_OK)
        TRY(rpc_stream_finish(document->stream, st));
    TRY(read_job(document, st));

    *ret_document = TAKE(document);
    return STATUS_OK;
}

const Ocrmesh__Ocr__V1__Job *document_job(const struct document *document)
{
    return document->job;
}

/* The page of `parts`, which is empty afterwards. */
static status_code decode_page(struct document *document,
                               const Ocrmesh__Document__V1__Page **ret_page, struct status *st)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(document->page_arena);
    const Ocrmesh__Document__V1__Page *page;

    arena_reset(document->page_arena);
    page = ocrmesh__document__v1__page__unpack(&allocator, document->parts.length,
                                               (const uint8_t *)document->parts.data);
    /* The bytes are our own encoding: only memory can be missing. */
    if (page == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",
                    "a page of this document takes more than %d MiB",
                    DOCUMENT_PAGE_MEMORY_MAX_BYTES >> 20);
    buf_clear(&document->parts);
    document->has_parts = false;
    *ret_page = page;
    return STATUS_OK;
}

status_code document_next_page(struct document *document,
                               const Ocrmesh__Document__V1__Page **ret_page, struct status *st)
{
    while (!document->has_ended) {
        const Ocrmesh__Ocr__V1__GetDocumentResponse *message;
        const Ocrmesh__Document__V1__Page *finished = NULL;

        TRY(read_message(document, &message, st));
        if (message == NULL) {
            document->has_ended = true;
            break;
        }
        if (message->part_case != OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE)
            return fail_order(st);
        if (document->has_parts && message->page->index != document->index)
            TRY(decode_page(document, &finished, st));
        TRY(append_packed(&document->parts, message->page, st));
        document->index = message->page->index;
        document->has_parts = true;
        if (finished != NULL) {
            *ret_page = finished;
            return STATUS_OK;
        }
    }
    if (document->has_parts)
        return decode_page(document, ret_page, st);
    *ret_page = NULL;
    return STATUS_OK;
}
