#include "bridge/tests/fake_mesh.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/tests/fake_chat.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/rpc/server.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    SEEN_KEYS_MAX = 3,
    SPLIT_PARTS = 3,
    BROKEN_PAGES = 50,
    EXPORT_CHUNK_BYTES = 6,
    POLL_MS = 20,
};

static const char *const seen_keys[SEEN_KEYS_MAX] = {"authorization", "ocrmesh-client-address",
                                                     "ocrmesh-request-id"};

enum {
    SERVICES_MAX = 4,
    THREADS_MAX = 1024, /* the bridge is what is looked at, also with many uploads at once */
};

struct fake_mesh {
    struct rpc_service services[SERVICES_MAX];
    struct rpc_server *server;
    char page_text[FAKE_MANY_PAGE_BYTES + 1];
    char ten_text[FAKE_TEN_PAGE_BYTES + 1];

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    bool is_gate_shut;
    int cancelled;
    struct fake_submission submission;
    struct fake_totals totals;
    int exports_of_split;
    int readings; /* of documents */
    int asked_calls, asked_requests;
    int changes;
    bool is_mortal_deleted;
    char export_options[FAKE_TEXT_MAX];
    char seen[SEEN_KEYS_MAX][FAKE_TEXT_MAX];
};

void fake_mesh_note_call(struct fake_mesh *mesh, struct rpc_call *call)
{
    pthread_mutex_lock(&mesh->mutex);
    for (int i = 0; i < SEEN_KEYS_MAX; i++) {
        struct str value;

        if (!rpc_metadata_get(rpc_call_metadata(call), seen_keys[i], &value))
            value = STR("");
        (void)snprintf(mesh->seen[i], FAKE_TEXT_MAX, "%.*s", (int)value.n, value.p);
    }
    pthread_mutex_unlock(&mesh->mutex);
}

static void note_end(struct rpc_call *call, const struct status *st, int64_t duration_ns,
                     void *data)
{
    struct fake_mesh *mesh = data;

    if (st->code != STATUS_CANCELLED && !rpc_call_is_cancelled(call))
        return;
    pthread_mutex_lock(&mesh->mutex);
    mesh->cancelled++;
    pthread_cond_broadcast(&mesh->changed);
    pthread_mutex_unlock(&mesh->mutex);
}

status_code fake_mesh_wait_at_gate(struct fake_mesh *mesh, const struct rpc_call *call,
                                   struct status *st)
{
    pthread_mutex_lock(&mesh->mutex);
    while (mesh->is_gate_shut && !rpc_call_is_cancelled(call))
        (void)wait_until(&mesh->changed, &mesh->mutex, time_mono_after_ms(POLL_MS));
    pthread_mutex_unlock(&mesh->mutex);
    return rpc_call_is_cancelled(call) ? FAIL(st, STATUS_CANCELLED, NULL, "cancelled") : STATUS_OK;
}

static status_code wait_for_cancel(struct fake_mesh *mesh, const struct rpc_call *call,
                                   struct status *st)
{
    pthread_mutex_lock(&mesh->mutex);
    while (!rpc_call_is_cancelled(call))
        (void)wait_until(&mesh->changed, &mesh->mutex, time_mono_after_ms(POLL_MS));
    pthread_mutex_unlock(&mesh->mutex);
    return FAIL(st, STATUS_CANCELLED, NULL, "cancelled");
}

/* --- jobs --- */

