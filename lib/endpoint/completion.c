#include "lib/endpoint/completion.h"

#include <stdio.h>
#include <string.h>

#include "lib/endpoint/endpoint.h"
#include "lib/http/http_client.h"

enum { VARIABLE_SIZE = 64 };

status_code completion_check(const char *prefix, const char *url, const char *model,
                             const char *key, struct status *st)
{
    char variable[VARIABLE_SIZE];

    (void)snprintf(variable, sizeof(variable), "%s_URL", prefix);
    TRY(endpoint_check_url(variable, url, st));
    if (model[0] == '\0' || strlen(model) > COMPLETION_MODEL_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "%s_MODEL must name the model, in at most %d bytes, when %s_URL is set", prefix,
                    COMPLETION_MODEL_MAX, prefix);
    (void)snprintf(variable, sizeof(variable), "%s_API_KEY", prefix);
    return endpoint_check_key(variable, key, st);
}

bool completion_url(const char *url, struct buf *ret_url)
{
    buf_init(ret_url, ENDPOINT_URL_MAX + sizeof(REPLY_PATH));
    return endpoint_append_url(ret_url, url, REPLY_PATH);
}

void completion_init(struct completion *completion)
{
    completion->text = (struct str){0};
    reply_init(&completion->reply);
}

void completion_deinit(struct completion *completion)
{
    reply_deinit(&completion->reply);
}

static void begin(void *arg)
{
    struct completion *completion = arg;

    reply_clear(&completion->reply);
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct completion *completion = arg;

    return reply_feed(&completion->reply, answer->media_type, piece);
}

static status_code end(void *arg, struct status *st)
{
    struct completion *completion = arg;

    return reply_end(&completion->reply, &completion->text, st);
}

void completion_take(struct completion *completion, struct endpoint_call *call)
{
    call->answer_max_bytes = REPLY_BODY_MAX_BYTES;
    call->begin = begin;
    call->on_body = on_body;
    call->end = end;
    call->arg = completion;
}
