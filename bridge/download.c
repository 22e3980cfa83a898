/*
 * GET /api/v1/ocr/<uuid>/download/?format=: the file as the export service makes it, passed on
 * chunk by chunk, as fast as the client takes it (API: B25).
 *
 * A file has no length until it is made. Where one is needed, for HEAD and for a range of bytes,
 * the service is first asked to measure the file, which costs as much as to make it, and then for
 * the bytes that are wanted. Entity tags are strong, so that both runs give the same file; when the
 * document changed in between, the answer is 409 rather than a mixture.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/disposition.h"
#include "bridge/download_query.h"
#include "bridge/http/entity_tag.h"
#include "bridge/http/error.h"
#include "bridge/http/range.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"

enum { ENTITY_TAG_MAX = 160 };

struct download {
    struct upstream *upstream;
    Ocrmesh__Export__V1__ExportDocumentRequest request;
    char tag[ENTITY_TAG_MAX]; /* with quotes; empty until the service has told it */
    struct range range;
    bool has_range;
    int64_t size;          /* of the whole file; -1: not measured */
    int64_t first, length; /* of the range, once the file is measured */
    bool waits_for_room;
    bool has_artifact; /* of the call under way */
};

static const struct rpc_method export_document = {&ocrmesh__export__v1__export_service__descriptor,
                                                  "ExportDocument", RPC_SERVER_STREAM};

static void ask(struct exchange *exchange, struct download *download);

static void fail(struct exchange *exchange, struct download *download, const struct status *st)
{
    struct status failure = *st;

    if (download != NULL && download->upstream != NULL)
        upstream_cancel(TAKE(download->upstream));
    download_query_name_field(&failure);
    error_respond(exchange, &failure);
}

/* Ends the answer as it stands; nothing more is wanted of the service. */
static void end(struct exchange *exchange, struct download *download)
{
    if (download->upstream != NULL)
        upstream_cancel(TAKE(download->upstream));
    exchange_end(exchange);
}

/* Asks anew: for the bytes, after the size or instead of it. */
static void ask_for_bytes(struct exchange *exchange, struct download *download)
{
    if (download->upstream != NULL)
        upstream_cancel(TAKE(download->upstream));
    exchange_reset_response(exchange);
    download->request.measures_size = false;
    ask(exchange, download);
}

/* --- what the service says of the file --- */

/* Preconditions in the order of RFC 9110 §13.2.2. False: answered. */
static bool check_conditions(struct exchange *exchange, struct download *download)
{
    struct str tag = str_of(download->tag), unused;
    struct status st = {0};

    if (exchange_header(exchange, "if-match", &unused) &&
        !entity_tag_is_listed(exchange, "if-match", tag, ENTITY_TAG_STRONG)) {
        (void)FAIL(&st, STATUS_FAILED_PRECONDITION, "PRECONDITION_FAILED",
                   "the file is another one than If-Match asks for");
        fail(exchange, download, &st);
        return false;
    }
    if (entity_tag_is_listed(exchange, "if-none-match", tag, ENTITY_TAG_WEAK)) {
        exchange_add_header(exchange, "etag", "%s", download->tag);
        exchange_respond(exchange, HTTP_STATUS_NOT_MODIFIED);
        end(exchange, download);
        return false;
    }
    return true;
}

/* RFC 9110 §13.1.5: the range counts only for the file that the client has begun. A date names
 * none, for files have no date. */
static bool is_for_another_file(const struct exchange *exchange, const struct download *download)
{
    struct str wanted;

    return exchange_header(exchange, "if-range", &wanted) &&
           !str_equal(wanted, str_of(download->tag));
}

static void add_headers(struct exchange *exchange, const struct download *download,
                        const Ocrmesh__Export__V1__Artifact *artifact)
{
    char disposition[DISPOSITION_MAX];

    disposition_format(artifact->file_name, disposition);
    exchange_add_header(exchange, "etag", "%s", download->tag);
    exchange_add_header(exchange, "content-type", "%s", artifact->media_type);
    exchange_add_header(exchange, "content-disposition", "%s", disposition);
    exchange_add_header(exchange, "accept-ranges", "bytes");
}

/* The head of an answer with bytes. */
static void respond(struct exchange *exchange, const struct download *download)
{
    if (!download->has_range) {
        exchange_respond(exchange, HTTP_STATUS_OK);
        return;
    }
    exchange_add_header(exchange, "content-range", "bytes %" PRId64 "-%" PRId64 "/%" PRId64,
                        download->first, download->first + download->length - 1, download->size);
    exchange_set_length(exchange, download->length);
    exchange_respond(exchange, HTTP_STATUS_PARTIAL_CONTENT);
}

