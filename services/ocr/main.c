/*
 * ocrmesh-ocr: serves ocrmesh.ocr.v1, reads pages by worker processes, ends jobs.
 */

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/blob/blob.h"
#include "lib/endpoint/endpoint.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"
#include "lib/mesh/account_purger.h"
#include "lib/mesh/billing_client.h"
#include "lib/mesh/security.h"
#include "lib/service/database.h"
#include "lib/service/service.h"
#include "services/ocr/blobs.h"
#include "services/ocr/inspector.h"
#include "services/ocr/lanes.h"
#include "services/ocr/metrics.h"
#include "services/ocr/migrations.h"
#include "services/ocr/purge.h"
#include "services/ocr/queue_forecast.h"
#include "services/ocr/service.h"
#include "services/ocr/settings.h"
#include "services/ocr/settle.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_webhook.h"
#include "services/ocr/sweep.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/upload_files.h"
#include "services/ocr/url_source.h"
#include "services/ocr/vision/vision.h"
#include "services/ocr/watch.h"
#include "services/ocr/webhook/webhook_sender.h"

enum {
    READY_TIMEOUT_MS = 400, /* for each of two: the admin port waits a second */
    DEPTH_TIMEOUT_MS = 2000,
    /* Beside one connection a lane: handlers, settling, housekeeping, renewing, readiness. */
    CONNECTIONS_BESIDE_LANES = 18,
    /* What holds a thread for as long as its client likes is bounded beside uploads, too; there are
     * threads for all of these at once and for so many calls that end by themselves. */
    WATCHES_MAX = 512,
    WATCHES_PER_CALLER_MAX = 256,
    DOCUMENTS_MAX = 128,
    DOCUMENTS_PER_CALLER_MAX = 64,
    OTHER_CALLS_MAX = 64,
};

#define APERTIUM_PROGRAM "ocrmesh-ocr-apertium"
#define DATABASE_SCHEMA  "ocr"

/* What notifications and readiness reach. */
struct parts {
    struct db *db;
    struct billing_client *billing;
    struct blob_store *blobs;
    struct watch_hub *watches;
    struct lanes *lanes;
    struct settler *settler;
    struct webhook_sender *webhooks;
    struct metrics *metrics;
    struct vision *vision; /* NULL: there is no endpoint */
    struct translator *translator;
};

/* --- what is told --- */

static void on_event(const char *channel, const char *payload, void *arg)
{
    const struct parts *parts = arg;

    /* NULL: notifications may have been missed. */
    if (channel == NULL || strcmp(channel, STORE_JOB_CHANNEL) == 0)
        watch_notify(parts->watches, channel == NULL ? NULL : payload);
    if (channel == NULL || strcmp(channel, STORE_PAGE_CHANNEL) == 0)
        lanes_wake(parts->lanes);
    if (channel == NULL || strcmp(channel, STORE_SETTLE_CHANNEL) == 0)
        settler_wake(parts->settler);
    if (channel == NULL || strcmp(channel, STORE_CANCEL_CHANNEL) == 0)
        lanes_check_leases(parts->lanes);
    if (channel == NULL || strcmp(channel, STORE_WEBHOOK_CHANNEL) == 0)
        webhook_sender_wake(parts->webhooks);
}

static status_code check_ready(void *data, struct status *st)
{
    const struct parts *parts = data;

    TRY(db_ping(parts->db, time_mono_after_ms(READY_TIMEOUT_MS), st));
    /* Without it no submission is taken; what is stored can be had without it later. */
    if (billing_client_wait_first_ready(parts->billing, time_mono_after_ms(READY_TIMEOUT_MS), st) !=
        STATUS_OK)
        return FAIL(st, STATUS_UNAVAILABLE, "BILLING_UNREACHABLE",
                    "the billing service has not been reached yet");
    if (!lanes_is_ready(parts->lanes))
        return FAIL(st, STATUS_UNAVAILABLE, "NO_WORKER", "no worker process runs");
    return STATUS_OK;
}

