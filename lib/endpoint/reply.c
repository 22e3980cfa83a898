#include "lib/endpoint/reply.h"

#include <string.h>

#include <jansson.h>

#include "lib/endpoint/repetition.h"

enum {
    /* Looked at for loops each time when so much has come. */
    LOOP_CHECK_BYTES = 1024,
};

void reply_init(struct reply *reply)
{
    *reply = (struct reply){0};
    sse_init(&reply->events, REPLY_EVENT_MAX_BYTES);
    buf_init(&reply->whole, REPLY_TEXT_MAX_BYTES * 2);
    buf_init(&reply->text, REPLY_TEXT_MAX_BYTES);
}

void reply_deinit(struct reply *reply)
{
    sse_deinit(&reply->events);
    buf_deinit(&reply->whole);
    buf_deinit(&reply->text);
}

void reply_clear(struct reply *reply)
{
    reply_deinit(reply);
    reply_init(reply);
}

/* False, with the fault. */
static bool fail(struct reply *reply, reply_fault fault)
{
    reply->fault = fault;
    return false;
}

static bool take_text(struct reply *reply, const json_t *content)
{
    if (content == NULL || json_is_null(content))
        return true;
    if (!json_is_string(content))
        return fail(reply, REPLY_MALFORMED);
    /* jansson has checked that it is UTF-8. */
    if (!buf_append(&reply->text, json_string_value(content), json_string_length(content)))
        return fail(reply, REPLY_TOO_LONG);
    if (reply->text.length - reply->text_checked < LOOP_CHECK_BYTES)
        return true;
    reply->text_checked = reply->text.length;
    return !repetition_is_at_end(buf_str(&reply->text)) || fail(reply, REPLY_LOOPS);
}

static int64_t tokens_of(const json_t *usage, const char *name)
{
    json_int_t tokens = json_integer_value(json_object_get(usage, name));

    return tokens > 0 && tokens <= REPLY_TOKENS_MAX ? tokens : 0;
}

/* Some servers repeat it in each chunk: the last one counts. */
static void take_usage(struct reply *reply, const json_t *usage)
{
    if (!json_is_object(usage))
        return;
    reply->prompt_tokens = tokens_of(usage, "prompt_tokens");
    reply->completion_tokens = tokens_of(usage, "completion_tokens");
}

/* @message: the name of the member that holds the text: "delta" in streams, "message" else. */
static bool take_completion(struct reply *reply, const json_t *completion, const char *message)
{
    if (!json_is_object(completion))
        return fail(reply, REPLY_MALFORMED);
    const json_t *error = json_object_get(completion, "error");
    if (error != NULL && !json_is_null(error))
        return fail(reply, REPLY_ERROR);
    take_usage(reply, json_object_get(completion, "usage"));
    const json_t *choices = json_object_get(completion, "choices");
    if (choices == NULL || !json_is_array(choices))
        return fail(reply, REPLY_MALFORMED);
    if (json_array_size(choices) == 0) /* a chunk that only counts tokens */
        return true;
    const json_t *choice = json_array_get(choices, 0);
    const json_t *reason = json_object_get(choice, "finish_reason");
    if (json_is_string(reason)) {
        reply->is_stopped = strcmp(json_string_value(reason), "stop") == 0;
        reply->is_cut = !reply->is_stopped;
    }
    return take_text(reply, json_object_get(json_object_get(choice, message), "content"));
}

static bool on_event(void *arg, struct str data)
{
    struct reply *reply = arg;

    if (str_equal(str_trim(data), STR("[DONE]"))) {
        reply->is_done = true;
        return false;
    }
    json_auto_t *chunk = json_loadb(data.p, data.n, 0, NULL);
    return take_completion(reply, chunk, "delta");
}

bool reply_feed(struct reply *reply, const char *media_type, struct str piece)
{
    reply->is_stream = strcmp(media_type, "text/event-stream") == 0;
    if (!reply->is_stream && strcmp(media_type, "application/json") != 0)
        return fail(reply, REPLY_MALFORMED);
    if (!reply->is_stream)
        return buf_append(&reply->whole, piece.p, piece.n) || fail(reply, REPLY_TOO_LONG);
    if (sse_feed(&reply->events, piece, on_event, reply))
        return true;
    if (!reply->is_done && reply->fault == REPLY_FINE) /* an event over its limit */
        (void)fail(reply, REPLY_TOO_LONG);
    return false;
}

static void take_whole(struct reply *reply)
{
    json_auto_t *completion = json_loadb(buf_str(&reply->whole).p, reply->whole.length, 0, NULL);

    (void)take_completion(reply, completion, "message");
}

status_code reply_end(struct reply *reply, struct str *ret_text, struct status *st)
{
    if (!reply->is_stream && reply->fault == REPLY_FINE)
        take_whole(reply);
    if (reply->fault == REPLY_FINE && repetition_is_at_end(buf_str(&reply->text)))
        reply->fault = REPLY_LOOPS;
    switch (reply->fault) {
    case REPLY_MALFORMED:
        return FAIL(st, STATUS_DATA_LOSS, NULL, "its answer is malformed");
    case REPLY_ERROR:
        return FAIL(st, STATUS_INTERNAL, NULL, "it answered with an error");
    case REPLY_TOO_LONG:
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "its answer is too long");
    case REPLY_LOOPS:
        return FAIL(st, STATUS_ABORTED, NULL, "it repeated itself without end");
    case REPLY_FINE:
        break;
    }
    if (reply->is_cut || (reply->is_stream && !reply->is_stopped && !reply->is_done))
        return FAIL(st, STATUS_DATA_LOSS, NULL, "its answer was cut short");
    *ret_text = buf_str(&reply->text);
    return STATUS_OK;
}
