#include "services/export/service.h"

#include "lib/mesh/document.h"
#include "lib/rpc/caller.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"
#include "services/export/artifact.h"
#include "services/export/file_window.h"
#include "services/export/format.h"
#include "services/export/ocr_page_image.h"
#include "services/export/sink.h"

/* --- ListFormats --- */

static status_code list_formats(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    Ocrmesh__Export__V1__ListFormatsResponse *list = response;
    struct arena *arena = rpc_call_arena(call);
    size_t count = format_count();

    list->formats = ARENA_NEW_ARRAY(arena, Ocrmesh__Export__V1__Format *, count);
    if (list->formats == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct format *format = format_at(i);
        Ocrmesh__Export__V1__Format *entry = ARENA_NEW(arena, Ocrmesh__Export__V1__Format);

        if (entry == NULL)
            return FAIL_MEMORY(st);
        ocrmesh__export__v1__format__init(entry);
        entry->name = (char *)format->name;
        entry->media_type = (char *)format->media_type;
        entry->extension = (char *)format->extension;
        entry->description = (char *)format->description;
        list->formats[list->n_formats++] = entry;
    }
    return STATUS_OK;
}

/* --- ExportDocument --- */

/* One export under way. */
struct export
{
    struct rpc_call *call;
    struct rpc_channel *ocr;
    const char *job_id;
    struct rpc_call_options options; /* of the calls to ocr */
    const struct format *format;
    struct document *document; /* of the latest pass: the run's job lives in it */
    struct ocr_page_image_source images;
    struct file_window window; /* between the sink and the caller */
    struct format_run run;
    int64_t revision; /* of the job in the first pass */
};

static void export_deinit(struct export *export)
{
    if (export->run.state != NULL && export->format->cleanup != NULL)
        export->format->cleanup(export->run.state);
    document_free(export->document);
}

/* A sink_write_function: one chunk to the caller. */
static status_code send_chunk(void *arg, const void *data, size_t length, struct status *st)
{
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK;
    message.chunk.data = (uint8_t *)data;
    message.chunk.len = length;
    return rpc_call_write(arg, &message, st);
}

/* Says what the file is, ahead of its bytes. */
static status_code send_artifact(const struct export *export, const Ocrmesh__Ocr__V1__Job *job,
                                 struct status *st)
{
    struct arena *arena = rpc_call_arena(export->call);
    Ocrmesh__Export__V1__Artifact artifact = OCRMESH__EXPORT__V1__ARTIFACT__INIT;
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;

    artifact.media_type = (char *)export->format->media_type;
    artifact.file_name =
        (char *)artifact_file_name(job->file_name, export->format->extension, arena);
    artifact.entity_tag = (char *)artifact_entity_tag(job->job_id, job->revision, export->format,
                                                      &export->run.options, arena);
    if (artifact.file_name == NULL || artifact.entity_tag == NULL)
        return FAIL_MEMORY(st);
    message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_ARTIFACT;
    message.artifact = &artifact;
    return rpc_call_write(export->call, &message, st);
}

/* How large the file is, in the place of its bytes. */
static status_code send_size(const struct export *export, struct status *st)
{
    Ocrmesh__Export__V1__ExportDocumentResponse message =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_SIZE_BYTES;
    message.size_bytes = file_window_size(&export->window);
    return rpc_call_write(export->call, &message, st);
}

/* ocr refuses jobs that have not ended; of those that have, only a done one has a file. */
static status_code check_job(const Ocrmesh__Ocr__V1__Job *job, struct status *st)
{
    switch (job->state) {
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE:
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job failed, so there is no file to download");
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job was cancelled, so there is no file to download");
    default:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job is not done yet; try again when it is");
    }
}

