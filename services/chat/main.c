/*
 * ocrmesh-chat: serves ocrmesh.chat.v1 on top of ocr and billing.
 */

#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/endpoint/endpoint.h"
#include "lib/http/http_client.h"
#include "lib/mesh/account_purger.h"
#include "lib/mesh/billing_client.h"
#include "lib/mesh/security.h"
#include "lib/rpc/client.h"
#include "lib/service/database.h"
#include "lib/service/service.h"
#include "services/chat/document_cache.h"
#include "services/chat/document_loader.h"
#include "services/chat/meaning.h"
#include "services/chat/metrics.h"
#include "services/chat/migrations.h"
#include "services/chat/model/model.h"
#include "services/chat/purge.h"
#include "services/chat/service.h"
#include "services/chat/sweep.h"

enum {
    READY_TIMEOUT_MS = 300, /* for each of three: the admin port waits a second */
    QUESTIONS_MAX = 1024,
    OTHER_CALLS_MAX = 64, /* threads beside those of questions */
    CONNECTIONS_MAX = 24, /* a question holds one for its statements alone */
};

#define CACHE_MIN_BYTES (INT64_C(1) << 20)
#define CACHE_MAX_BYTES (INT64_C(1) << 40)
#define DATABASE_SCHEMA "chat"

struct settings {
    const char *listen;
    const char *admin_listen;
    const char *database_url;
    const char *billing_target;
    const char *ocr_target;
    struct mesh_security_settings security;
    int64_t questions_max;
    int64_t questions_per_caller;
    int64_t cache_bytes;
    bool has_embeddings;
    const char *neural_path;
    struct chat_model_settings model;
};

#define MODEL(member) offsetof(struct settings, model.member)

