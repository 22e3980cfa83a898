/*
 * ocrmesh-bridge: reads the settings, connects the edge to the services, serves until SIGTERM,
 * drains.
 */

#include <malloc.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "bridge/edge.h"
#include "bridge/http/request_metrics.h"
#include "lib/admin/admin.h"
#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "lib/program/program.h"
#include "lib/service/certificate_metrics.h"
#include "lib/service/service.h"
#include "lib/service/trace_metrics.h"

enum {
    READY_TIMEOUT_MS = 400, /* for each of two services: the admin port waits a second */
    MEMORY_SPARE_BYTES = 8 << 20,
    MEMORY_MAP_BYTES = 1 << 20,
};

static const struct config_entry entries[] = {
    {"BRIDGE_LISTEN", CONFIG_ADDRESS, offsetof(struct bridge_settings, listen), "127.0.0.1:8080",
     "address of the public port: HTTP/1.1 and, with prior knowledge, HTTP/2", 0, 0},
    {"BRIDGE_TLS_LISTEN", CONFIG_ADDRESS, offsetof(struct bridge_settings, tls_listen),
     "127.0.0.1:8443",
     "address of the public TLS port, where a certificate is given: HTTP/1.1 and HTTP/2 by ALPN", 0,
     0},
    {"BRIDGE_TLS_CERTIFICATE", CONFIG_STRING, offsetof(struct bridge_settings, tls_certificate), "",
     "PEM file of the certificate with its chain, read again on SIGHUP; empty: no TLS", 0, 0},
    {"BRIDGE_TLS_KEY", CONFIG_STRING, offsetof(struct bridge_settings, tls_key), "",
     "PEM file of its key, without a passphrase", 0, 0},
    {"BRIDGE_HSTS", CONFIG_DURATION_MS, offsetof(struct bridge_settings, hsts_ms), "0s",
     "how long browsers are told to come by TLS alone (Strict-Transport-Security); 0: not told", 0,
     INT64_C(63072000000)},
    {"BRIDGE_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct bridge_settings, admin_listen),
     "127.0.0.1:9080", "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
    {"OCR_TARGET", CONFIG_STRING, offsetof(struct bridge_settings, ocr_target),
     "dns:///127.0.0.1:50051", "gRPC target of the ocr service", 0, 0},
    {"BILLING_TARGET", CONFIG_STRING, offsetof(struct bridge_settings, billing_target),
     "dns:///127.0.0.1:50052", "gRPC target of the billing service", 0, 0},
    {"CHAT_TARGET", CONFIG_STRING, offsetof(struct bridge_settings, chat_target),
     "dns:///127.0.0.1:50053", "gRPC target of the chat service", 0, 0},
    {"EXPORT_TARGET", CONFIG_STRING, offsetof(struct bridge_settings, export_target),
     "dns:///127.0.0.1:50054", "gRPC target of the export service", 0, 0},
    MESH_SECURITY_ENTRIES(struct bridge_settings, security),
    {"BRIDGE_TRUSTED_PROXIES", CONFIG_STRING, offsetof(struct bridge_settings, trusted_proxies), "",
     "addresses and networks (10.0.0.0/8), by commas, whose BRIDGE_PROXY_HEADER is believed", 0, 0},
    {"BRIDGE_PROXY_HEADER", CONFIG_STRING, offsetof(struct bridge_settings, proxy_header),
     "x-forwarded-for",
     "what those proxies write the client's address into, and let nobody else write into: "
     "x-forwarded-for or forwarded (RFC 7239)",
     0, 0},
    {"BRIDGE_CORS_ORIGINS", CONFIG_STRING, offsetof(struct bridge_settings, cors_origins), "",
     "origins (https://app.example.com), by commas, whose pages may read answers; *: all", 0, 0},
    {"BRIDGE_COMPRESSION", CONFIG_BOOLEAN, offsetof(struct bridge_settings, compresses), "true",
     "whether text and JSON are sent as br or gzip to clients that take it", 0, 0},
    {"BRIDGE_ANSWER_CACHE", CONFIG_BYTES, offsetof(struct bridge_settings, answer_cache_bytes),
     "32MiB", "memory for answers to jobs that are done, to be sent again as they are; 0: none", 0,
     INT64_C(1) << 40},
    {"BRIDGE_INLINE_PAGES", CONFIG_INTEGER, offsetof(struct bridge_settings, inline_pages), "5",
     "a submission of at most so many pages is answered when it is done", 0, 1000},
    {"BRIDGE_INLINE_TIMEOUT", CONFIG_DURATION_MS,
     offsetof(struct bridge_settings, inline_timeout_ms), "2m",
     "how long such an answer is waited for before it is 202", 1, 3600000},
    {"BRIDGE_BODY_MAX", CONFIG_BYTES, offsetof(struct bridge_settings, body_max_bytes), "1GiB",
     "largest request body; what a file may have is the plan's", 65536, INT64_C(1) << 40},
    {"BRIDGE_CONNECTIONS", CONFIG_INTEGER, offsetof(struct bridge_settings, connections_max),
     "10000", "connections at once; further ones are closed", 1, 65536},
    {"BRIDGE_CONNECTIONS_PER_ADDRESS", CONFIG_INTEGER,
     offsetof(struct bridge_settings, connections_per_address_max), "1000",
     "the same of one address, or of one /64 of IPv6; trusted proxies may have more", 1, 65536},
    {"BRIDGE_STREAMS", CONFIG_INTEGER, offsetof(struct bridge_settings, streams_max), "100",
     "requests at once on one HTTP/2 connection", 1, 1000},
    {"BRIDGE_HEAD_MAX", CONFIG_BYTES, offsetof(struct bridge_settings, head_max_bytes), "32KiB",
     "largest request head: request line and header fields", 1024, 131072},
    {"BRIDGE_HEAD_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct bridge_settings, head_timeout_ms),
     "10s", "from the first byte of a request to the end of its head", 100, 3600000},
    {"BRIDGE_BODY_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct bridge_settings, body_timeout_ms),
     "30s", "longest pause within a request's body", 100, 3600000},
    {"BRIDGE_BODY_RATE", CONFIG_BYTES, offsetof(struct bridge_settings, body_rate_min), "1KiB",
     "bytes a second that a request's body has to come with, once BRIDGE_BODY_TIMEOUT has passed; "
     "0: any",
     0, 1073741824},
    {"BRIDGE_IDLE_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct bridge_settings, idle_timeout_ms),
     "75s", "how long a connection without a request is kept", 100, 3600000},
    {"BRIDGE_WRITE_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct bridge_settings, write_timeout_ms),
     "60s", "how long a client may take none of its answer", 100, 3600000},
    {"BRIDGE_DRAIN_TIMEOUT", CONFIG_DURATION_MS, offsetof(struct bridge_settings, drain_timeout_ms),
     "20s", "how long requests under way may take once the process is told to end", 0, 3600000},
    {"BRIDGE_EVENTS_KEEP_ALIVE", CONFIG_DURATION_MS,
     offsetof(struct bridge_settings, events_keep_alive_ms), "15s",
     "how long a stream of events may be silent before it gets a comment", 10, 3600000},
};

static void channels_free(struct edge_channels *channels)
{
    rpc_channel_free(channels->ocr);
    rpc_channel_free(channels->billing);
    rpc_channel_free(channels->export);
    rpc_channel_free(channels->chat);
}

static status_code connect_all(const struct bridge_settings *settings,
                               struct mesh_security *security, struct edge_channels *channels,
                               struct status *st)
{
    TRY(mesh_channel_new(security, settings->ocr_target, "ocr", &channels->ocr, st));
    TRY(mesh_channel_new(security, settings->billing_target, "billing", &channels->billing, st));
    TRY(mesh_channel_new(security, settings->export_target, "export", &channels->export, st));
    return mesh_channel_new(security, settings->chat_target, "chat", &channels->chat, st);
}

/* What the admin port looks at. */
struct observed {
    const struct edge_channels *channels;
    const struct edge *edge;
    struct mesh_security *security;
    atomic_bool is_draining;
};

/* What the main way needs; exports and chat fail by themselves. */
static status_code check_ready(void *data, struct status *st)
{
    const struct observed *observed = data;
    const struct edge_channels *channels = observed->channels;

    if (atomic_load(&observed->is_draining))
        return FAIL(st, STATUS_UNAVAILABLE, "DRAINING", "the process is shutting down");
    TRY(rpc_channel_wait_ready(channels->ocr, time_mono_after_ms(READY_TIMEOUT_MS), st));
    return rpc_channel_wait_ready(channels->billing, time_mono_after_ms(READY_TIMEOUT_MS), st);
}

static void write_metrics(void *data, struct buf *out)
{
    const struct observed *observed = data;

    request_metrics_write(out);
    trace_metrics_write(out);
    certificate_metrics_write(observed->security, out);
    prometheus_head(out, "ocrmesh_bridge_connections", "gauge", "Connections that are open.");
    prometheus_integer(out, edge_connection_count(observed->edge), "ocrmesh_bridge_connections");
    prometheus_head(out, "ocrmesh_bridge_connections_refused_total", "counter",
                    "Connections that were closed at once, for there were too many.");
    prometheus_integer(out, edge_refused_count(observed->edge),
                       "ocrmesh_bridge_connections_refused_total");
    const struct answer_cache_counts answers = edge_answer_counts(observed->edge);
    prometheus_counter(out, "ocrmesh_bridge_answer_cache_hits_total",
                       "Jobs that were answered with what was kept.", answers.hits);
    prometheus_counter(out, "ocrmesh_bridge_answer_cache_misses_total",
                       "Jobs that were done, and answered anew.", answers.misses);
    prometheus_head(out, "ocrmesh_bridge_answer_cache_bytes", "gauge",
                    "Memory of the answers that are kept.");
    prometheus_integer(out, answers.bytes, "ocrmesh_bridge_answer_cache_bytes");
}

/* A connection is a descriptor, and the usual limit is 1024; the hard one may be ours. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_write(LOG_WARNING, "the limit of open files stays as it is");
}

/* An answer's memory is wanted again for the next answer. By default glibc gives what is free at
 * the end of a thread's heap back to the system from 128 KiB on, and the pages are then cleared and
 * mapped again: a quarter of the processor time of answers of 130 kB. */
static void keep_spare_memory(void)
{
    if (mallopt(M_TRIM_THRESHOLD, MEMORY_SPARE_BYTES) == 0 ||
        mallopt(M_MMAP_THRESHOLD, MEMORY_MAP_BYTES) == 0)
        log_write(LOG_WARNING, "the allocator stays as it is");
}

/* The admin port is the last to go, so that it can be watched how the process drains. */
static status_code run(const void *data, struct status *st)
{
    const struct bridge_settings *settings = data;
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(channels_free) struct edge_channels channels = {0};
    _cleanup_(edge_freep) struct edge *edge = NULL;
    _cleanup_(admin_server_stopp) struct admin_server *admin = NULL;

    raise_descriptor_limit();
    keep_spare_memory();
    TRY(mesh_security_open(&settings->security, "bridge", &security, st));
    TRY(connect_all(settings, security, &channels, st));
    TRY(edge_start(settings, &channels, &edge, st));
    struct observed observed = {.channels = &channels, .edge = edge, .security = security};
    TRY(admin_server_start(
        &(struct admin_options){
            .address = settings->admin_listen,
            .check_ready = check_ready,
            .write_metrics = write_metrics,
            .data = &observed,
        },
        &admin, st));
    if (edge_tls_port(edge) != 0)
        log_write(LOG_INFO, "serving TLS", LOG_STRING("address", settings->tls_listen),
                  LOG_INTEGER("tls_port", edge_tls_port(edge)));
    log_write(LOG_INFO, "serving", LOG_STRING("address", settings->listen),
              LOG_INTEGER("port", edge_port(edge)));

    int signal_number = program_wait_for_signal();
    log_write(LOG_INFO, "draining", LOG_INTEGER("signal", signal_number));
    atomic_store(&observed.is_draining, true);
    edge_drain(edge);
    return STATUS_OK;
}

/* What `--check-config` does. */
static status_code check(const void *data, struct status *st)
{
    const struct bridge_settings *settings = data;

    TRY(mesh_security_check(&settings->security, "bridge", NULL, st));
    return edge_check(settings, st);
}

int main(int argc, char **argv)
{
    struct bridge_settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "bridge",
                            "the public HTTP surface",
                            entries,
                            ARRAY_LENGTH(entries),
                            &settings,
                            run,
                            NULL,
                            check,
                        });
}