/* False: the call under way is no longer wanted. */
static bool take_artifact(struct exchange *exchange, struct download *download,
                          const Ocrmesh__Export__V1__Artifact *artifact)
{
    char tag[ENTITY_TAG_MAX];
    struct status st = {0};

    download->has_artifact = true;
    (void)snprintf(tag, sizeof(tag), "\"%.*s\"", ENTITY_TAG_MAX - 3, artifact->entity_tag);
    if (download->tag[0] == '\0') {
        memcpy(download->tag, tag, sizeof(tag));
        if (!check_conditions(exchange, download))
            return false;
        if (download->has_range && is_for_another_file(exchange, download)) {
            download->has_range = false;
            ask_for_bytes(exchange, download);
            return false;
        }
    } else if (strcmp(download->tag, tag) != 0) {
        (void)FAIL(&st, STATUS_ABORTED, "DOCUMENT_CHANGED",
                   "the document changed while its file was made; ask again");
        fail(exchange, download, &st);
        return false;
    }
    add_headers(exchange, download, artifact);
    if (!download->request.measures_size)
        respond(exchange, download);
    return true;
}

/* The size is asked for by HEAD and for a range. */
static void take_size(struct exchange *exchange, struct download *download, int64_t size)
{
    struct status st = {0};

    download->size = size;
    if (exchange_is_head_request(exchange)) {
        exchange_set_length(exchange, size);
        exchange_respond(exchange, HTTP_STATUS_OK);
        end(exchange, download);
    } else if (range_resolve(&download->range, size, &download->first, &download->length)) {
        download->request.first_byte = download->first;
        download->request.byte_limit = download->length;
        ask_for_bytes(exchange, download);
    } else {
        (void)FAIL(&st, STATUS_OUT_OF_RANGE, "RANGE_NOT_SATISFIABLE",
                   "the file has %" PRId64 " bytes, none of them in this range", size);
        (void)status_add_info(&st, "size", "%" PRId64, size);
        fail(exchange, download, &st);
    }
}

/* --- the stream --- */

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Export__V1__ExportDocumentResponse *part = message;
    struct download *download = data;

    switch (part->part_case) {
    case OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_ARTIFACT:
        if (!take_artifact(exchange, download, part->artifact))
            return;
        break;
    case OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_SIZE_BYTES:
        take_size(exchange, download, part->size_bytes);
        return;
    case OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK:
        if (!exchange_write(exchange,
                            (struct str){(const char *)part->chunk.data, part->chunk.len})) {
            download->waits_for_room = true;
            return;
        }
        break;
    default:
        break;
    }
    if (download->upstream != NULL)
        upstream_read(download->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct download *download = data;
    struct status missing = {0};

    download->upstream = NULL;
    if (st->code != STATUS_OK) {
        fail(exchange, download, st);
    } else if (!download->has_artifact || download->request.measures_size) {
        (void)FAIL(&missing, STATUS_INTERNAL, NULL, "the export service sent no file");
        fail(exchange, download, &missing);
    } else {
        exchange_end(exchange);
    }
}

static void on_room(struct exchange *exchange, void *data)
{
    struct download *download = data;

    if (!download->waits_for_room || download->upstream == NULL)
        return;
    download->waits_for_room = false;
    upstream_read(download->upstream);
}

static const struct upstream_handler upstream_handler = {
    .on_message = on_message,
    .on_end = on_end,
};
static const struct exchange_handler exchange_handler = {.on_room = on_room};

static void ask(struct exchange *exchange, struct download *download)
{
    struct status st = {0};

    download->has_artifact = false;
    if (upstream_ask(exchange, exchange_bridge(exchange)->export, &export_document,
                     UPSTREAM_STREAM_TIMEOUT_MS, &download->request, &upstream_handler, download,
                     &download->upstream, &st) != STATUS_OK)
        fail(exchange, download, &st);
}

void download_get(struct exchange *exchange)
{
    struct download *download = ARENA_NEW(exchange_arena(exchange), struct download);
    struct str range;
    struct status st = {0};

    if (download == NULL) {
        (void)FAIL_MEMORY(&st);
        fail(exchange, NULL, &st);
        return;
    }
    exchange_set_handler(exchange, &exchange_handler, download);
    ocrmesh__export__v1__export_document_request__init(&download->request);
    download->request.job_id = (char *)exchange_param(exchange, "uuid");
    download->size = -1;
    if (download_query_read(exchange, &download->request, &st) != STATUS_OK) {
        fail(exchange, download, &st);
        return;
    }
    /* RFC 9110 §14.2: a range is of GET alone. */
    download->has_range = !exchange_is_head_request(exchange) &&
                          exchange_header(exchange, "range", &range) &&
                          range_parse(range, &download->range);
    download->request.measures_size = download->has_range || exchange_is_head_request(exchange);
    ask(exchange, download);
}
