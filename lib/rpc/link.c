#include "lib/rpc/link.h"

#include <limits.h>
#include <stdlib.h>

#include <grpc/grpc_security.h>

#include "lib/rpc/credentials.h"
#include "lib/rpc/runtime.h"

enum {
    RECONNECT_FIRST_MS = 100, /* neighbours restart within seconds */
    RECONNECT_MAX_DEFAULT_MS = 5000,
    CONNECT_TIMEOUT_MS = 5000,
    KEEPALIVE_DEFAULT_MS = 30000, /* of a connection with calls under way */
    KEEPALIVE_TIMEOUT_MS = 10000,
    DNS_INTERVAL_DEFAULT_MS = 10000,
};

static int or_default(int64_t ms, int default_ms)
{
    return ms > 0 && ms <= INT_MAX ? (int)ms : default_ms;
}

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
        RPC_ARG_INT(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                    or_default(options->reconnect_max_ms, RECONNECT_MAX_DEFAULT_MS)),
        RPC_ARG_INT(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_TIMEOUT_MS),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIME_MS,
                    or_default(options->keepalive_ms, KEEPALIVE_DEFAULT_MS)),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
        /* Core's limit of two would leave a watch that is silent for long without pings. */
        RPC_ARG_INT(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        RPC_ARG_INT(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS,
                    or_default(options->dns_interval_ms, DNS_INTERVAL_DEFAULT_MS)),
        /* The mesh is reached directly, whatever proxy the environment names for the web. */
        RPC_ARG_INT(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        RPC_ARG_INT(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        RPC_ARG_STR(GRPC_ARG_SERVICE_CONFIG, options->service_config),
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
