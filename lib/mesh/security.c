#include "lib/mesh/security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log/log.h"
#include "lib/mesh/local_address.h"

enum { PEER_ID_MAX = 512 };

struct mesh_security {
    const struct mesh_security_settings *settings;
    struct mesh_authorization authorization;
    struct rpc_identity *identity; /* NULL: plain text */
};

static status_code make_id(const struct mesh_security_settings *settings, const char *name,
                           char ret_id[static PEER_ID_MAX], struct status *st)
{
    int length = snprintf(ret_id, PEER_ID_MAX, "%s%s", settings->spiffe_prefix, name);

    if (length < 0 || length >= PEER_ID_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "MESH_SPIFFE_PREFIX is too long: a SPIFFE ID has at most %d bytes here",
                    PEER_ID_MAX - 1);
    return STATUS_OK;
}

/* An operator is who holds the certificate; a service must be what its peers look for. */
static status_code check_own_id(const struct mesh_security *security, const char *name,
                                struct status *st)
{
    char id[PEER_ID_MAX];

    TRY(make_id(security->settings, name, id, st));
    if (strcmp(name, "operator") != 0 && strcmp(rpc_identity_id(security->identity), id) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "MESH_TLS_CERTIFICATE is for %.80s, but this program is %.80s",
                    rpc_identity_id(security->identity), id);
    return STATUS_OK;
}

static status_code open_identity(struct mesh_security *security, const char *name,
                                 struct status *st)
{
    const struct mesh_security_settings *settings = security->settings;
    const bool has[] = {settings->certificate[0] != '\0', settings->key[0] != '\0',
                        settings->ca[0] != '\0'};

    if (strncmp(settings->spiffe_prefix, "spiffe://", strlen("spiffe://")) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "MESH_SPIFFE_PREFIX must begin with spiffe://, not '%.60s'",
                    settings->spiffe_prefix);
    if (!has[0] && !has[1] && !has[2])
        return STATUS_OK;
    if (!has[0] || !has[1] || !has[2])
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "MESH_TLS_CERTIFICATE, MESH_TLS_KEY and MESH_TLS_CA are set together or not "
                    "at all");
    TRY(rpc_identity_new(
        &(struct rpc_identity_options){
            .certificate_path = settings->certificate,
            .key_path = settings->key,
            .ca_path = settings->ca,
            .reload_ms = settings->reload_ms,
        },
        &security->identity, st));
    return check_own_id(security, name, st);
}

status_code mesh_security_open(const struct mesh_security_settings *settings, const char *name,
                               struct mesh_security **ret_security, struct status *st)
{
    _cleanup_(mesh_security_freep) struct mesh_security *security = calloc(1, sizeof(*security));

    if (security == NULL)
        return FAIL_MEMORY(st);
    security->settings = settings;
    security->authorization.prefix = str_of(settings->spiffe_prefix);
    TRY(open_identity(security, name, st));
    *ret_security = TAKE(security);
    return STATUS_OK;
}

void mesh_security_free(struct mesh_security *security)
{
    if (security == NULL)
        return;
    rpc_identity_free(security->identity);
    free(security);
}

status_code mesh_channel_new(struct mesh_security *security, const char *target, const char *peer,
                             struct rpc_channel **ret_channel, struct status *st)
{
    char peer_id[PEER_ID_MAX];
    struct rpc_channel_options options = {
        .target = target,
        .dns_interval_ms = security->settings->call.dns_interval_ms,
        .keepalive_ms = security->settings->call.keepalive_ms,
        .reconnect_max_ms = security->settings->call.reconnect_max_ms,
    };

    if (security->identity == NULL) {
        if (!local_address_is(target))
            log_write(LOG_WARNING,
                      "calls go out in plain text: who is on the way reads and changes them",
                      LOG_STRING("target", target));
        return rpc_channel_new(&options, ret_channel, st);
    }
    TRY(make_id(security->settings, peer, peer_id, st));
    options.identity = security->identity;
    options.peer_id = peer_id;
    return rpc_channel_new(&options, ret_channel, st);
}

/* As rpc_server_options.authorize. */
static status_code authorize(struct rpc_call *call, void *data, struct status *st)
{
    const struct mesh_security *security = data;
    const char *id = rpc_call_peer_id(call);
    const int role = mesh_authorization_role(&security->authorization, id);

    /* What a consumer says of the client behind it would be a way round its quota. */
    if ((role & (MESH_CONSUMER | MESH_STRANGER)) != 0)
        rpc_call_distrust_forwarded(call);
    return mesh_authorization_check(&security->authorization, id, rpc_call_method(call), st);
}

status_code mesh_security_protect(struct mesh_security *security,
                                  struct rpc_server_options *options, struct status *st)
{
    options->connection_age_ms = security->settings->serve.connection_age_ms;
    options->connection_grace_ms = security->settings->serve.connection_grace_ms;
    if (security->identity != NULL) {
        security->authorization.consumers = str_of(security->settings->consumers);
        options->identity = security->identity;
        options->authorize = authorize;
        options->authorize_data = security;
        return STATUS_OK;
    }
    if (local_address_is(options->address))
        return STATUS_OK;
    if (!security->settings->allows_plaintext)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "PLAINTEXT_REFUSED",
                    "%.60s can be reached from other machines, and gRPC there would be plain text "
                    "that everyone may call: set MESH_TLS_CERTIFICATE, or MESH_PLAINTEXT=true",
                    options->address);
    log_write(LOG_WARNING,
              "MESH_PLAINTEXT: gRPC IS SERVED IN PLAIN TEXT TO OTHER MACHINES; whoever reaches "
              "this address may call every RPC, and read every document on the way",
              LOG_STRING("address", options->address));
    return STATUS_OK;
}

status_code mesh_security_check(const struct mesh_security_settings *settings, const char *name,
                                const char *listen, struct status *st)
{
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;

    TRY(mesh_security_open(settings, name, &security, st));
    if (listen == NULL)
        return STATUS_OK;
    return mesh_security_protect(security, &(struct rpc_server_options){.address = listen}, st);
}

int64_t mesh_security_expire_time(struct mesh_security *security)
{
    return security->identity != NULL ? rpc_identity_expire_time(security->identity) : 0;
}