static void write_metrics(void *data, struct buf *out)
{
    const struct parts *parts = data;
    struct queue_depth depths[QUEUE_TIERS_MAX];
    struct endpoint *endpoints[TRANSLATE_ENDPOINTS_MAX + 1];
    size_t count;
    struct status st = {0};
    bool is_known = store_queue_depth(parts->db, time_mono_after_ms(DEPTH_TIMEOUT_MS), depths,
                                      &st) == STATUS_OK;

    metrics_write(parts->metrics, is_known ? depths : NULL, QUEUE_TIERS_MAX, out);
    service_write_database_metrics(parts->db, out);
    blob_write_metrics(parts->blobs, out);
    translator_write_metrics(parts->translator, out);
    count = translator_endpoints(parts->translator, endpoints);
    if (parts->vision != NULL) {
        vision_write_metrics(parts->vision, out);
        endpoints[count++] = vision_endpoint(parts->vision);
    }
    endpoint_write_metrics(out, endpoints, count);
}

static void begin_drain(void *data)
{
    const struct parts *parts = data;

    watch_hub_stop(parts->watches);
    lanes_begin_stop(parts->lanes);
}

/* --- start --- */

/* A program in this one's folder; "" when its path is too long. */
static void find_beside(const char *program, char ret_path[static PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);

    own[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash == NULL ||
        snprintf(ret_path, PATH_MAX, "%.*s/%s", (int)(slash - own), own, program) >= PATH_MAX)
        ret_path[0] = '\0';
}

/* The vision model translates where no other model is named. */
static status_code open_translator(const struct settings *settings,
                                   char apertium_path[static PATH_MAX],
                                   struct translator **ret_translator, struct status *st)
{
    struct translate_settings translate = settings->translate;

    if (translate.chat_url[0] == '\0') {
        translate.chat_url = settings->vision.url;
        translate.chat_model = settings->vision.model;
        translate.chat_key = settings->vision.endpoint.api_key;
        if (translate.ca_file[0] == '\0')
            translate.ca_file = settings->vision.endpoint.ca_file;
    }
    find_beside(APERTIUM_PROGRAM, apertium_path);
    translate.apertium_program = apertium_path;
    return translator_new(&translate, ret_translator, st);
}

/* Of OCR_WORKER_PATH or of this program's folder. */
static status_code find_worker(const char *given, char ret_path[static PATH_MAX], struct status *st)
{
    if (given[0] != '\0')
        (void)snprintf(ret_path, PATH_MAX, "%s", given);
    else
        find_beside(WORKER_PROGRAM, ret_path);
    if (access(ret_path, X_OK) != 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_WORKER_PATH: there is no program '%.120s'", ret_path);
    return STATUS_OK;
}

static status_code make_work_dir(const char *path, struct status *st)
{
    if (mkdir(path, 0700) == 0 || access(path, W_OK | X_OK) == 0)
        return STATUS_OK;
    return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                "OCR_WORK_DIR: '%.120s' cannot be written to", path);
}

/* Tells the workers, which look for models in NEURAL_PATH. */
static status_code find_models(const char *folder, bool *ret_has_vlm, struct status *st)
{
    _cleanup_(freep) char *models = NULL;

    if (folder[0] == '\0')
        folder = NEURAL_PATH_BUILT;
    if (asprintf(&models, "%s/models", folder) < 0 || setenv("NEURAL_PATH", folder, 1) != 0)
        return FAIL_MEMORY(st);
    *ret_has_vlm = folder[0] != '\0' && access(models, R_OK | X_OK) == 0;
    return STATUS_OK;
}

static status_code open_guard(const struct settings *settings, struct http_guard *guard,
                              struct status *st)
{
    struct status failure = {0};

    if (settings->url_ca_file[0] != '\0' && access(settings->url_ca_file, R_OK) != 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_URL_CA_FILE: '%.120s' cannot be read", settings->url_ca_file);
    if (http_guard_init(guard, settings->url_allow, &failure) == STATUS_OK)
        return STATUS_OK;
    return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG", "OCR_URL_ALLOW: %.200s", failure.message);
}

static int count_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > QUEUE_LANES_MAX ? QUEUE_LANES_MAX : (int)cores;
}

static status_code serve(const struct settings *settings, struct mesh_security *security,
                         struct parts *parts, struct ocr_service *service, struct status *st)
{
    const struct rpc_service jobs = ocr_service_table(service);
    const struct rpc_service webhooks = ocr_webhook_service_table(service);

