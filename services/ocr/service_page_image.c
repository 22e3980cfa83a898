/* GetPageImage: what a picture is, then its bytes. */

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/blob/blob.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/page_pictures.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_page.h"

typedef Ocrmesh__Ocr__V1__GetPageImageRequest GetPageImageRequest;
typedef Ocrmesh__Ocr__V1__GetPageImageResponse GetPageImageResponse;
typedef Ocrmesh__Document__V1__PageImage PageImage;

/* A picture among those of its page. */
struct found {
    const PageImage *image;
    const char *blob_key;
    int64_t offset;
};

static status_code check_request(const GetPageImageRequest *wanted,
                                 Ocrmesh__Document__V1__PageImageKind *ret_kind, struct status *st)
{
    switch ((int)wanted->kind) {
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_UNSPECIFIED:
        *ret_kind = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_PREVIEW;
        break;
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_PREVIEW:
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION:
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE:
        *ret_kind = wanted->kind;
        break;
    default:
        return FAIL_FIELD(st, "kind", "INVALID_FIELD", "there is no kind %d", (int)wanted->kind);
    }
    if (wanted->page_index > INT32_MAX)
        return FAIL_FIELD(st, "page_index", "INVALID_FIELD", "there is no such page");
    return STATUS_OK;
}

static status_code find(const struct ocr_service *service, struct rpc_call *call,
                        const GetPageImageRequest *wanted,
                        Ocrmesh__Document__V1__PageImageKind kind, const struct job *job,
                        struct found *ret_found, struct status *st)
{
    struct str pictures = {0};
    struct found found = {0};

    TRY(store_page_pictures(service->db, service_deadline(call), job->id,
                            (int32_t)wanted->page_index, rpc_call_arena(call), &pictures,
                            &found.blob_key, st));
    if (pictures.n == 0)
        return page_pictures_fail_not_found(st);
    TRY(page_pictures_find(pictures, kind, wanted->block_index, rpc_call_arena(call), &found.image,
                           &found.offset, st));
    *ret_found = found;
    return STATUS_OK;
}

static status_code send_image(struct rpc_call *call, const PageImage *image, struct status *st)
{
    GetPageImageResponse message = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__INIT;

    message.part_case = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_IMAGE;
    message.image = (PageImage *)image;
    return rpc_call_write(call, &message, st);
}

/* The first chunk is read before anything is said: a picture whose bytes are gone is not there. */
static status_code send_picture(const struct ocr_service *service, struct rpc_call *call,
                                const struct found *found, struct status *st)
{
    _cleanup_(freep) uint8_t *bytes = malloc(PAGE_PICTURE_CHUNK_MAX_BYTES);
    int64_t sent = 0;

    if (bytes == NULL)
        return FAIL_MEMORY(st);
    while (sent < found->image->size_bytes) {
        GetPageImageResponse message = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__INIT;
        int64_t left = found->image->size_bytes - sent;
        size_t length =
            left < PAGE_PICTURE_CHUNK_MAX_BYTES ? (size_t)left : PAGE_PICTURE_CHUNK_MAX_BYTES;
        status_code code = blob_read(service->blobs, found->blob_key, found->offset + sent, bytes,
                                     length, service_deadline(call), st);
        if (code == STATUS_NOT_FOUND && sent == 0)
            return page_pictures_fail_not_found(st);
        if (code == STATUS_NOT_FOUND)
            return FAIL(st, STATUS_ABORTED, "DOCUMENT_CHANGED",
                        "the document was deleted while it was read");
        TRY(code);
        if (sent == 0)
            TRY(send_image(call, found->image, st));
        message.part_case = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_CHUNK;
        message.chunk = (ProtobufCBinaryData){length, bytes};
        TRY(rpc_call_write(call, &message, st));
        sent += (int64_t)length;
    }
    return STATUS_OK;
}

status_code service_get_page_image(struct rpc_call *call, const void *request, void *response,
                                   void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const GetPageImageRequest *wanted = request;
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    Ocrmesh__Document__V1__PageImageKind kind =
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_UNSPECIFIED;
    struct service_caller caller;
    const struct job *job;
    struct found found = {0};

    TRY(check_request(wanted, &kind, st));
    TRY(service_find_job(service, call, wanted->job_id, &job, &caller, st));
    TRY(gate_enter(service->documents_gate, caller.key, &pass, st));
    TRY(find(service, call, wanted, kind, job, &found, st));
    return send_picture(service, call, &found, st);
}