static const struct config_entry entries[] = {
    {"CHAT_LISTEN", CONFIG_RPC_ADDRESS, offsetof(struct settings, listen), "127.0.0.1:50053",
     "address that the gRPC server binds", 0, 0},
    {"CHAT_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, admin_listen), "127.0.0.1:9053",
     "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"DATABASE_URL", CONFIG_STRING, offsetof(struct settings, database_url), NULL,
     "PostgreSQL connection string or URI, as the role that owns the service's schema", 0, 0},
    {"BILLING_TARGET", CONFIG_STRING, offsetof(struct settings, billing_target),
     "dns:///127.0.0.1:50052", "gRPC target of the billing service", 0, 0},
    {"OCR_TARGET", CONFIG_STRING, offsetof(struct settings, ocr_target), "dns:///127.0.0.1:50051",
     "gRPC target of the ocr service", 0, 0},
    MESH_SECURITY_ENTRIES(struct settings, security),
    MESH_SERVER_ENTRIES(struct settings, security),
    {"CHAT_QUESTIONS", CONFIG_INTEGER, offsetof(struct settings, questions_max), "64",
     "questions and searches at once, each on a thread; further ones are refused", 1,
     QUESTIONS_MAX},
    {"CHAT_QUESTIONS_PER_CALLER", CONFIG_INTEGER, offsetof(struct settings, questions_per_caller),
     "8", "questions and searches at once of one account", 1, QUESTIONS_MAX},
    {"CHAT_INDEX_CACHE_BYTES", CONFIG_BYTES, offsetof(struct settings, cache_bytes), "256MiB",
     "memory for the indexes of documents; those that are in use stay beyond it", CACHE_MIN_BYTES,
     CACHE_MAX_BYTES},
    {"CHAT_EMBEDDINGS", CONFIG_BOOLEAN, offsetof(struct settings, has_embeddings), "true",
     "find passages by meaning, too, in other words and languages than the question's; takes 200 "
     "MiB and, once a document, 60 ms of a processor a passage",
     0, 0},
    {"CHAT_NEURAL_PATH", CONFIG_STRING, offsetof(struct settings, neural_path), "",
     "folder of the embedding model and its runtime; empty: where the build has put them", 0, 0},
    {"CHAT_LLM_URL", CONFIG_STRING, MODEL(url), "",
     "OpenAI-compatible API of a language model that writes answers, such as http://llm:8000/v1; "
     "empty: answers are quoted from the document",
     0, 0},
    {"CHAT_LLM_MODEL", CONFIG_STRING, MODEL(model), "", "name of the model at CHAT_LLM_URL", 0, 0},
    {"CHAT_LLM_API_KEY", CONFIG_STRING, MODEL(endpoint.api_key), "",
     "key that is sent to CHAT_LLM_URL as bearer token; empty: none", 0, 0},
    {"CHAT_LLM_CA_FILE", CONFIG_STRING, MODEL(endpoint.ca_file), "",
     "certificates (PEM) that CHAT_LLM_URL's is verified against; empty: those of the system", 0,
     0},
    {"CHAT_LLM_CONTEXT_TOKENS", CONFIG_INTEGER, MODEL(context_tokens), "8192",
     "tokens that the model's context has, question, passages and answer together",
     CHAT_MODEL_CONTEXT_TOKENS_MIN, CHAT_MODEL_CONTEXT_TOKENS_MAX},
    {"CHAT_LLM_TOKENS", CONFIG_INTEGER, MODEL(answer_tokens), "1024",
     "most tokens of an answer; at most half of CHAT_LLM_CONTEXT_TOKENS", 64, 100000},
    {"CHAT_LLM_CALLS", CONFIG_INTEGER, MODEL(endpoint.calls_max), "4",
     "calls of the model at once; other questions wait for their turn", 1, ENDPOINT_CALLS_MAX},
    {"CHAT_LLM_RETRIES", CONFIG_INTEGER, MODEL(endpoint.retries), "1",
     "further attempts after no connection, 429, 500, 502, 503 and 504", 0, ENDPOINT_RETRIES_MAX},
    {"CHAT_LLM_TIMEOUT", CONFIG_DURATION_MS, MODEL(total_ms), "1m",
     "how long the model may take for an answer, waiting and all attempts together", 1000,
     ENDPOINT_TIME_MAX_MS},
    {"CHAT_LLM_CONNECT_TIMEOUT", CONFIG_DURATION_MS, MODEL(endpoint.connect_ms), "5s",
     "how long connecting to the model may take", 10, ENDPOINT_TIME_MAX_MS},
    {"CHAT_LLM_FIRST_BYTE_TIMEOUT", CONFIG_DURATION_MS, MODEL(endpoint.first_byte_ms), "30s",
     "how long the model may take until its answer begins", 10, ENDPOINT_TIME_MAX_MS},
    {"CHAT_LLM_STALL_TIMEOUT", CONFIG_DURATION_MS, MODEL(endpoint.stall_ms), "10s",
     "longest pause within the model's answer", 10, ENDPOINT_TIME_MAX_MS},
    {"CHAT_LLM_BREAKER_FAILURES", CONFIG_INTEGER, MODEL(endpoint.breaker_failures), "5",
     "failures in a row after which the model is left alone for a while", 1, ENDPOINT_FAILURES_MAX},
    {"CHAT_LLM_BREAKER_PAUSE", CONFIG_DURATION_MS, MODEL(endpoint.breaker_pause_ms), "30s",
     "for how long at first; doubles up to eight times as long while it keeps failing", 10,
     ENDPOINT_TIME_MAX_MS},
};

/* What metrics and readiness reach. */
struct parts {
    struct db *db;
    struct rpc_channel *ocr;
    struct billing_client *billing;
    struct document_cache *cache;
    struct metrics *metrics;
    struct meaning *meaning;  /* may be NULL */
    struct chat_model *model; /* may be NULL */
};

static status_code check_ready(void *data, struct status *st)
{
    const struct parts *parts = data;

    TRY(db_ping(parts->db, time_mono_after_ms(READY_TIMEOUT_MS), st));
    /* Without them no question is answered; histories can be had without them later. */
    TRY(rpc_channel_wait_first_ready(parts->ocr, time_mono_after_ms(READY_TIMEOUT_MS), st));
    return billing_client_wait_first_ready(parts->billing, time_mono_after_ms(READY_TIMEOUT_MS),
                                           st);
}

static void write_metrics(void *data, struct buf *out)
{
    const struct parts *parts = data;
    const struct document_cache_counts counts = document_cache_counts(parts->cache);

    metrics_write(parts->metrics, &counts, out);
    service_write_database_metrics(parts->db, out);
    if (parts->meaning != NULL)
        meaning_write_metrics(parts->meaning, out);
    if (parts->model != NULL)
        chat_model_write_metrics(parts->model, out);
}

