/*
 * GET /api/v1/ocr/<uuid>/download/?format=: the file as the export service makes it, passed on
 * chunk by chunk, as fast as the client takes it (API: B25).
 */

#include <stdio.h>
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/download_query.h"
#include "bridge/http/error.h"
#include "bridge/http/text.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/base/file_name.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"

enum { DISPOSITION_MAX = 4 * FILE_NAME_MAX_BYTES + 64 };

struct download {
    struct upstream *upstream;
    bool waits_for_room;
    bool has_artifact;
};

static const struct rpc_method export_document = {&ocrmesh__export__v1__export_service__descriptor,
                                                  "ExportDocument", RPC_SERVER_STREAM};

/* RFC 8187 §3.2.1. */
static bool is_attr_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* RFC 6266: a plain name for old clients, every other character an underscore, and the exact one.
 */
static void format_disposition(const char *name, char ret_text[static DISPOSITION_MAX])
{
    size_t used = (size_t)snprintf(ret_text, DISPOSITION_MAX, "attachment; filename=\"");

    for (const char *c = name; *c != '\0' && c - name < FILE_NAME_MAX_BYTES; c++)
        ret_text[used++] =
            (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7F && *c != '"' && *c != '\\' ? *c
                                                                                             : '_';
    used += (size_t)snprintf(ret_text + used, DISPOSITION_MAX - used, "\"; filename*=UTF-8''");
    for (const char *c = name; *c != '\0' && c - name < FILE_NAME_MAX_BYTES; c++) {
        if (used + 4 > DISPOSITION_MAX)
            break;
        if (is_attr_char(*c))
            ret_text[used++] = *c;
        else
            used += (size_t)snprintf(ret_text + used, DISPOSITION_MAX - used, "%%%02X",
                                     (unsigned char)*c);
    }
    ret_text[used] = '\0';
}

/* Returns true when the client has the file already: it was answered 304. */
static bool begin_answer(struct exchange *exchange, const Ocrmesh__Export__V1__Artifact *artifact)
{
    char disposition[DISPOSITION_MAX], tag[128];
    struct str wanted, member;

    (void)snprintf(tag, sizeof(tag), "\"%.120s\"", artifact->entity_tag);
    if (artifact->entity_tag[0] != '\0')
        exchange_add_header(exchange, "etag", "%s", tag);
    if (exchange_header(exchange, "if-none-match", &wanted)) {
        while (str_next_token(&wanted, ',', &member)) {
            if (!str_equal(str_trim(member), str_of(tag)))
                continue;
            exchange_respond(exchange, HTTP_STATUS_NOT_MODIFIED);
            return true;
        }
    }
    format_disposition(artifact->file_name, disposition);
    exchange_add_header(exchange, "content-type", "%s", artifact->media_type);
    exchange_add_header(exchange, "content-disposition", "%s", disposition);
    exchange_respond(exchange, HTTP_STATUS_OK);
    return false;
}

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Export__V1__ExportDocumentResponse *part = message;
    struct download *download = data;

    if (part->part_case == OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_ARTIFACT) {
        download->has_artifact = true;
        if (begin_answer(exchange, part->artifact) || exchange_is_head_request(exchange)) {
            upstream_cancel(TAKE(download->upstream));
            exchange_end(exchange);
            return;
        }
    } else if (part->part_case == OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK &&
               !exchange_write(exchange,
                               (struct str){(const char *)part->chunk.data, part->chunk.len})) {
        download->waits_for_room = true;
        return;
    }
    upstream_read(download->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct download *download = data;
    struct status failure = *st;

    download->upstream = NULL;
    if (failure.code == STATUS_OK && download->has_artifact) {
        exchange_end(exchange);
        return;
    }
    if (failure.code == STATUS_OK)
        (void)FAIL(&failure, STATUS_INTERNAL, NULL, "the export service sent no file");
    download_query_name_field(&failure);
    error_respond(exchange, &failure);
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

void download_get(struct exchange *exchange)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;
    struct download *download = ARENA_NEW(exchange_arena(exchange), struct download);
    struct status st = {0};
    status_code code = download_query_read(exchange, &request, &st);

    request.job_id = (char *)exchange_param(exchange, "uuid");
    if (code == STATUS_OK && download == NULL)
        code = FAIL_MEMORY(&st);
    if (code == STATUS_OK) {
        exchange_set_handler(exchange, &exchange_handler, download);
        code = upstream_ask(exchange, exchange_bridge(exchange)->export, &export_document,
                            UPSTREAM_STREAM_TIMEOUT_MS, &request, &upstream_handler, download,
                            &download->upstream, &st);
    }
    if (code != STATUS_OK)
        error_respond(exchange, &st);
}