    return service_run(
        &(struct service_options){
            .listen = settings->listen,
            .security = security,
            .admin_listen = settings->admin_listen,
            .services = (const struct rpc_service *const[]){&jobs, &webhooks},
            .service_count = 2,
            .threads_max = gate_max_in_all(service->uploads_gate) +
                           gate_max_in_all(service->watches_gate) +
                           gate_max_in_all(service->documents_gate) + OTHER_CALLS_MAX,
            .check_ready = check_ready,
            .write_metrics = write_metrics,
            .begin_drain = begin_drain,
            .data = parts,
        },
        st);
}

static status_code run(const void *data, struct status *st)
{
    const struct settings *settings = data;
    const int workers = settings->workers > 0 ? (int)settings->workers : count_cores();
    const struct db_options db_options = {
        .conninfo = settings->database_url,
        .schema = DATABASE_SCHEMA,
        .application_name = "ocrmesh-ocr",
        .connections_max = workers + CONNECTIONS_BESIDE_LANES,
    };
    static const char *const channels[] = {STORE_JOB_CHANNEL, STORE_PAGE_CHANNEL,
                                           STORE_SETTLE_CHANNEL, STORE_CANCEL_CHANNEL,
                                           STORE_WEBHOOK_CHANNEL};
    char worker_path[PATH_MAX];
    char apertium_path[PATH_MAX];
    struct http_guard guard;
    struct metrics metrics = {0};
    bool has_vlm = false;
    /* Taken apart from the last one on: what uses another part stands after it. */
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *billing_channel = NULL;
    _cleanup_(db_closep) struct db *db = NULL;
    _cleanup_(blob_store_closep) struct blob_store *blobs = NULL;
    _cleanup_(billing_client_freep) struct billing_client *billing = NULL;
    _cleanup_(gate_freep) struct gate *uploads_gate = NULL;
    _cleanup_(gate_freep) struct gate *watches_gate = NULL;
    _cleanup_(gate_freep) struct gate *documents_gate = NULL;
    _cleanup_(watch_hub_freep) struct watch_hub *watches = NULL;
    _cleanup_(upload_files_freep) struct upload_files *files = NULL;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast = NULL;
    _cleanup_(vision_freep) struct vision *vision = NULL;
    _cleanup_(translator_freep) struct translator *translator = NULL;
    _cleanup_(inspector_stopp) struct inspector *inspector = NULL;
    _cleanup_(settler_stopp) struct settler *settler = NULL;
    _cleanup_(sweeper_stopp) struct sweeper *sweeper = NULL;
    _cleanup_(account_purger_stopp) struct account_purger *purger = NULL;
    _cleanup_(webhook_sender_stopp) struct webhook_sender *webhooks = NULL;
    _cleanup_(lanes_freep) struct lanes *lanes = NULL;
    _cleanup_(db_listener_stopp) struct db_listener *listener = NULL;

    if (sodium_init() < 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "libsodium cannot be used");
    TRY(mesh_security_open(&settings->security, "ocr", &security, st));
    TRY(find_worker(settings->worker_path, worker_path, st));
    TRY(make_work_dir(settings->work_dir, st));
    TRY(find_models(settings->neural_path, &has_vlm, st));
    TRY(http_start(st));
    TRY(open_guard(settings, &guard, st));
    if (settings->s3.url[0] != '\0')
        TRY(s3_settings_check(&settings->s3, st));
    TRY(vision_new(&settings->vision, &vision, st));
    TRY(open_translator(settings, apertium_path, &translator, st));
    TRY(service_open_database(&db_options, ocr_migrations, ocr_migrations_count, &db, st));
    TRY(blobs_open(db, &settings->s3, &blobs, st));
    TRY(mesh_channel_new(security, settings->billing_target, "billing", &billing_channel, st));
    TRY(billing_client_new(TAKE(billing_channel), "ocr", &billing, st));
    watches = watch_hub_new();
    files = upload_files_new(blobs, settings->work_dir);
    uploads_gate =
        gate_new("uploads", (int)settings->uploads_max, (int)settings->uploads_per_caller);
    watches_gate = gate_new("watches", WATCHES_MAX, WATCHES_PER_CALLER_MAX);
    documents_gate = gate_new("reads of documents", DOCUMENTS_MAX, DOCUMENTS_PER_CALLER_MAX);
    if (watches == NULL || files == NULL || uploads_gate == NULL || watches_gate == NULL ||
        documents_gate == NULL)
        return FAIL_MEMORY(st);
    TRY(queue_forecast_new(
        &(struct queue_forecast_options){
            .db = db,
            .metrics = &metrics,
            .lanes = workers,
            .pages_max = settings->queue_pages_max,
            .wait_max_ms = settings->queue_wait_max_ms,
        },
        &forecast, st));
    TRY(inspector_start(worker_path, (int)settings->inspectors, &inspector, st));
    TRY(settler_start(
        &(struct settler_options){
            .db = db, .blobs = blobs, .billing = billing, .files = files, .metrics = &metrics},
        &settler, st));
    TRY(sweeper_start(&(struct sweeper_options){.db = db, .blobs = blobs, .billing = billing},
                      &sweeper, st));
    struct purge_parts purged = {db, blobs, files};
    TRY(account_purger_start(billing, purge_account, &purged, &purger, st));
    TRY(webhook_sender_start(
        &(struct webhook_sender_options){
            .db = db,
            .metrics = &metrics,
            .guard = &guard,
            .ca_file = settings->url_ca_file,
            .calls = (int)settings->webhook_calls,
            .timeout_ms = settings->webhook_timeout_ms,
            .pause_ms = settings->webhook_pause_ms,
        },
        &webhooks, st));
    TRY(lanes_start(
        &(struct lanes_options){
            .db = db,
            .blobs = blobs,
            .files = files,
            .work_dir = settings->work_dir,
            .metrics = &metrics,
            .vision = vision,
            .translator = translator,
            .worker_path = worker_path,
            .count = workers,
            .lease_ms = settings->lease_ms,
            .pictures_wait_ms = LANES_PICTURES_WAIT_MS,
        },
        &lanes, st));

    struct parts parts = {
        .db = db,
        .billing = billing,
        .blobs = blobs,
        .watches = watches,
        .lanes = lanes,
        .settler = settler,
        .webhooks = webhooks,
        .metrics = &metrics,
        .vision = vision,
        .translator = translator,
    };
    TRY(db_listener_start(&db_options, channels, ARRAY_LENGTH(channels), on_event, &parts,
                          &listener, st));
    const struct url_source urls = {
        .is_on = settings->has_url_sources,
        .guard = &guard,
        .ca_file = settings->url_ca_file,
        .timeout_ms = settings->url_timeout_ms,
    };
    struct ocr_service service = {
        .db = db,
        .blobs = blobs,
        .billing = billing,
        .files = files,
        .inspector = inspector,
        .watches = watches,
        .metrics = &metrics,
        .uploads_gate = uploads_gate,
        .watches_gate = watches_gate,
        .documents_gate = documents_gate,
        .work_dir = settings->work_dir,
        .forecast = forecast,
        .translator = translator,
        .guard = &guard,
        .urls = &urls,
        .has_vlm = has_vlm || vision != NULL,
    };
    return serve(settings, security, &parts, &service, st);
}

