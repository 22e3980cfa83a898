/*
 * ocrmesh-export: serves ocrmesh.export.v1 on top of an ocr service.
 */

#include "lib/base/clock.h"
#include "lib/mesh/security.h"
#include "lib/service/service.h"
#include "services/export/service.h"

/* How long a look at the ocr service may take; shorter than the second between two looks. */
enum { OCR_CHECK_TIMEOUT_MS = 800 };

struct settings {
    const char *listen;
    const char *admin_listen;
    const char *ocr_target;
    struct mesh_security_settings security;
};

static const struct config_entry entries[] = {
    {"EXPORT_LISTEN", CONFIG_RPC_ADDRESS, offsetof(struct settings, listen), "127.0.0.1:50054",
     "address that the gRPC server binds", 0, 0},
    {"EXPORT_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, admin_listen),
     "127.0.0.1:9054", "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"OCR_TARGET", CONFIG_STRING, offsetof(struct settings, ocr_target), "dns:///127.0.0.1:50051",
     "gRPC target of the ocr service", 0, 0},
    MESH_SECURITY_ENTRIES(struct settings, security),
    MESH_SERVER_ENTRIES(struct settings, security),
};

static status_code check_ocr(void *ocr, struct status *st)
{
    if (rpc_channel_wait_ready(ocr, time_mono_after_ms(OCR_CHECK_TIMEOUT_MS), st) == STATUS_OK)
        return STATUS_OK;
    return FAIL(st, STATUS_UNAVAILABLE, "OCR_UNREACHABLE", "the ocr service cannot be reached");
}

static status_code run(const void *data, struct status *st)
{
    const struct settings *settings = data;
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *ocr = NULL;

    TRY(mesh_security_open(&settings->security, "export", &security, st));
    TRY(mesh_channel_new(security, settings->ocr_target, "ocr", &ocr, st));

    struct export_service service = {.ocr = ocr};
    const struct rpc_service table = export_service_table(&service);

    return service_run(
        &(struct service_options){
            .listen = settings->listen,
            .security = security,
            .admin_listen = settings->admin_listen,
            .services = (const struct rpc_service *const[]){&table},
            .service_count = 1,
            .check_ready = check_ocr,
            .data = ocr,
        },
        st);
}

/* What `--check-config` does. */
static status_code check(const void *data, struct status *st)
{
    const struct settings *settings = data;

    return mesh_security_check(&settings->security, "export", settings->listen, st);
}

int main(int argc, char **argv)
{
    struct settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "export",
                            "turns recognised documents into files",
                            entries,
                            ARRAY_LENGTH(entries),
                            &settings,
                            run,
                            NULL,
                            check,
                        });
}