static status_code fill_job(struct rpc_call *call, const char *id, bool has_ended,
                            Ocrmesh__Ocr__V1__Job **ret_job, struct status *st)
{
    struct arena *arena = rpc_call_arena(call);
    Ocrmesh__Ocr__V1__Job *job = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Job);
    static const char *const known[] = {FAKE_DONE,   FAKE_FAILED, FAKE_PENDING,
                                        FAKE_WAIT,   FAKE_SPLIT,  FAKE_MANY,
                                        FAKE_BROKEN, FAKE_TEN,    FAKE_MORTAL};
    bool is_known = false;

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        is_known = is_known || strcmp(known[i], id) == 0;
    if (!is_known)
        return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no job %.40s", id);
    ocrmesh__ocr__v1__job__init(job);
    job->job_id = arena_strdup(arena, id);
    job->tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    job->language = (char *)"auto";
    job->page_count = strcmp(id, FAKE_PENDING) == 0 ? 40 : strcmp(id, FAKE_DONE) == 0 ? 2 : 1;
    job->mean_confidence = has_ended ? 0.98F : 0;
    job->revision = has_ended ? FAKE_REVISION_END : FAKE_REVISION_FIRST;
    job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE;
    if (has_ended) {
        job->usage = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Usage);
        ocrmesh__ocr__v1__usage__init(job->usage);
        job->usage->credits = FAKE_CREDITS;
    }
    if (!has_ended)
        job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING;
    else if (strcmp(id, FAKE_FAILED) == 0)
        job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED;
    *ret_job = job;
    return STATUS_OK;
}

/* The job as it stands, of those that are there. */
static status_code find_job(struct fake_mesh *mesh, struct rpc_call *call, const char *id,
                            bool has_ended, Ocrmesh__Ocr__V1__Job **ret_job, struct status *st)
{
    pthread_mutex_lock(&mesh->mutex);
    int changes = mesh->changes;
    bool is_gone = mesh->is_mortal_deleted && strcmp(id, FAKE_MORTAL) == 0;
    pthread_mutex_unlock(&mesh->mutex);
    TRY(fill_job(call, is_gone ? "" : id, has_ended, ret_job, st));
    if (has_ended)
        (*ret_job)->revision += changes;
    return STATUS_OK;
}

static bool has_ended(struct fake_mesh *mesh, const char *id)
{
    pthread_mutex_lock(&mesh->mutex);
    bool is_shut = mesh->is_gate_shut;
    pthread_mutex_unlock(&mesh->mutex);
    return strcmp(id, FAKE_PENDING) != 0 && (strcmp(id, FAKE_WAIT) != 0 || !is_shut);
}

static void note_options(struct fake_mesh *mesh, const Ocrmesh__Ocr__V1__JobOptions *options)
{
    pthread_mutex_lock(&mesh->mutex);
    if (options->file_name[0] != '\0')
        (void)snprintf(mesh->submission.file_name, FAKE_TEXT_MAX, "%s", options->file_name);
    if (options->language[0] != '\0')
        (void)snprintf(mesh->submission.language, FAKE_TEXT_MAX, "%s", options->language);
    if (options->request_id[0] != '\0')
        (void)snprintf(mesh->submission.request_id, FAKE_TEXT_MAX, "%s", options->request_id);
    if (options->tier != 0)
        mesh->submission.tier = (int)options->tier;
    pthread_mutex_unlock(&mesh->mutex);
}

static void note_chunk(struct fake_mesh *mesh, const ProtobufCBinaryData *chunk,
                       struct fake_totals *totals)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < chunk->len; i++)
        sum += chunk->data[i];
    pthread_mutex_lock(&mesh->mutex);
    mesh->submission.bytes += (int64_t)chunk->len;
    mesh->submission.sum += sum;
    pthread_mutex_unlock(&mesh->mutex);
    totals->bytes += (int64_t)chunk->len;
    totals->sum += sum;
}

static void note_whole(struct fake_mesh *mesh, const struct fake_totals *totals)
{
    pthread_mutex_lock(&mesh->mutex);
    mesh->totals.submissions++;
    mesh->totals.bytes += totals->bytes;
    mesh->totals.sum += totals->sum;
    pthread_mutex_unlock(&mesh->mutex);
}

