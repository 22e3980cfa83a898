/*
 * Writes files as the real export process makes them, for referees that are not ours:
 *
 *     write-exports FOLDER DOCUMENT FORMAT[?OPTION[&OPTION]]...
 *
 * DOCUMENT is "rich" or "random-SEED" (rich_document.h, random_document.h); an option is table=N,
 * bom or escape_formulas. Each file is FOLDER/DOCUMENT.FORMAT. The process is that of
 * OCRMESH_EXPORT_PROGRAM. Ends with 1 and a message when a file cannot be had.
 */

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/rpc/client.h"
#include "lib/testing/service_process.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"
#include "services/export/tests/fake_ocr.h"

enum { CALL_TIMEOUT_MS = 60000, ARENA_BYTES = 8 << 20 };

static const struct rpc_method export_document = {&ocrmesh__export__v1__export_service__descriptor,
                                                  "ExportDocument", RPC_SERVER_STREAM};

/* Takes what follows '?' off `format`. */
static void read_options(char *format, Ocrmesh__Export__V1__ExportDocumentRequest *request)
{
    char *option = strchr(format, '?');

    while (option != NULL) {
        *option++ = '\0';
        if (strncmp(option, "table=", 6) == 0)
            request->table = (uint32_t)strtoul(option + 6, NULL, 10);
        request->has_byte_order_mark |= strncmp(option, "bom", 3) == 0;
        request->neutralizes_formulas |= strncmp(option, "escape_formulas", 15) == 0;
        option = strchr(option, '&');
    }
}

static status_code save(struct rpc_stream *stream, struct arena *arena, const char *path,
                        struct status *st)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "cannot write %s", path);
    for (;;) {
        Ocrmesh__Export__V1__ExportDocumentResponse *message = NULL;

        arena_reset(arena);
        if (rpc_stream_read(stream, &message, st) != STATUS_OK || message == NULL)
            break;
        if (message->part_case == OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_CHUNK)
            (void)fwrite(message->chunk.data, 1, message->chunk.len, file);
    }
    (void)fclose(file);
    return rpc_stream_finish(stream, st);
}

static status_code write_file(struct rpc_channel *channel, const char *folder, const char *document,
                              const char *asked, struct status *st)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    char format[64], path[512];

    (void)snprintf(format, sizeof(format), "%s", asked);
    read_options(format, &request);
    request.job_id = (char *)document;
    request.format = format;
    (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, document, format);
    TRY(rpc_stream_open(channel, &export_document, &options, arena, &stream, st));
    TRY(rpc_stream_write(stream, &request, st));
    TRY(rpc_stream_close_write(stream, st));
    return save(stream, arena, path, st);
}

int main(int argc, char **argv)
{
    char ocr_target[64], own_target[64];
    struct status st = {0};
    int status = argc < 4;

    rpc_start();
    struct fake_ocr *ocr = fake_ocr_new();
    (void)snprintf(ocr_target, sizeof(ocr_target), "OCR_TARGET=dns:///127.0.0.1:%d",
                   fake_ocr_port(ocr));
    struct service_process *process = service_process_start(
        getenv("OCRMESH_EXPORT_PROGRAM"),
        (const char *const[]){"EXPORT_LISTEN=127.0.0.1:0", "EXPORT_ADMIN_LISTEN=127.0.0.1:0",
                              "LOG_LEVEL=info", ocr_target, NULL});
    (void)snprintf(own_target, sizeof(own_target), "dns:///127.0.0.1:%d",
                   service_process_port(process));
    struct rpc_channel *channel = NULL;
    if (rpc_channel_new(&(struct rpc_channel_options){.target = own_target}, &channel, &st) !=
        STATUS_OK)
        status = 1;
    for (int i = 3; i < argc && status == 0; i++) {
        if (write_file(channel, argv[1], argv[2], argv[i], &st) != STATUS_OK) {
            (void)fprintf(stderr, "%s of %s: %s %s\n", argv[i], argv[2], st.reason, st.message);
            status = 1;
        }
    }
    rpc_channel_free(channel);
    if (service_process_end(process, SIGTERM) != 0)
        status = 1;
    fake_ocr_free(ocr);
    rpc_stop();
    return status;
}
