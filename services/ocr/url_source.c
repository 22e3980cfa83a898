#include "services/ocr/url_source.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file_name.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"
#include "lib/rpc/server.h"

enum { CONNECT_TIMEOUT_MS = 10000, STALL_TIMEOUT_MS = 10000 };

struct fetch {
    status_code (*on_bytes)(void *arg, struct str bytes, struct status *st);
    void *arg;
    int status;            /* of an answer that has begun; 0: none has */
    struct status failure; /* of on_bytes */
};

status_code url_source_check(const struct url_source *source, const char *url, struct status *st)
{
    if (!source->is_on)
        return FAIL_FIELD(st, "url", "INVALID_FIELD",
                          "this server fetches no files; send the file in a part named \"file\"");
    if (http_guard_check_url(source->guard, url, st) != STATUS_OK)
        return status_set_field(st, "url");
    return STATUS_OK;
}

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

/* A page that tells why there is no file is none. */
static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct fetch *fetch = arg;

    fetch->status = answer->status;
    return is_success(answer->status) &&
           fetch->on_bytes(fetch->arg, piece, &fetch->failure) == STATUS_OK;
}

static void interrupt(void *client)
{
    http_client_interrupt(client);
}

static int64_t deadline(const struct url_source *source, const struct rpc_call *call)
{
    int64_t own = time_mono_after_ms(source->timeout_ms), of_call = rpc_call_deadline(call);

    return own < of_call ? own : of_call;
}

static status_code fail(const char *what, struct status *st)
{
    return FAIL_FIELD(st, "url", "URL_FAILED", "the file could not be fetched from the URL: %.160s",
                      what);
}

static status_code fail_status(int status, struct status *st)
{
    return FAIL_FIELD(st, "url", "URL_FAILED",
                      "the file could not be fetched from the URL: its server answered %d%s",
                      status,
                      status >= 300 && status <= 399 ? ", and redirects are not followed" : "");
}

static status_code judge(const struct fetch *fetch, const struct rpc_call *call, status_code code,
                         const struct status *failure, struct status *st)
{
    if (fetch->failure.code != STATUS_OK) {
        *st = fetch->failure;
        return st->code;
    }
    if (code == STATUS_CANCELLED || rpc_call_is_cancelled(call))
        return FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
    if (fetch->status != 0 && !is_success(fetch->status))
        return fail_status(fetch->status, st);
    return code == STATUS_OK ? STATUS_OK : fail(failure->message, st);
}

status_code url_source_fetch(const struct url_source *source, struct rpc_call *call,
                             const char *url,
                             status_code (*on_bytes)(void *arg, struct str bytes,
                                                     struct status *st),
                             void *arg, struct status *st)
{
    _cleanup_(http_client_freep) struct http_client *client = http_client_new();
    struct fetch fetch = {.on_bytes = on_bytes, .arg = arg};
    struct http_answer answer = {0};
    struct status failure = {0};
    struct http_pin pin;
    status_code code;

    if (client == NULL)
        return FAIL_MEMORY(st);
    code = http_guard_resolve(source->guard, url, &pin, &failure);
    if (code == STATUS_INVALID_ARGUMENT) {
        *st = failure;
        return status_set_field(st, "url");
    }
    if (code != STATUS_OK)
        return fail(failure.message, st);
    const struct http_request request = {
        .url = url,
        .pin = &pin,
        .bearer_token = "",
        .ca_file = source->ca_file,
        .times = {.connect_ms = CONNECT_TIMEOUT_MS,
                  .first_byte_ms = source->timeout_ms,
                  .stall_ms = STALL_TIMEOUT_MS,
                  .deadline_ns = deadline(source, call)},
        .body_max_bytes = SIZE_MAX, /* on_bytes has the limit */
        .on_body = on_body,
        .arg = &fetch,
    };
    rpc_call_on_cancel(call, interrupt, client);
    code = http_client_get(client, &request, &answer, &failure);
    rpc_call_on_cancel(call, NULL, NULL);
    if (code == STATUS_OK)
        fetch.status = answer.status;
    return judge(&fetch, call, code, &failure, st);
}

const char *url_source_file_name(const char *url, struct arena *arena)
{
    const char *start = strstr(url, "://");
    const char *path = start == NULL ? NULL : strchr(start + 3, '/');

    if (path == NULL)
        return "";
    return file_name_clean((struct str){path, strcspn(path, "?#")}, arena);
}