static status_code submit_job(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    struct fake_mesh *mesh = data;
    Ocrmesh__Ocr__V1__SubmitJobResponse *answer = response;
    const Ocrmesh__Ocr__V1__SubmitJobRequest *part;
    struct fake_totals totals = {0};

    fake_mesh_note_call(mesh, call);
    pthread_mutex_lock(&mesh->mutex);
    mesh->submission = (struct fake_submission){0};
    pthread_mutex_unlock(&mesh->mutex);
    for (;;) {
        TRY(fake_mesh_wait_at_gate(mesh, call, st));
        TRY(rpc_call_read_reset(call, &part, st));
        if (part == NULL)
            break;
        if (part->part_case == OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_OPTIONS)
            note_options(mesh, part->options);
        else
            note_chunk(mesh, &part->chunk, &totals);
    }
    note_whole(mesh, &totals);
    struct fake_submission submission;
    fake_mesh_submission(mesh, &submission);
    if (strcmp(submission.language, "klingon") == 0)
        return FAIL_FIELD(st, "language", "UNKNOWN_LANGUAGE", "language must be one of: en, de");
    Ocrmesh__Ocr__V1__Job *job;
    if (fill_job(call, submission.file_name, has_ended(mesh, submission.file_name), &job, st) !=
        STATUS_OK)
        TRY(fill_job(call, FAKE_DONE, true, &job, st));
    /* FAKE_WAIT is never answered as ended at once. */
    if (strcmp(job->job_id, FAKE_WAIT) == 0)
        job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING;
    answer->job = job;
    return STATUS_OK;
}

static status_code get_job(struct rpc_call *call, const void *request, void *response, void *data,
                           struct status *st)
{
    const Ocrmesh__Ocr__V1__GetJobRequest *wanted = request;
    Ocrmesh__Ocr__V1__GetJobResponse *answer = response;

    fake_mesh_note_call(data, call);
    return find_job(data, call, wanted->job_id, has_ended(data, wanted->job_id), &answer->job, st);
}

static status_code delete_job(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    const Ocrmesh__Ocr__V1__DeleteJobRequest *wanted = request;
    struct fake_mesh *mesh = data;

    if (strcmp(wanted->job_id, FAKE_MORTAL) != 0)
        return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no job %.40s", wanted->job_id);
    pthread_mutex_lock(&mesh->mutex);
    mesh->is_mortal_deleted = true;
    pthread_mutex_unlock(&mesh->mutex);
    return STATUS_OK;
}

/* Two pages end with FAKE_REVISION_PAGES, the second one first. */
static status_code tell_job(struct rpc_call *call, const Ocrmesh__Ocr__V1__WatchJobRequest *wanted,
                            bool has_ended, int64_t revision, struct status *st)
{
    Ocrmesh__Ocr__V1__WatchJobResponse message = OCRMESH__OCR__V1__WATCH_JOB_RESPONSE__INIT;
    Ocrmesh__Ocr__V1__EndedPage second = OCRMESH__OCR__V1__ENDED_PAGE__INIT;
    Ocrmesh__Ocr__V1__EndedPage first = OCRMESH__OCR__V1__ENDED_PAGE__INIT;
    Ocrmesh__Ocr__V1__EndedPage *pages[] = {&second, &first};
    Ocrmesh__Ocr__V1__JobError error = OCRMESH__OCR__V1__JOB_ERROR__INIT;

    if (revision <= wanted->after_revision)
        return STATUS_OK;
    TRY(fill_job(call, wanted->job_id, has_ended, &message.job, st));
    message.job->revision = revision;
    second.page_index = 1;
    second.revision = FAKE_REVISION_PAGES - 1;
    first.revision = FAKE_REVISION_PAGES;
    error.reason = (char *)"PAGE_CORRUPT";
    error.message = (char *)"this page is damaged";
    first.error = &error;
    if (revision == FAKE_REVISION_PAGES) {
        bool knows_second = wanted->after_revision >= second.revision;
        message.ended_pages = knows_second ? pages + 1 : pages;
        message.n_ended_pages = knows_second ? 1 : 2;
    }
    return rpc_call_write(call, &message, st);
}