/* What `--migrate` does. */
static status_code migrate(const void *data, struct status *st)
{
    const struct settings *settings = data;
    const struct db_options options = {
        .conninfo = settings->database_url,
        .schema = DATABASE_SCHEMA,
        .application_name = "ocrmesh-ocr --migrate",
        .connections_max = 1,
    };

    return service_migrate_database(&options, ocr_migrations, ocr_migrations_count, st);
}

/* What `--check-config` does. */
static status_code check(const void *data, struct status *st)
{
    const struct settings *settings = data;
    char worker_path[PATH_MAX];
    char apertium_path[PATH_MAX];
    struct http_guard guard;
    _cleanup_(vision_freep) struct vision *vision = NULL;
    _cleanup_(translator_freep) struct translator *translator = NULL;

    TRY(mesh_security_check(&settings->security, "ocr", settings->listen, st));
    TRY(find_worker(settings->worker_path, worker_path, st));
    TRY(make_work_dir(settings->work_dir, st));
    TRY(open_guard(settings, &guard, st));
    if (settings->s3.url[0] != '\0')
        TRY(s3_settings_check(&settings->s3, st));
    TRY(vision_new(&settings->vision, &vision, st));
    return open_translator(settings, apertium_path, &translator, st);
}

int main(int argc, char **argv)
{
    struct settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "ocr",
                            "turns images and PDFs into documents",
                            settings_entries,
                            settings_entry_count,
                            &settings,
                            run,
                            migrate,
                            check,
                        });
}
