#include "lib/trace/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(member) offsetof(struct trace_settings, member)

const struct config_entry trace_settings_entries[TRACE_SETTINGS_COUNT] = {
    {"OTEL_EXPORTER_OTLP_ENDPOINT", CONFIG_STRING, ENTRY(endpoint), "",
     "URL of an OpenTelemetry receiver (OTLP/HTTP), to which /v1/traces is added; unset: no traces",
     0, 0},
    {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", CONFIG_STRING, ENTRY(traces_endpoint), "",
     "URL that traces are sent to as it is, in place of the one above", 0, 0},
    {"OTEL_EXPORTER_OTLP_HEADERS", CONFIG_STRING, ENTRY(headers), "",
     "header fields of each export, name=value with commas between, such as an API key", 0, 0},
    {"OTEL_EXPORTER_OTLP_CERTIFICATE", CONFIG_STRING, ENTRY(certificate), "",
     "PEM file of the certificates that the receiver is believed by; unset: the system's", 0, 0},
    {"OTEL_EXPORTER_OTLP_TIMEOUT", CONFIG_INTEGER, ENTRY(timeout_ms), "10000",
     "how long one export may take, in milliseconds", 100, 60000},
    {"OTEL_TRACES_SAMPLER", CONFIG_STRING, ENTRY(sampler), "parentbased_always_on",
     "which traces are recorded: always_on, always_off, traceidratio, or the same after "
     "parentbased_, where what a caller says of its trace comes first",
     0, 0},
    {"OTEL_TRACES_SAMPLER_ARG", CONFIG_STRING, ENTRY(sampler_argument), "1",
     "share of traces that traceidratio records, 0 to 1", 0, 0},
    {"OTEL_BSP_SCHEDULE_DELAY", CONFIG_INTEGER, ENTRY(delay_ms), "5000",
     "how long a span waits for others to be sent with, in milliseconds", 1, 60000},
    {"OTEL_BSP_MAX_QUEUE_SIZE", CONFIG_INTEGER, ENTRY(queue_max), "2048",
     "spans that may wait to be sent; further ones are dropped", 1, 65536},
    {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", CONFIG_INTEGER, ENTRY(batch_max), "512",
     "spans that are sent at once", 1, 8192},
    {"OTEL_RESOURCE_ATTRIBUTES", CONFIG_STRING, ENTRY(resource_attributes), "",
     "what is told of each process, name=value with commas between, such as "
     "deployment.environment.name=test",
     0, 0},
};

static status_code read_ratio(const char *text, double *ret_ratio, struct status *st)
{
    char *end;
    double ratio = strtod(text, &end);

    if (end == text || *end != '\0' || !(ratio >= 0.0 && ratio <= 1.0))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not '%.60s'", text);
    *ret_ratio = ratio;
    return STATUS_OK;
}

static status_code read_sampler(const char *text, struct trace_options *options, struct status *st)
{
    static const struct {
        const char *name;
        trace_sampling sampling;
    } samplers[] = {
        {"always_on", TRACE_SAMPLE_ALL},
        {"always_off", TRACE_SAMPLE_NONE},
        {"traceidratio", TRACE_SAMPLE_RATIO},
    };
    static const char prefix[] = "parentbased_";

    options->is_parent_based = strncmp(text, prefix, strlen(prefix)) == 0;
    const char *name = options->is_parent_based ? text + strlen(prefix) : text;
    for (size_t i = 0; i < ARRAY_LENGTH(samplers); i++)
        if (strcmp(name, samplers[i].name) == 0) {
            options->sampling = samplers[i].sampling;
            return STATUS_OK;
        }
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                "OTEL_TRACES_SAMPLER must be always_on, always_off or traceidratio, with or "
                "without parentbased_ before it, not '%.60s'",
                text);
}

/* OTLP/HTTP: the path of traces is below the endpoint's. */
static status_code make_url(struct trace_settings *settings, struct status *st)
{
    const char *base = settings->endpoint;
    size_t length = strlen(base);
    int written;

    if (settings->traces_endpoint[0] != '\0')
        written = snprintf(settings->url, sizeof(settings->url), "%s", settings->traces_endpoint);
    else if (length > 0)
        written = snprintf(settings->url, sizeof(settings->url), "%s%sv1/traces", base,
                           base[length - 1] == '/' ? "" : "/");
    else
        written = snprintf(settings->url, sizeof(settings->url), "%s", "");
    if ((size_t)written >= sizeof(settings->url))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "OTEL_EXPORTER_OTLP_ENDPOINT is longer than %zu bytes", sizeof(settings->url));
    return STATUS_OK;
}

status_code trace_settings_read(struct trace_settings *settings, const char *service,
                                struct trace_options *ret_options, struct status *st)
{
    struct trace_options options = {
        .service = service,
        .headers = settings->headers,
        .ca_file = settings->certificate,
        .resource_attributes = settings->resource_attributes,
        .timeout_ms = settings->timeout_ms,
        .delay_ms = settings->delay_ms,
        .queue_max = settings->queue_max,
        .batch_max = settings->batch_max,
    };

    TRY(make_url(settings, st));
    options.url = settings->url;
    TRY(read_ratio(settings->sampler_argument, &options.ratio, st));
    TRY(read_sampler(settings->sampler, &options, st));
    *ret_options = options;
    return STATUS_OK;
}