static status_code watch_job(struct rpc_call *call, const void *request, void *response, void *data,
                             struct status *st)
{
    const Ocrmesh__Ocr__V1__WatchJobRequest *wanted = request;

    TRY(tell_job(call, wanted, false, FAKE_REVISION_FIRST, st));
    TRY(fake_mesh_wait_at_gate(data, call, st));
    if (strcmp(wanted->job_id, FAKE_PENDING) == 0)
        return wait_for_cancel(data, call, st);
    TRY(tell_job(call, wanted, false, FAKE_REVISION_PAGES, st));
    if (strcmp(wanted->job_id, FAKE_BROKEN) == 0)
        return FAIL(st, STATUS_UNAVAILABLE, "DRAINING", "this server is about to end");
    if (strcmp(wanted->job_id, FAKE_SPLIT) == 0)
        return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no such job any more");
    return tell_job(call, wanted, true, FAKE_REVISION_END, st);
}

/* --- documents --- */

static status_code send_page(struct rpc_call *call, uint32_t index, const char *text,
                             const char *block_text, bool has_blocks, struct status *st)
{
    Ocrmesh__Document__V1__BoundingBox bbox = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Block *blocks[] = {&block};
    Ocrmesh__Document__V1__Table table = OCRMESH__DOCUMENT__V1__TABLE__INIT;
    Ocrmesh__Document__V1__TableCell cell = OCRMESH__DOCUMENT__V1__TABLE_CELL__INIT;
    Ocrmesh__Document__V1__TableCell *cells[] = {&cell};
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    bbox.x0 = 1, bbox.y0 = 2, bbox.x1 = 30, bbox.y1 = 40;
    block.kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING;
    block.text = (char *)block_text;
    block.bbox = &bbox;
    block.confidence = 0.5F;
    if (strcmp(block_text, FAKE_TABLE) == 0) {
        cell.row = 1, cell.column = 2, cell.row_span = 1, cell.column_span = 3;
        cell.text = (char *)block_text;
        cell.bbox = &bbox;
        table.row_count = 2, table.column_count = 5;
        table.cells = cells, table.n_cells = 1;
        block.kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE;
        block.table = &table;
    }
    page.index = index;
    page.text = (char *)text;
    page.markdown = (char *)text;
    page.width = 100;
    if (has_blocks) {
        page.blocks = blocks;
        page.n_blocks = 1;
    }
    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE;
    message.page = &page;
    return rpc_call_write(call, &message, st);
}

static status_code send_pages(struct fake_mesh *mesh, struct rpc_call *call, const char *id,
                              bool has_blocks, struct status *st)
{
    if (strcmp(id, FAKE_MANY) == 0) {
        for (uint32_t i = 0; i < FAKE_MANY_PAGES; i++)
            TRY(send_page(call, i, mesh->page_text, "block", has_blocks, st));
        return STATUS_OK;
    }
    if (strcmp(id, FAKE_TEN) == 0) {
        for (uint32_t i = 0; i < FAKE_TEN_PAGES; i++)
            TRY(send_page(call, i, mesh->ten_text, mesh->ten_text, has_blocks, st));
        return STATUS_OK;
    }
    if (strcmp(id, FAKE_MORTAL) == 0) {
        char text[FAKE_TEXT_MAX];

        pthread_mutex_lock(&mesh->mutex);
        (void)snprintf(text, sizeof(text), "change %d", mesh->changes);
        pthread_mutex_unlock(&mesh->mutex);
        TRY(send_page(call, 0, text, mesh->ten_text, has_blocks, st));
        return send_page(call, 1, mesh->ten_text, text, has_blocks, st);
    }
    if (strcmp(id, FAKE_BROKEN) == 0) {
        for (uint32_t i = 0; i < BROKEN_PAGES; i++)
            TRY(send_page(call, i, mesh->page_text, "block", has_blocks, st));
        return has_blocks ? FAIL(st, STATUS_INTERNAL, NULL, "the store broke") : STATUS_OK;
    }
    if (strcmp(id, FAKE_SPLIT) == 0) {
        TRY(send_page(call, 0, "split \"page\"", "a", has_blocks, st));
        for (int i = 1; has_blocks && i < SPLIT_PARTS; i++)
            TRY(send_page(call, 0, "", i == 1 ? "b" : "c", true, st));
        return send_page(call, 1, "second", FAKE_TABLE, has_blocks, st);
    }
    TRY(send_page(call, 0, "first\nline", "first", has_blocks, st));
    if (strcmp(id, FAKE_DONE) == 0)
        TRY(send_page(call, 1, "second", "second", has_blocks, st));
    return STATUS_OK;
}