static status_code serve(const struct settings *settings, struct mesh_security *security,
                         struct parts *parts, struct chat_service *service, struct status *st)
{
    const struct rpc_service table = chat_service_table(service);

    return service_run(
        &(struct service_options){
            .listen = settings->listen,
            .security = security,
            .admin_listen = settings->admin_listen,
            .services = (const struct rpc_service *const[]){&table},
            .service_count = 1,
            .threads_max = gate_max_in_all(service->questions_gate) + OTHER_CALLS_MAX,
            .check_ready = check_ready,
            .write_metrics = write_metrics,
            .data = parts,
        },
        st);
}

static status_code run(const void *data, struct status *st)
{
    const struct settings *settings = data;
    const struct db_options db_options = {
        .conninfo = settings->database_url,
        .schema = DATABASE_SCHEMA,
        .application_name = "ocrmesh-chat",
        .connections_max = CONNECTIONS_MAX,
    };
    struct metrics metrics = {0};
    /* Taken apart from the last one on: what uses another part stands after it. */
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(db_closep) struct db *db = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *ocr = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *billing_channel = NULL;
    _cleanup_(billing_client_freep) struct billing_client *billing = NULL;
    _cleanup_(gate_freep) struct gate *questions_gate = NULL;
    _cleanup_(document_cache_freep) struct document_cache *cache = NULL;
    _cleanup_(document_loader_freep) struct document_loader *loader = NULL;
    _cleanup_(meaning_stopp) struct meaning *meaning = NULL;
    _cleanup_(chat_model_freep) struct chat_model *model = NULL;
    _cleanup_(sweeper_stopp) struct sweeper *sweeper = NULL;
    _cleanup_(account_purger_stopp) struct account_purger *purger = NULL;

    if (sodium_init() < 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "libsodium cannot be used");
    TRY(mesh_security_open(&settings->security, "chat", &security, st));
    TRY(http_start(st));
    TRY(chat_model_new(&settings->model, &model, st));
    TRY(service_open_database(&db_options, chat_migrations, chat_migrations_count, &db, st));
    TRY(mesh_channel_new(security, settings->ocr_target, "ocr", &ocr, st));
    TRY(mesh_channel_new(security, settings->billing_target, "billing", &billing_channel, st));
    TRY(billing_client_new(TAKE(billing_channel), "chat", &billing, st));
    questions_gate =
        gate_new("questions", (int)settings->questions_max, (int)settings->questions_per_caller);
    cache = document_cache_new(settings->cache_bytes);
    if (questions_gate == NULL || cache == NULL)
        return FAIL_MEMORY(st);
    loader = document_loader_new(&(struct document_loader_options){db, ocr, cache, &metrics});
    if (loader == NULL)
        return FAIL_MEMORY(st);
    if (settings->has_embeddings)
        TRY(meaning_start(
            &(struct meaning_options){
                .folder =
                    settings->neural_path[0] != '\0' ? settings->neural_path : NEURAL_PATH_BUILT,
                .cache = cache,
                .db = db,
            },
            &meaning, st));
    TRY(sweeper_start(&(struct sweeper_options){db, ocr, cache}, &sweeper, st));
    TRY(account_purger_start(billing, purge_account, db, &purger, st));

    struct parts parts = {db, ocr, billing, cache, &metrics, meaning, model};
    struct chat_service service = {
        .db = db,
        .ocr = ocr,
        .billing = billing,
        .loader = loader,
        .meaning = meaning,
        .model = model,
        .metrics = &metrics,
        .questions_gate = questions_gate,
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
        .application_name = "ocrmesh-chat --migrate",
        .connections_max = 1,
    };

    return service_migrate_database(&options, chat_migrations, chat_migrations_count, st);
}

/* What `--check-config` does. */
static status_code check(const void *data, struct status *st)
{
    const struct settings *settings = data;
    _cleanup_(chat_model_freep) struct chat_model *model = NULL;

    TRY(mesh_security_check(&settings->security, "chat", settings->listen, st));
    return chat_model_new(&settings->model, &model, st);
}

int main(int argc, char **argv)
{
    struct settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "chat",
                            "answers questions about recognised documents",
                            entries,
                            ARRAY_LENGTH(entries),
                            &settings,
                            run,
                            migrate,
                            check,
                        });
}
