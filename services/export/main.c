/*
 * ocrmesh-export: reads the settings, builds the parts, serves until SIGTERM, drains.
 */

#include <stdlib.h>

#include "lib/admin/admin.h"
#include "lib/call_log/call_log.h"
#include "lib/log/log.h"
#include "lib/program/program.h"
#include "services/export/readiness.h"
#include "services/export/service.h"

/* How long exports under way may take to finish once the process is told to end. */
enum { DRAIN_GRACE_MS = 20000 };

struct settings {
    const char *listen;
    const char *admin_listen;
    const char *ocr_target;
};

static const struct config_entry entries[] = {
    {"EXPORT_LISTEN", CONFIG_STRING, offsetof(struct settings, listen), "127.0.0.1:50054",
     "address that the gRPC server binds", 0, 0},
    {"EXPORT_ADMIN_LISTEN", CONFIG_STRING, offsetof(struct settings, admin_listen),
     "127.0.0.1:9054", "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"OCR_TARGET", CONFIG_STRING, offsetof(struct settings, ocr_target), "dns:///127.0.0.1:50051",
     "gRPC target of the ocr service", 0, 0},
};

static status_code serve(const struct settings *settings, struct status *st)
{
    _cleanup_(rpc_channel_freep) struct rpc_channel *ocr = NULL;
    _cleanup_(rpc_server_freep) struct rpc_server *server = NULL;
    _cleanup_(readiness_stopp) struct readiness *readiness = NULL;
    _cleanup_(admin_server_stopp) struct admin_server *admin = NULL;
    struct export_service service;
    struct rpc_service table = export_service_table(&service);

    TRY(rpc_channel_new(&(struct rpc_channel_options){.target = settings->ocr_target}, &ocr, st));
    service.ocr = ocr;
    TRY(rpc_server_new(
        &(struct rpc_server_options){
            .address = settings->listen,
            .on_call_end = call_log_end,
        },
        (const struct rpc_service *const[]){&table}, 1, &server, st));
    TRY(readiness_start(ocr, server, &readiness, st));
    TRY(admin_server_start(
        &(struct admin_options){
            .address = settings->admin_listen,
            .check_ready = readiness_check,
            .data = readiness,
        },
        &admin, st));
    log_write(LOG_INFO, "serving", LOG_STRING("address", settings->listen),
              LOG_INTEGER("port", rpc_server_port(server)));

    int signal_number = program_wait_for_signal();
    log_write(LOG_INFO, "draining", LOG_INTEGER("signal", signal_number));
    admin_server_stop(TAKE(admin));
    readiness_stop(TAKE(readiness));
    rpc_server_drain(server, DRAIN_GRACE_MS);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct status st = {0};
    status_code code;

    program_start(argc, argv, "export", "turns recognised documents into files", entries,
                  ARRAY_LENGTH(entries), &settings);
    rpc_start();
    code = serve(&settings, &st);
    rpc_stop();
    if (code != STATUS_OK) {
        log_failure(LOG_ERROR, "cannot serve", &st);
        return EXIT_FAILURE;
    }
    log_write(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}