static status_code get_document(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const Ocrmesh__Ocr__V1__GetDocumentRequest *wanted = request;
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;
    bool has_blocks = wanted->view != OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT;
    struct fake_mesh *mesh = data;

    pthread_mutex_lock(&mesh->mutex);
    mesh->readings++;
    pthread_mutex_unlock(&mesh->mutex);
    TRY(find_job(mesh, call, wanted->job_id, true, &message.job, st));
    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB;
    TRY(rpc_call_write(call, &message, st));
    return send_pages(data, call, wanted->job_id, has_blocks, st);
}

/* --- export --- */

/* FAKE_SPLIT is another document each time. */
static const char *fake_entity_tag(struct fake_mesh *mesh,
                                   const Ocrmesh__Export__V1__ExportDocumentRequest *wanted)
{
    static const char *const tags[] = {"tag-1", "tag-2"};

    if (strcmp(wanted->job_id, FAKE_SPLIT) != 0)
        return tags[0];
    pthread_mutex_lock(&mesh->mutex);
    int which = mesh->exports_of_split++ % 2;
    pthread_mutex_unlock(&mesh->mutex);
    return tags[which];
}

/* More than the bridge holds back, then a failure. */
static status_code send_broken_file(struct fake_mesh *mesh, struct rpc_call *call,
                                    struct status *st)
{
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK;
    message.chunk.data = (uint8_t *)mesh->page_text;
    message.chunk.len = FAKE_MANY_PAGE_BYTES;
    for (int i = 0; i < BROKEN_PAGES; i++)
        TRY(rpc_call_write(call, &message, st));
    return FAIL(st, STATUS_INTERNAL, NULL, "the store broke");
}

/* Four times "chunk\n", or the part of it that is asked for. */
static status_code send_file(struct rpc_call *call,
                             const Ocrmesh__Export__V1__ExportDocumentRequest *wanted,
                             struct status *st)
{
    static char text[] = "chunk\nchunk\nchunk\nchunk\n";
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;
    int64_t end = (int64_t)strlen(text);

    if (wanted->measures_size) {
        message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_SIZE_BYTES;
        message.size_bytes = end;
        return rpc_call_write(call, &message, st);
    }
    if (wanted->byte_limit > 0 && wanted->first_byte + wanted->byte_limit < end)
        end = wanted->first_byte + wanted->byte_limit;
    for (int64_t at = wanted->first_byte; at < end; at += EXPORT_CHUNK_BYTES) {
        message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK;
        message.chunk.data = (uint8_t *)text + at;
        message.chunk.len = (size_t)(end - at < EXPORT_CHUNK_BYTES ? end - at : EXPORT_CHUNK_BYTES);
        TRY(rpc_call_write(call, &message, st));
    }
    return STATUS_OK;
}

