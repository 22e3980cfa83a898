/*
 * POST /api/v1/chat/<uuid>/: a question about a document, answered whole or, for "Accept:
 * text/event-stream", as it is written (API: B23, B24).
 *
 * Events: "delta" {"content"} with the next piece of the answer, then "message" with what the
 * answer would be without streaming, or "error" with the body of an error where it fails midway. A
 * failure before the first event is an error answer like any other.
 */

#include "bridge/bridge.h"
#include "bridge/chat_json.h"
#include "bridge/http/error.h"
#include "bridge/http/event_stream.h"
#include "bridge/http/json_write.h"
#include "bridge/idempotency_key.h"
#include "bridge/json_answer.h"
#include "bridge/json_body.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"

enum { ANSWER_TIMEOUT_MS = 180000 }; /* a model may be slow */

struct question {
    struct upstream *upstream;
    bool is_streamed;
    struct event_stream events;
    bool waits_for_room;
};

static const struct rpc_method ask_question = {&ocrmesh__chat__v1__chat_service__descriptor,
                                               "AskQuestion", RPC_SERVER_STREAM};

static void fail(struct exchange *exchange, struct question *question, const struct status *st)
{
    if (question->is_streamed)
        event_stream_fail(&question->events, st);
    else
        error_respond(exchange, st);
}

/* --- the answer --- */

static bool write_answer(struct buf *out, const Ocrmesh__Chat__V1__Answer *answer)
{
    return json_write_begin_object(out) &&
           json_member_string(out, "conversation", answer->conversation_id) &&
           json_write_name(out, "message") && chat_json_write_message(out, answer->message) &&
           json_write_end_object(out);
}

static void take_answer(struct exchange *exchange, struct question *question,
                        const Ocrmesh__Chat__V1__Answer *answer)
{
    struct status st = {0};
    struct buf body;

    upstream_release(TAKE(question->upstream));
    if (answer->is_replayed) /* API: B16 */
        exchange_add_header(exchange, "idempotent-replayed", "true");
    buf_init(&body, CHAT_JSON_MAX_BYTES);
    bool is_written = answer->message != NULL && write_answer(&body, answer);
    if (!question->is_streamed) {
        json_answer(exchange, HTTP_STATUS_OK, is_written, &body);
        return;
    }
    if (is_written) {
        (void)event_stream_send(&question->events, "message", NULL, buf_str(&body));
        event_stream_end(&question->events);
    } else {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service's answer does not make sense");
        fail(exchange, question, &st);
    }
    buf_deinit(&body);
}

/* False: the client takes no more at the moment. */
static bool pass_on(struct question *question, const char *delta)
{
    struct buf body;

    buf_init(&body, CHAT_JSON_MAX_BYTES);
    bool has_room = !json_write_begin_object(&body) ||
                    !json_member_string(&body, "content", delta) || !json_write_end_object(&body) ||
                    event_stream_send(&question->events, "delta", NULL, buf_str(&body));
    buf_deinit(&body);
    return has_room;
}

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Chat__V1__AskQuestionResponse *part = message;
    struct question *question = data;

    switch (part->part_case) {
    case OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_ANSWER:
        take_answer(exchange, question, part->answer);
        return;
    case OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_DELTA:
        question->waits_for_room = question->is_streamed && !pass_on(question, part->delta);
        break;
    default:
        break;
    }
    /* What was sent may have been the last that the client took. */
    if (!question->waits_for_room && !exchange_is_closed(exchange))
        upstream_read(question->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct question *question = data;
    struct status missing = {0};

    question->upstream = NULL;
    if (st->code == STATUS_OK)
        (void)FAIL(&missing, STATUS_INTERNAL, NULL, "the chat service answered nothing");
    fail(exchange, question, st->code != STATUS_OK ? st : &missing);
}

static const struct upstream_handler upstream_handler = {
    .on_message = on_message,
    .on_end = on_end,
};

/* --- the client --- */

static void on_room(struct exchange *exchange, void *data)
{
    struct question *question = data;

    if (!question->waits_for_room || question->upstream == NULL)
        return;
    question->waits_for_room = false;
    upstream_read(question->upstream);
}

static void on_timer(struct exchange *exchange, void *data)
{
    struct question *question = data;

    if (!question->waits_for_room)
        event_stream_keep_alive(&question->events);
}

static const struct exchange_handler exchange_handler = {
    .on_room = on_room,
    .on_timer = on_timer,
};

/* --- the question --- */

static status_code ask(struct exchange *exchange, const json_t *body, struct status *st)
{
    Ocrmesh__Chat__V1__AskQuestionRequest request = OCRMESH__CHAT__V1__ASK_QUESTION_REQUEST__INIT;
    struct question *question = ARENA_NEW(exchange_arena(exchange), struct question);
    const struct bridge *bridge = exchange_bridge(exchange);
    const char *text, *key;

    if (question == NULL)
        return FAIL_MEMORY(st);
    TRY(json_body_string(body, "message", &text, st));
    TRY(idempotency_key_read(exchange, &key, st));
    question->is_streamed = event_stream_is_wanted(exchange);
    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.message = (char *)text;
    request.streams_deltas = question->is_streamed;
    request.request_id = (char *)key;
    TRY(upstream_ask(exchange, bridge->chat, &ask_question, ANSWER_TIMEOUT_MS, &request,
                     &upstream_handler, question, &question->upstream, st));
    exchange_set_handler(exchange, &exchange_handler, question);
    if (question->is_streamed)
        event_stream_start(&question->events, exchange, bridge->settings->events_keep_alive_ms);
    return STATUS_OK;
}

static void on_json(struct exchange *exchange, const json_t *body)
{
    struct status st = {0};

    if (ask(exchange, body, &st) != STATUS_OK)
        error_respond(exchange, &st);
}

void chat_ask(struct exchange *exchange)
{
    json_body_read(exchange, on_json);
}
