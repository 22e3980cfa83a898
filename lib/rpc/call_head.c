#include "lib/rpc/call_head.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/rpc/call_output.h"
#include "lib/rpc/header_text.h"
#include "lib/rpc/server_internal.h"

enum { FIELD_OVERHEAD_BYTES = 32 }; /* RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE */

/* --- the fields that mean something here --- */

static void take_path(struct rpc_call *call, struct str value)
{
    call->method = rpc_server_find_method(call->server, value);
    if (call->method == NULL)
        (void)snprintf(call->unknown_path, sizeof(call->unknown_path), "%.*s", (int)value.n,
                       value.p);
}

static void take_method(struct rpc_call *call, struct str value)
{
    call->is_post = str_equal(value, STR("POST"));
}

/* "application/grpc", "application/grpc+proto", "application/grpc; ..." */
static void take_content_type(struct rpc_call *call, struct str value)
{
    static const struct str type = STR("application/grpc");

    call->is_grpc = str_starts_with(value, type) &&
                    (value.n == type.n || value.p[type.n] == '+' || value.p[type.n] == ';');
}

static void take_timeout(struct rpc_call *call, struct str value)
{
    int64_t timeout_ns;

    if (!rpc_header_timeout(value, &timeout_ns))
        call->is_head_malformed = true;
    else if (__builtin_add_overflow(time_mono(), timeout_ns, &call->deadline))
        call->deadline = TIME_NEVER;
}

static bool read_encoding(struct str name, rpc_encoding *ret_encoding)
{
    static const struct str names[] = {
        [RPC_ENCODING_IDENTITY] = {"identity", 8},
        [RPC_ENCODING_GZIP] = {"gzip", 4},
        [RPC_ENCODING_DEFLATE] = {"deflate", 7},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (str_equal(names[i], name)) {
            *ret_encoding = (rpc_encoding)i;
            return true;
        }
    return false;
}

static void take_encoding(struct rpc_call *call, struct str value)
{
    call->is_encoding_unknown = !read_encoding(value, &call->encoding);
}

static void take_accepted(struct rpc_call *call, struct str value)
{
    struct str name;

    while (str_next_token(&value, ',', &name))
        if (str_equal(str_trim(name), STR("gzip")))
            call->accepts_gzip = true;
}

static void take_nothing(struct rpc_call *call, struct str value)
{
}

/* What is no metadata. */
static const struct {
    struct str name;
    void (*take)(struct rpc_call *call, struct str value);
} known_fields[] = {
    {{":path", 5}, take_path},
    {{":method", 7}, take_method},
    {{":scheme", 7}, take_nothing},
    {{":authority", 10}, take_nothing},
    {{"content-type", 12}, take_content_type},
    {{"te", 2}, take_nothing},
    {{"host", 4}, take_nothing},
    {{"content-length", 14}, take_nothing},
    {{"grpc-timeout", 12}, take_timeout},
    {{"grpc-encoding", 13}, take_encoding},
    {{"grpc-accept-encoding", 20}, take_accepted},
    {{"grpc-message-type", 17}, take_nothing},
};

bool rpc_call_head_add(struct rpc_call *call, struct str name, struct str value)
{
    call->head_bytes += name.n + value.n + FIELD_OVERHEAD_BYTES;
    if (call->head_bytes > RPC_METADATA_MAX_BYTES)
        return true; /* answered when it is complete */
    for (size_t i = 0; i < ARRAY_LENGTH(known_fields); i++)
        if (known_fields[i].name.n == name.n &&
            memcmp(known_fields[i].name.p, name.p, name.n) == 0) {
            known_fields[i].take(call, value);
            return true;
        }
    return name.p[0] == ':' || rpc_fields_add(&call->received, name, value);
}

/* --- complete --- */

static status_code check(const struct rpc_call *call, struct status *st)
{
    if (call->head_bytes > RPC_METADATA_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "METADATA_TOO_LARGE",
                    "the call's metadata are more than %d bytes", RPC_METADATA_MAX_BYTES);
    if (call->is_head_malformed)
        return FAIL(st, STATUS_INTERNAL, NULL, "the grpc-timeout header cannot be read");
    if (call->method == NULL)
        return FAIL(st, STATUS_UNIMPLEMENTED, NULL, "this server does not offer %s",
                    call->unknown_path);
    if (call->is_encoding_unknown)
        return FAIL(st, STATUS_UNIMPLEMENTED, NULL,
                    "messages are taken as they are, by gzip and by deflate");
    return STATUS_OK;
}

void rpc_call_head_end(struct rpc_call *call)
{
    struct status st = {0};

    if (call->head_bytes <= RPC_METADATA_MAX_BYTES && !call->is_post) {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "a call is a POST");
        rpc_call_refuse(call, "405", &st);
    } else if (call->head_bytes <= RPC_METADATA_MAX_BYTES && !call->is_grpc) {
        (void)FAIL(&st, STATUS_INVALID_ARGUMENT, NULL,
                   "the content-type of a call is application/grpc");
        rpc_call_refuse(call, "415", &st);
    } else if (check(call, &st) != STATUS_OK) {
        rpc_call_refuse(call, "200", &st);
    } else {
        rpc_call_begin(call);
    }
}