static status_code export_document(struct rpc_call *call, const void *request, void *response,
                                   void *data, struct status *st)
{
    const Ocrmesh__Export__V1__ExportDocumentRequest *wanted = request;
    struct fake_mesh *mesh = data;
    Ocrmesh__Export__V1__Artifact artifact = OCRMESH__EXPORT__V1__ARTIFACT__INIT;
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;

    fake_mesh_note_call(mesh, call);
    pthread_mutex_lock(&mesh->mutex);
    (void)snprintf(mesh->export_options, FAKE_TEXT_MAX, "%u %d %d %d", wanted->table,
                   wanted->has_byte_order_mark, wanted->neutralizes_formulas, wanted->is_pdfa);
    pthread_mutex_unlock(&mesh->mutex);
    if (wanted->is_pdfa)
        return FAIL_FIELD(st, "is_pdfa", "INVALID_FIELD", "txt cannot be PDF/A");
    if (strcmp(wanted->format, "txt") != 0)
        return FAIL_FIELD(st, "format", "UNKNOWN_FORMAT", "format must be one of: txt");
    if (strcmp(wanted->job_id, FAKE_PENDING) == 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE", "the job is not done yet");
    artifact.media_type = (char *)"text/plain; charset=utf-8";
    artifact.file_name = (char *)"Rechnung \"M\xC3\xA4rz\".txt";
    artifact.entity_tag = (char *)fake_entity_tag(mesh, wanted);
    message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_ARTIFACT;
    message.artifact = &artifact;
    TRY(rpc_call_write(call, &message, st));
    if (strcmp(wanted->job_id, FAKE_BROKEN) == 0)
        return send_broken_file(mesh, call, st);
    return send_file(call, wanted, st);
}

/* --- billing --- */

/* Of a token that waits. */
static status_code count_asked(struct fake_mesh *mesh, struct rpc_call *call,
                               const Ocrmesh__Billing__V1__AuthenticateRequest *wanted,
                               struct status *st)
{
    pthread_mutex_lock(&mesh->mutex);
    mesh->asked_calls++;
    mesh->asked_requests += wanted->requests;
    pthread_cond_broadcast(&mesh->changed);
    pthread_mutex_unlock(&mesh->mutex);
    TRY(fake_mesh_wait_at_gate(mesh, call, st));
    if (strcmp(wanted->token, FAKE_TOKEN_ONE) == 0 && wanted->requests > 1)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED", "too many requests");
    return STATUS_OK;
}

static bool waits_at_gate(const char *token)
{
    return strcmp(token, FAKE_TOKEN_GATE) == 0 || strcmp(token, FAKE_TOKEN_ONE) == 0;
}

static status_code authenticate(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__AuthenticateRequest *wanted = request;
    Ocrmesh__Billing__V1__AuthenticateResponse *answer = response;
    struct arena *arena = rpc_call_arena(call);
    Ocrmesh__Billing__V1__Principal *principal = ARENA_NEW(arena, Ocrmesh__Billing__V1__Principal);
    Ocrmesh__Billing__V1__Plan *plan = ARENA_NEW(arena, Ocrmesh__Billing__V1__Plan);
    bool is_small = strcmp(wanted->token, FAKE_TOKEN_SMALL) == 0;

    fake_mesh_note_call(data, call);
    if (strcmp(wanted->token, FAKE_TOKEN_FAST) == 0) {
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED", "too many requests");
        st->retry_after_ms = 1500;
        (void)status_add_info(st, "limit", "60");
        return status_add_info(st, "reset_ms", "59001");
    }
    if (waits_at_gate(wanted->token))
        TRY(count_asked(data, call, wanted, st));
    else if (wanted->token[0] != '\0' && !is_small && strcmp(wanted->token, FAKE_TOKEN) != 0 &&
             strcmp(wanted->token, FAKE_TOKEN_EMPTY) != 0)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN", "the API token is not valid");
    ocrmesh__billing__v1__principal__init(principal);
    ocrmesh__billing__v1__plan__init(plan);
    plan->bytes_per_file = is_small ? FAKE_SMALL_BYTES : INT64_C(1) << 30;
    principal->plan = plan;
    principal->account_id = arena_strdup(arena, wanted->token);
    principal->is_anonymous = wanted->token[0] == '\0';
    answer->principal = principal;
    if (wanted->count_request) {
        answer->rate = ARENA_NEW(arena, Ocrmesh__Billing__V1__RequestRate);
        ocrmesh__billing__v1__request_rate__init(answer->rate);
        answer->rate->limit = 60;
        answer->rate->left = 58;
        answer->rate->reset_ms = 1001;
    }
    return STATUS_OK;
}

static status_code open_reservation(struct rpc_call *call, const void *request, void *response,
                                    void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__OpenReservationRequest *wanted = request;

    if (strcmp(wanted->account_id, FAKE_TOKEN_EMPTY) != 0)
        return STATUS_OK;
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "no page is left this month");
    (void)status_add_info(st, "used", "100");
    (void)status_add_info(st, "cap", "100");
    (void)status_add_info(st, "period", "month");
    return status_add_info(st, "resets_at", "2026-12-01T00:00:00Z");
}

