/*
 * ocrmesh-billing: reads the settings, builds the parts, serves until SIGTERM, drains.
 */

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/http/http_client.h"
#include "lib/mesh/security.h"
#include "lib/service/database.h"
#include "lib/service/service.h"
#include "services/billing/metrics.h"
#include "services/billing/migrations.h"
#include "services/billing/service.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/upkeep.h"

enum { DB_CHECK_TIMEOUT_MS = 800 };

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (INT64_C(24) * 60 * MINUTE_MS)

struct settings {
    const char *listen;
    const char *admin_listen;
    const char *database_url;
    struct mesh_security_settings security;
    int64_t db_connections;
    int64_t password_hashes;
    int64_t reservation_lifetime_ms;
    int64_t session_lifetime_ms;
    int64_t sign_ups_per_address;
    struct mail_settings mail;
    struct stripe_settings stripe;
};

static const struct config_entry entries[] = {
    {"BILLING_LISTEN", CONFIG_RPC_ADDRESS, offsetof(struct settings, listen), "127.0.0.1:50052",
     "address that the gRPC server binds", 0, 0},
    {"BILLING_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, admin_listen),
     "127.0.0.1:9052", "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"DATABASE_URL", CONFIG_STRING, offsetof(struct settings, database_url), NULL,
     "PostgreSQL connection string or URI, as the role that owns the service's schema", 0, 0},
    MESH_SECURITY_ENTRIES(struct settings, security),
    MESH_SERVER_ENTRIES(struct settings, security),
    {"BILLING_DB_CONNECTIONS", CONFIG_INTEGER, offsetof(struct settings, db_connections), "12",
     "most connections to the database", 1, 1000},
    {"BILLING_PASSWORD_HASHES", CONFIG_INTEGER, offsetof(struct settings, password_hashes), "2",
     "password hashes at once, each of 64 MiB", 1, PASSWORD_HASHES_MAX},
    {"BILLING_RESERVATION_LIFETIME", CONFIG_DURATION_MS,
     offsetof(struct settings, reservation_lifetime_ms), "2h",
     "how long pages stay reserved for a job that is not heard of", MINUTE_MS, 30 * DAY_MS},
    {"BILLING_SESSION_LIFETIME", CONFIG_DURATION_MS, offsetof(struct settings, session_lifetime_ms),
     "14d", "how long a person who has signed in stays so", MINUTE_MS, 365 * DAY_MS},
    {"BILLING_SIGN_UPS_PER_ADDRESS", CONFIG_INTEGER,
     offsetof(struct settings, sign_ups_per_address), "10",
     "accounts that one address may make, then one more an hour, this machine's own aside; 0: no "
     "limit",
     0, 1000000},
    {"BILLING_SMTP_URL", CONFIG_STRING, offsetof(struct settings, mail.smtp_url), "",
     "mail server, smtp://HOST:587 or smtps://HOST:465; empty: mail is written to the log", 0, 0},
    {"BILLING_SMTP_USER", CONFIG_STRING, offsetof(struct settings, mail.smtp_user), "",
     "name at the mail server; empty: none", 0, 0},
    {"BILLING_SMTP_PASSWORD", CONFIG_STRING, offsetof(struct settings, mail.smtp_password), "",
     "password at the mail server", 0, 0},
    {"BILLING_SMTP_REQUIRE_TLS", CONFIG_BOOLEAN, offsetof(struct settings, mail.smtp_requires_tls),
     "true", "whether mail and password are sent over TLS alone (STARTTLS where it is smtp://)", 0,
     0},
    {"BILLING_SMTP_CA_FILE", CONFIG_STRING, offsetof(struct settings, mail.smtp_ca_file), "",
     "certificates (PEM) that the mail server is verified against; empty: those of the system", 0,
     0},
    {"BILLING_MAIL_FROM", CONFIG_STRING, offsetof(struct settings, mail.from), "",
     "e-mail address that mail comes from", 0, 0},
    {"BILLING_PUBLIC_URL", CONFIG_STRING, offsetof(struct settings, stripe.public_url),
     "http://127.0.0.1:8080", "where people reach this site, without a slash at the end", 0, 0},
    {"BILLING_STRIPE_KEY", CONFIG_STRING, offsetof(struct settings, stripe.key), "",
     "secret or restricted API key of Stripe; empty: nothing is sold", 0, 0},
    {"BILLING_STRIPE_WEBHOOK_SECRETS", CONFIG_STRING,
     offsetof(struct settings, stripe.webhook_secrets), "",
     "signing secrets of the webhook endpoint /api/v1/payments/stripe/, by commas", 0, 0},
    {"BILLING_STRIPE_URL", CONFIG_STRING, offsetof(struct settings, stripe.url),
     "https://api.stripe.com", "where Stripe's API is reached", 0, 0},
    {"BILLING_STRIPE_CA_FILE", CONFIG_STRING, offsetof(struct settings, stripe.ca_file), "",
     "certificates (PEM) that it is verified against; empty: those of the system", 0, 0},
};

