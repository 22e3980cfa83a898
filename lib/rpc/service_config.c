#include "lib/rpc/service_config.h"

#include "lib/base/str.h"
#include "lib/rpc/descriptors.h"

/* gRFC A17: a server that says it is not serving gets no call while there is another. */
static const char head[] = "{\"loadBalancingConfig\":[{\"round_robin\":{}}],"
                           "\"healthCheckConfig\":{\"serviceName\":\"\"}";

/* gRFC A6: UNAVAILABLE alone is tried again. Hedging, the other half of A6, is not in core 1.51. */
static const char policy[] = "],\"retryPolicy\":{\"maxAttempts\":%d,"
                             "\"initialBackoff\":\"0.05s\",\"maxBackoff\":\"1s\","
                             "\"backoffMultiplier\":2,"
                             "\"retryableStatusCodes\":[\"UNAVAILABLE\"]}}],"
                             "\"retryThrottling\":{\"maxTokens\":10,\"tokenRatio\":0.1}";

struct writer {
    struct buf *out;
    size_t count;
    bool is_ok;
};

/* A client stream is never sent again, whatever its .proto says: core 1.51 keeps the first 256 KiB
 * of it, and what is longer then arrives cut short, or the call never ends. */
static void add_method(const struct rpc_described_method *method, void *arg)
{
    struct writer *writer = arg;

    if (!writer->is_ok || !method->is_idempotent || method->kind == RPC_CLIENT_STREAM ||
        method->kind == RPC_BIDI_STREAM)
        return;
    writer->is_ok =
        buf_printf(writer->out, "%s{\"service\":\"%s%s%s\",\"method\":\"%s\"}",
                   writer->count == 0 ? ",\"methodConfig\":[{\"name\":[" : ",", method->package,
                   method->package[0] != '\0' ? "." : "", method->service, method->name);
    writer->count++;
}

static bool write_config(const struct rpc_descriptors *descriptors, struct buf *out)
{
    struct writer writer = {.out = out, .is_ok = buf_append_str(out, head)};

    rpc_descriptors_each_method(descriptors, add_method, &writer);
    if (writer.is_ok && writer.count > 0)
        writer.is_ok = buf_printf(out, policy, RPC_ATTEMPTS_MAX);
    return writer.is_ok && buf_append_char(out, '}');
}

status_code rpc_service_config_new(const void *extra, size_t extra_size, char **ret_config,
                                   struct status *st)
{
    _cleanup_(rpc_descriptors_freep) struct rpc_descriptors *descriptors = NULL;
    struct buf out;

    TRY(rpc_descriptors_new(extra, extra_size, &descriptors, st));
    buf_init(&out, RPC_SERVICE_CONFIG_MAX_BYTES);
    if (!write_config(descriptors, &out)) {
        buf_deinit(&out);
        return FAIL_MEMORY(st);
    }
    *ret_config = TAKE(out.data);
    buf_deinit(&out);
    return STATUS_OK;
}
