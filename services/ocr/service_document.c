/* GetDocument: the job, then its pages. */

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/rpc/allocator.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/job_extraction.h"
#include "services/ocr/job_message.h"
#include "services/ocr/page_parts.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_page.h"

enum {
    PAGES_AT_ONCE = 8, /* read in one statement */
    /* A page's message in memory: its strings and structs take a few times the encoding. */
    PAGE_ARENA_MAX_BYTES = 512 << 20,
};

struct sending {
    struct rpc_call *call;
    Ocrmesh__Ocr__V1__PageView view;
    struct arena *arena; /* of one page */
};

static status_code send_part(const Ocrmesh__Document__V1__Page *part, void *arg, struct status *st)
{
    const struct sending *sending = arg;
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE;
    message.page = (Ocrmesh__Document__V1__Page *)part;
    return rpc_call_write(sending->call, &message, st);
}

static status_code send_page(int32_t page_index, struct str content, void *arg, struct status *st)
{
    struct sending *sending = arg;
    ProtobufCAllocator allocator = rpc_arena_allocator(sending->arena);

    arena_reset(sending->arena);
    Ocrmesh__Document__V1__Page *page =
        ocrmesh__document__v1__page__unpack(&allocator, content.n, (const uint8_t *)content.p);
    if (page == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "page %d of the document cannot be read",
                    (int)page_index);
    page_parts_apply_view(page, sending->view);
    return page_parts_send(page, send_part, sending, st);
}

static status_code send_job(const struct ocr_service *service, const struct job *job,
                            struct rpc_call *call, struct status *st)
{
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB;
    TRY(job_message_make(job, rpc_call_arena(call), &message.job, st));
    TRY(job_extraction_attach(service->db, service_deadline(call), message.job,
                              rpc_call_arena(call), st));
    return rpc_call_write(call, &message, st);
}

/* *ret_count: how many were sent. */
static status_code send_pages(const struct ocr_service *service, struct sending *sending,
                              const struct job *job, int32_t first_index, int64_t limit,
                              int64_t *ret_count, struct status *st)
{
    int64_t sent = 0;

    while (sent < limit) {
        int32_t batch = limit - sent < PAGES_AT_ONCE ? (int32_t)(limit - sent) : PAGES_AT_ONCE;
        int32_t count;
        TRY(store_page_each(service->db, service_deadline(sending->call), job->id, first_index,
                            batch, send_page, sending, &first_index, &count, st));
        sent += count;
        if (count < batch)
            break;
    }
    *ret_count = sent;
    return STATUS_OK;
}

static status_code check_view(Ocrmesh__Ocr__V1__PageView view, struct status *st)
{
    switch ((int)view) {
    case OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_UNSPECIFIED:
    case OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS:
    case OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL:
    case OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT:
        return STATUS_OK;
    default:
        return FAIL_FIELD(st, "view", "INVALID_FIELD", "there is no view %d", (int)view);
    }
}

status_code service_get_document(struct rpc_call *call, const void *request, void *response,
                                 void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__GetDocumentRequest *wanted = request;
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    struct service_caller caller;
    const struct job *job;
    int64_t sent;

    TRY(check_view(wanted->view, st));
    if (wanted->first_page_index > INT32_MAX)
        return FAIL_FIELD(st, "first_page_index", "INVALID_FIELD", "there is no such page");
    TRY(service_find_job(service, call, wanted->job_id, &job, &caller, st));
    if (!job_has_ended(job) && !wanted->allow_partial)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job is not done yet: %d of %d pages", (int)job->pages_done,
                    (int)job->page_count);
    TRY(gate_enter(service->documents_gate, caller.key, &pass, st));

    _cleanup_(arena_freep) struct arena *arena = arena_new(PAGE_ARENA_MAX_BYTES);
    struct sending sending = {call, wanted->view, arena};
    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(send_job(service, job, call, st));
    TRY(send_pages(service, &sending, job, (int32_t)wanted->first_page_index,
                   wanted->page_limit == 0 ? INT64_MAX : wanted->page_limit, &sent, st));
    /* A job that was wiped meanwhile must not look like a shorter document. */
    if (wanted->first_page_index == 0 && wanted->page_limit == 0 && sent < job->pages_done)
        return FAIL(st, STATUS_ABORTED, "DOCUMENT_CHANGED",
                    "the document was deleted while it was read");
    return STATUS_OK;
}