static status_code run_pass(struct export *export, size_t index, struct status *st)
{
    const struct format_pass *pass = &export->format->passes[index];
    struct format_run *run = &export->run;
    struct document *document = NULL;
    const Ocrmesh__Document__V1__Page *page;

    TRY(document_open(export->ocr, &export->options, export->job_id,
                      &(struct document_part){.view = pass->view}, &document, st));
    document_free(export->document);
    export->document = document;
    run->job = document_job(document);
    TRY(check_job(run->job, st));
    if (index == 0) {
        TRY(send_artifact(export, run->job, st));
        export->revision = run->job->revision;
    } else if (run->job->revision != export->revision) {
        return FAIL(st, STATUS_ABORTED, "DOCUMENT_CHANGED",
                    "the document changed while its file was made; ask again");
    }

    run->page_count = 0;
    if (pass->begin != NULL)
        pass->begin(run);
    TRY(sink_check(run->sink, st));
    for (;;) {
        TRY(document_next_page(document, &page, st));
        if (page == NULL)
            break;
        if (pass->page != NULL)
            pass->page(run, page);
        run->page_count++;
        TRY(sink_check(run->sink, st));
        if (file_window_is_full(&export->window))
            return STATUS_OK;
    }
    if (pass->end != NULL)
        pass->end(run);
    return sink_check(run->sink, st);
}

static status_code export_document(struct rpc_call *call, const void *request, void *response,
                                   void *data, struct status *st)
{
    const Ocrmesh__Export__V1__ExportDocumentRequest *wanted = request;
    const struct export_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct rpc_caller caller;
    struct rpc_metadata_entry identity[RPC_CALLER_FORWARD_MAX];
    _cleanup_(sink_deinit) struct sink sink;
    _cleanup_(export_deinit) struct export export = {
        .call = call, .ocr = service->ocr, .job_id = wanted->job_id};

    file_window_init(&export.window, wanted->measures_size ? NULL : send_chunk, call,
                     wanted->first_byte, wanted->byte_limit);
    sink_init(&sink, file_window_write, &export.window);
    TRY(format_find(wanted->format, &export.format, st));
    export.run.options = (struct format_options){
        .table = wanted->table,
        .has_byte_order_mark = wanted->has_byte_order_mark,
        .neutralizes_formulas = wanted->neutralizes_formulas,
        .is_pdfa = wanted->is_pdfa,
    };
    TRY(format_check_options(export.format, &export.run.options, st));
    if (wanted->job_id[0] == '\0')
        return FAIL_FIELD(st, "job_id", "INVALID_FIELD", "no job is named");
    if (wanted->first_byte < 0 || wanted->byte_limit < 0)
        return FAIL_FIELD(st, wanted->first_byte < 0 ? "first_byte" : "byte_limit", "INVALID_FIELD",
                          "a part of a file cannot start or end before it");

    TRY(rpc_caller_read(call, &caller, st));
    size_t identity_count = rpc_caller_forward(&caller, arena, identity);
    if (identity_count == 0)
        return FAIL_MEMORY(st);
    export.options.parent = call;
    export.options.metadata = (struct rpc_metadata){identity, identity_count};

    ocr_page_image_source_init(&export.images, service->ocr, &export.options, wanted->job_id);

    export.run.sink = &sink;
    export.run.images = &export.images.source;
    if (export.format->state_size > 0) {
        export.run.state = arena_calloc(arena, 1, export.format->state_size);
        if (export.run.state == NULL)
            return FAIL_MEMORY(st);
    }
    for (size_t i = 0; i < export.format->pass_count && !file_window_is_full(&export.window); i++) {
        const struct format_pass *pass = &export.format->passes[i];

        if (i == 0 || pass->is_wanted == NULL || pass->is_wanted(&export.run))
            TRY(run_pass(&export, i, st));
    }
    TRY(sink_finish(&sink, st));
    return wanted->measures_size ? send_size(&export, st) : STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"ExportDocument", RPC_SERVER_STREAM, export_document},
    {"ListFormats", RPC_UNARY, list_formats},
};

struct rpc_service export_service_table(struct export_service *service)
{
    return (struct rpc_service){&ocrmesh__export__v1__export_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
