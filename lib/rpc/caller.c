#include "lib/rpc/caller.h"

#include "lib/base/ip_network.h"
#include "lib/base/random.h"
#include "lib/rpc/call.h"

#define KEY_AUTHORIZATION  "authorization"
#define KEY_CLIENT_ADDRESS "ocrmesh-client-address"
#define KEY_REQUEST_ID     "ocrmesh-request-id"

enum { REQUEST_ID_MAX_BYTES = 128 }; /* longer ones are cut: they only tell log lines apart */

/* RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1). */
static status_code read_token(struct str authorization, struct str *ret_token, struct status *st)
{
    static const struct str scheme = STR("Bearer ");
    struct str token;

    if (authorization.n < scheme.n ||
        !str_equal_nocase((struct str){authorization.p, scheme.n}, scheme))
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN",
                    "the authorization header must be 'Bearer' and an API token");
    token = str_trim((struct str){authorization.p + scheme.n, authorization.n - scheme.n});
    if (token.n == 0)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN",
                    "the authorization header holds no API token");
    *ret_token = token;
    return STATUS_OK;
}

/* An IP address in the one form that it has here, so that one client is one key; NULL for other
 * text. */
static char *canonical_address(struct str text, struct arena *arena)
{
    struct ip_address address;
    char canonical[IP_ADDRESS_TEXT_SIZE];

    if (!ip_address_parse(text, &address))
        return NULL;
    ip_address_print(&address, canonical);
    return arena_strdup(arena, canonical);
}

status_code rpc_caller_read(struct rpc_call *call, struct rpc_caller *ret_caller, struct status *st)
{
    const struct rpc_metadata *metadata = rpc_call_metadata(call);
    struct arena *arena = rpc_call_arena(call);
    struct rpc_caller caller = {.token = STR("")};
    struct str value;

    if (rpc_metadata_get(metadata, KEY_AUTHORIZATION, &value))
        TRY(read_token(value, &caller.token, st));
    if (!rpc_call_is_forwarded_distrusted(call) &&
        rpc_metadata_get(metadata, KEY_CLIENT_ADDRESS, &value))
        caller.client_address = canonical_address(value, arena);
    if (caller.client_address == NULL)
        caller.client_address = call->peer->ip;
    if (rpc_metadata_get(metadata, KEY_REQUEST_ID, &value) && value.n > 0) {
        caller.request_id = arena_strndup(
            arena, value.p, value.n < REQUEST_ID_MAX_BYTES ? value.n : REQUEST_ID_MAX_BYTES);
    } else {
        char made_up[RANDOM_ID_SIZE];

        random_id(made_up);
        caller.request_id = arena_strdup(arena, made_up);
    }
    if (caller.request_id == NULL)
        return FAIL_MEMORY(st);
    *ret_caller = caller;
    return STATUS_OK;
}

const char *rpc_caller_address(const struct rpc_call *call, const struct rpc_caller *caller,
                               const char *stated)
{
    return stated[0] == '\0' || rpc_call_is_forwarded_distrusted(call) ? caller->client_address
                                                                       : stated;
}

size_t rpc_caller_forward(const struct rpc_caller *caller, struct arena *arena,
                          struct rpc_metadata_entry entries[static RPC_CALLER_FORWARD_MAX])
{
    size_t count = 0;

    if (caller->token.n > 0) {
        char *authorization =
            arena_printf(arena, "Bearer %.*s", (int)caller->token.n, caller->token.p);

        if (authorization == NULL)
            return 0;
        entries[count++] = (struct rpc_metadata_entry){KEY_AUTHORIZATION, str_of(authorization)};
    }
    entries[count++] =
        (struct rpc_metadata_entry){KEY_CLIENT_ADDRESS, str_of(caller->client_address)};
    entries[count++] = (struct rpc_metadata_entry){KEY_REQUEST_ID, str_of(caller->request_id)};
    return count;
}