void fake_mesh_set_changes(struct fake_mesh *mesh, int changes)
{
    pthread_mutex_lock(&mesh->mutex);
    mesh->changes = changes;
    pthread_mutex_unlock(&mesh->mutex);
}

void fake_mesh_take_asked(struct fake_mesh *mesh, int *ret_calls, int *ret_requests)
{
    pthread_mutex_lock(&mesh->mutex);
    *ret_calls = mesh->asked_calls;
    *ret_requests = mesh->asked_requests;
    mesh->asked_calls = mesh->asked_requests = 0;
    pthread_mutex_unlock(&mesh->mutex);
}

bool fake_mesh_wait_asked(struct fake_mesh *mesh, int calls, int64_t timeout_ms)
{
    int64_t until = time_mono_after_ms(timeout_ms);

    pthread_mutex_lock(&mesh->mutex);
    while (mesh->asked_calls < calls && wait_until(&mesh->changed, &mesh->mutex, until))
        ;
    bool is_so = mesh->asked_calls >= calls;
    pthread_mutex_unlock(&mesh->mutex);
    return is_so;
}

int fake_mesh_readings(struct fake_mesh *mesh)
{
    pthread_mutex_lock(&mesh->mutex);
    int readings = mesh->readings;
    pthread_mutex_unlock(&mesh->mutex);
    return readings;
}

/* --- the mesh --- */

struct fake_mesh *fake_mesh_new(void)
{
    static const struct rpc_handler ocr_handlers[] = {
        {"SubmitJob", RPC_CLIENT_STREAM, submit_job},
        {"GetJob", RPC_UNARY, get_job},
        {"DeleteJob", RPC_UNARY, delete_job},
        {"WatchJob", RPC_SERVER_STREAM, watch_job},
        {"GetDocument", RPC_SERVER_STREAM, get_document},
    };
    static const struct rpc_handler billing_handlers[] = {
        {"Authenticate", RPC_UNARY, authenticate},
        {"OpenReservation", RPC_UNARY, open_reservation},
    };
    static const struct rpc_handler export_handlers[] = {
        {"ExportDocument", RPC_SERVER_STREAM, export_document},
    };
    struct fake_mesh *mesh = calloc(1, sizeof(*mesh));
    struct status st = {0};