static status_code check_ready(void *data, struct status *st)
{
    const struct billing_service *service = data;

    return db_ping(service->db, time_mono_after_ms(DB_CHECK_TIMEOUT_MS), st);
}

static void write_metrics(void *data, struct buf *out)
{
    const struct billing_service *service = data;

    metrics_write(service->metrics, out);
    service_write_database_metrics(service->db, out);
}

static status_code run(const void *data, struct status *st)
{
    const struct settings *settings = data;
    _cleanup_(metrics_freep) struct metrics *metrics = metrics_new();
    _cleanup_(gate_freep) struct gate *exports_gate =
        gate_new("exports", BILLING_EXPORTS_MAX, BILLING_EXPORTS_PER_CALLER_MAX);
    _cleanup_(gate_freep) struct gate *purchases_gate =
        gate_new("purchases", BILLING_PURCHASES_MAX, BILLING_PURCHASES_PER_CALLER_MAX);
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(password_hasher_freep) struct password_hasher *hasher = NULL;
    _cleanup_(db_closep) struct db *db = NULL;
    _cleanup_(upkeep_stopp) struct upkeep *upkeep = NULL;

    if (metrics == NULL || exports_gate == NULL || purchases_gate == NULL)
        return FAIL_MEMORY(st);
    TRY(mesh_security_open(&settings->security, "billing", &security, st));
    TRY(mail_check(&settings->mail, st));
    TRY(stripe_check(&settings->stripe, st));
    TRY(http_start(st));
    TRY(password_hasher_new((int)settings->password_hashes, &hasher, st));
    TRY(service_open_database(
        &(struct db_options){
            .conninfo = settings->database_url,
            .schema = "billing",
            .application_name = "ocrmesh-billing",
            .connections_max = (int)settings->db_connections,
        },
        billing_migrations, billing_migrations_count, &db, st));

    struct billing_service service = {
        .db = db,
        .hasher = hasher,
        .metrics = metrics,
        .exports_gate = exports_gate,
        .purchases_gate = purchases_gate,
        .reservation_lifetime_ms = settings->reservation_lifetime_ms,
        .session_lifetime_ms = settings->session_lifetime_ms,
        .sign_ups_per_address = settings->sign_ups_per_address,
        .mail = settings->mail,
        .stripe = settings->stripe,
    };
    const struct rpc_service mesh = billing_service_table(&service);
    const struct rpc_service accounts = billing_account_service_table(&service);
    const struct rpc_service operators = billing_admin_service_table(&service);
    TRY(upkeep_start(&service, &upkeep, st));
    return service_run(
        &(struct service_options){
            .listen = settings->listen,
            .security = security,
            .admin_listen = settings->admin_listen,
            .services = (const struct rpc_service *const[]){&mesh, &accounts, &operators},
            .service_count = 3,
            .check_ready = check_ready,
            .write_metrics = write_metrics,
            .data = &service,
        },
        st);
}

/* What `--migrate` does. */
static status_code migrate(const void *data, struct status *st)
{
    const struct settings *settings = data;
    const struct db_options options = {
        .conninfo = settings->database_url,
        .schema = "billing",
        .application_name = "ocrmesh-billing --migrate",
        .connections_max = 1,
    };

    return service_migrate_database(&options, billing_migrations, billing_migrations_count, st);
}

/* What `--check-config` does. */
static status_code check(const void *data, struct status *st)
{
    const struct settings *settings = data;

    TRY(mesh_security_check(&settings->security, "billing", settings->listen, st));
    TRY(mail_check(&settings->mail, st));
    return stripe_check(&settings->stripe, st);
}

int main(int argc, char **argv)
{
    struct settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "billing",
                            "keeps accounts, quotas and the ledger of credits",
                            entries,
                            ARRAY_LENGTH(entries),
                            &settings,
                            run,
                            migrate,
                            check,
                        });
}
