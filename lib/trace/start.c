#include <string.h>

#include "lib/base/random.h"
#include "lib/http/http_client.h"
#include "lib/trace/exporter.h"
#include "lib/trace/tracing.h"

enum { PAIRS_BYTES = 64 << 10 };

static struct {
    struct arena *arena; /* of the lists */
    char instance_id[RANDOM_ID_SIZE];
    struct trace_counts last_counts; /* once it is off again */
} started;

static status_code make_resource(const struct trace_options *options, struct otlp_pairs *ret_pairs,
                                 struct status *st)
{
    struct otlp_pairs given, pairs = {.count = 0};

    random_id(started.instance_id);
    pairs.entries[pairs.count++] = (struct otlp_pair){"service.name", options->service};
    pairs.entries[pairs.count++] = (struct otlp_pair){"service.instance.id", started.instance_id};
    pairs.entries[pairs.count++] = (struct otlp_pair){"telemetry.sdk.name", "ocrmesh"};
    pairs.entries[pairs.count++] = (struct otlp_pair){"telemetry.sdk.language", "c"};
    TRY(otlp_parse_pairs(options->resource_attributes, "OTEL_RESOURCE_ATTRIBUTES", started.arena,
                         &given, st));
    for (size_t i = 0; i < given.count; i++) {
        /* One environment serves all processes, and each has its own name. */
        if (strcmp(given.entries[i].name, "service.name") == 0)
            continue;
        if (pairs.count == OTLP_PAIRS_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "OTEL_RESOURCE_ATTRIBUTES holds too many attributes");
        pairs.entries[pairs.count++] = given.entries[i];
    }
    *ret_pairs = pairs;
    return STATUS_OK;
}

status_code trace_start(const struct trace_options *options, struct status *st)
{
    struct exporter_options exporter = {.trace = options};

    if (options->url[0] == '\0')
        return STATUS_OK;
    if (!http_url_is_plain(options->url))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL without user, "
                    "password and fragment");
    tracing.options = *options;
    started.arena = arena_new(PAIRS_BYTES);
    if (started.arena == NULL)
        return FAIL_MEMORY(st);
    status_code code = otlp_parse_pairs(options->headers, "OTEL_EXPORTER_OTLP_HEADERS",
                                        started.arena, &exporter.headers, st);
    if (code == STATUS_OK)
        code = make_resource(options, &exporter.resource, st);
    if (code == STATUS_OK)
        code = exporter_start(&exporter, &tracing.exporter, st);
    if (code != STATUS_OK) {
        arena_free(TAKE(started.arena));
        return code;
    }
    tracing.hand_in = exporter_hand_in;
    atomic_store(&tracing.is_on, true);
    return STATUS_OK;
}

void trace_stop(void)
{
    if (!atomic_exchange(&tracing.is_on, false))
        return;
    started.last_counts = exporter_stop(TAKE(tracing.exporter));
    arena_free(TAKE(started.arena));
}

struct trace_counts trace_counts(void)
{
    return trace_is_on() ? exporter_counts(tracing.exporter) : started.last_counts;
}
