#include "lib/rpc/link.h"

#include <stdlib.h>

#include <grpc/grpc_security.h>

#include "lib/rpc/credentials.h"
#include "lib/rpc/runtime.h"

enum {
    RECONNECT_FIRST_MS = 100, /* neighbours restart within seconds */
    RECONNECT_MAX_MS = 5000,
    CONNECT_TIMEOUT_MS = 5000,
    KEEPALIVE_TIME_MS = 30000, /* of a connection with calls under way */
    KEEPALIVE_TIMEOUT_MS = 10000,
};

/* gRFC A6: UNAVAILABLE alone is retried, and ever less often while a server fails.
 * gRFC A17: a server that says it is not serving gets no call while there is another.
 * What a client streams is not sent again: core 1.51 keeps the first 256 KiB of it, and what is
 * longer then arrives cut short, or the call never ends. */
static const char default_service_config[] =
    "{\"loadBalancingConfig\":[{\"round_robin\":{}}],"
    "\"healthCheckConfig\":{\"serviceName\":\"\"},"
    "\"methodConfig\":["
    "{\"name\":[{\"service\":\"ocrmesh.ocr.v1.OcrService\",\"method\":\"SubmitJob\"}]},"
    "{\"name\":[{}],\"retryPolicy\":{\"maxAttempts\":4,"
    "\"initialBackoff\":\"0.05s\",\"maxBackoff\":\"1s\",\"backoffMultiplier\":2,"
    "\"retryableStatusCodes\":[\"UNAVAILABLE\"]}}],"
    "\"retryThrottling\":{\"maxTokens\":10,\"tokenRatio\":0.1}}";

static grpc_channel *new_core(const struct rpc_channel_options *options,
                              grpc_channel_credentials *credentials)
{
    grpc_arg args[] = {
        RPC_ARG_INT(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                    RPC_MESSAGE_MAX_BYTES * RPC_CORE_LIMIT_FACTOR),
        RPC_ARG_INT(GRPC_ARG_MAX_METADATA_SIZE, RPC_METADATA_MAX_BYTES),
        RPC_ARG_INT(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0), /* inflate.h */
        RPC_ARG_INT(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        RPC_ARG_INT(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, RPC_LOOKAHEAD_BYTES),
        RPC_ARG_INT(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, RECONNECT_FIRST_MS),
        RPC_ARG_INT(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, RECONNECT_MAX_MS),
        RPC_ARG_INT(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_TIMEOUT_MS),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIME_MS, KEEPALIVE_TIME_MS),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
        /* The mesh is reached directly, whatever proxy the environment names for the web. */
        RPC_ARG_INT(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        RPC_ARG_INT(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        RPC_ARG_STR(GRPC_ARG_SERVICE_CONFIG, options->service_config != NULL
                                                 ? options->service_config
                                                 : default_service_config),
    };
    grpc_channel_args list = {ARRAY_LENGTH(args), args};

    return grpc_channel_create(options->target, credentials, &list);
}

status_code rpc_link_new(const struct rpc_channel_options *options, struct rpc_link **ret_link,
                         struct status *st)
{
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *certificates =
        options->identity != NULL ? rpc_identity_take(options->identity) : NULL;
    grpc_channel_credentials *credentials;

    TRY(rpc_channel_credentials(certificates, options->peer_id, &credentials, st));
    struct rpc_link *link = calloc(1, sizeof(*link));
    if (link != NULL) {
        atomic_init(&link->holders, 1);
        link->generation = certificates != NULL ? certificates->generation : 0;
        link->core = new_core(options, credentials);
    }
    grpc_channel_credentials_release(credentials);
    if (link == NULL)
        return FAIL_MEMORY(st);
    *ret_link = link;
    return STATUS_OK;
}

struct rpc_link *rpc_link_ref(struct rpc_link *link)
{
    atomic_fetch_add_explicit(&link->holders, 1, memory_order_relaxed);
    return link;
}

void rpc_link_unref(struct rpc_link *link)
{
    if (atomic_fetch_sub_explicit(&link->holders, 1, memory_order_acq_rel) != 1)
        return;
    grpc_channel_destroy(link->core);
    free(link);
}

grpc_connectivity_state rpc_link_connect(struct rpc_link *link)
{
    return grpc_channel_check_connectivity_state(link->core, 1);
}