    if (mesh == NULL)
        abort();
    memset(mesh->page_text, 'x', FAKE_MANY_PAGE_BYTES);
    for (size_t i = 0; i < FAKE_TEN_PAGE_BYTES; i++)
        mesh->ten_text[i] = "a line of some words\n"[i % 21];
    pthread_mutex_init(&mesh->mutex, NULL);
    wait_init(&mesh->changed);
    const struct rpc_service services[SERVICES_MAX] = {
        {&ocrmesh__ocr__v1__ocr_service__descriptor, ocr_handlers, ARRAY_LENGTH(ocr_handlers),
         mesh},
        {&ocrmesh__billing__v1__billing_service__descriptor, billing_handlers,
         ARRAY_LENGTH(billing_handlers), mesh},
        {&ocrmesh__export__v1__export_service__descriptor, export_handlers,
         ARRAY_LENGTH(export_handlers), mesh},
        fake_chat_service(mesh),
    };
    memcpy(mesh->services, services, sizeof(services));
    const struct rpc_service *list[SERVICES_MAX];
    for (size_t i = 0; i < SERVICES_MAX; i++)
        list[i] = &mesh->services[i];
    if (rpc_server_new(
            &(struct rpc_server_options){
                .address = "127.0.0.1:0",
                .threads_max = THREADS_MAX,
                .on_call_end = note_end,
                .on_call_end_data = mesh,
            },
            list, ARRAY_LENGTH(list), &mesh->server, &st) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", st.message);
        abort();
    }
    return mesh;
}

void fake_mesh_free(struct fake_mesh *mesh)
{
    fake_mesh_open_gate(mesh);
    rpc_server_drain(mesh->server, 0);
    rpc_server_free(mesh->server);
    pthread_cond_destroy(&mesh->changed);
    pthread_mutex_destroy(&mesh->mutex);
    free(mesh);
}

int fake_mesh_port(const struct fake_mesh *mesh)
{
    return rpc_server_port(mesh->server);
}

static void set_gate(struct fake_mesh *mesh, bool is_shut)
{
    pthread_mutex_lock(&mesh->mutex);
    mesh->is_gate_shut = is_shut;
    pthread_cond_broadcast(&mesh->changed);
    pthread_mutex_unlock(&mesh->mutex);
}

void fake_mesh_shut_gate(struct fake_mesh *mesh)
{
    set_gate(mesh, true);
}

void fake_mesh_open_gate(struct fake_mesh *mesh)
{
    set_gate(mesh, false);
}

void fake_mesh_totals(struct fake_mesh *mesh, struct fake_totals *ret_totals)
{
    pthread_mutex_lock(&mesh->mutex);
    *ret_totals = mesh->totals;
    pthread_mutex_unlock(&mesh->mutex);
}

void fake_mesh_submission(struct fake_mesh *mesh, struct fake_submission *ret_submission)
{
    pthread_mutex_lock(&mesh->mutex);
    *ret_submission = mesh->submission;
    pthread_mutex_unlock(&mesh->mutex);
}

void fake_mesh_export_options(struct fake_mesh *mesh, char ret_text[FAKE_TEXT_MAX])
{
    pthread_mutex_lock(&mesh->mutex);
    (void)snprintf(ret_text, FAKE_TEXT_MAX, "%s", mesh->export_options);
    pthread_mutex_unlock(&mesh->mutex);
}

void fake_mesh_header(struct fake_mesh *mesh, const char *key, char ret_value[FAKE_TEXT_MAX])
{
    ret_value[0] = '\0';
    pthread_mutex_lock(&mesh->mutex);
    for (int i = 0; i < SEEN_KEYS_MAX; i++)
        if (strcmp(seen_keys[i], key) == 0)
            (void)snprintf(ret_value, FAKE_TEXT_MAX, "%s", mesh->seen[i]);
    pthread_mutex_unlock(&mesh->mutex);
}

int fake_mesh_cancelled(struct fake_mesh *mesh)
{
    pthread_mutex_lock(&mesh->mutex);
    int cancelled = mesh->cancelled;
    pthread_mutex_unlock(&mesh->mutex);
    return cancelled;
}

bool fake_mesh_wait_cancelled(struct fake_mesh *mesh, int count, int64_t timeout_ms)
{
    int64_t deadline = time_mono_after_ms(timeout_ms);

    pthread_mutex_lock(&mesh->mutex);
    while (mesh->cancelled < count && time_mono() < deadline)
        (void)wait_until(&mesh->changed, &mesh->mutex, deadline);
    bool is_reached = mesh->cancelled >= count;
    pthread_mutex_unlock(&mesh->mutex);
    return is_reached;
}
