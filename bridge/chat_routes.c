/*
 * POST /api/v1/chat/<uuid>/ and the conversation's history (API: B23, B24).
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_body.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/base/random.h"
#include "lib/rpc/timestamp.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"

enum {
    CHAT_BODY_MAX = 8 << 20,  /* one message of 1 MiB, escaped */
    CHAT_TIMEOUT_MS = 180000, /* of an answer: a model may be slow */
    HISTORY_MESSAGES_MAX = 200,
};

static const struct rpc_method ask_question = {&ocrmesh__chat__v1__chat_service__descriptor,
                                               "AskQuestion", RPC_SERVER_STREAM};
static const struct rpc_method get_conversation = {&ocrmesh__chat__v1__chat_service__descriptor,
                                                   "GetConversation", RPC_UNARY};
static const struct rpc_method delete_conversation = {&ocrmesh__chat__v1__chat_service__descriptor,
                                                      "DeleteConversation", RPC_UNARY};

static bool write_boxes(struct buf *out, const Ocrmesh__Chat__V1__Citation *citation)
{
    if (!json_write_name(out, "bbox") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < citation->n_bboxes; i++) {
        const Ocrmesh__Document__V1__BoundingBox *box = citation->bboxes[i];

        if (!json_write_begin_array(out) || !json_write_integer(out, box->x0) ||
            !json_write_integer(out, box->y0) || !json_write_integer(out, box->x1) ||
            !json_write_integer(out, box->y1) || !json_write_end_array(out))
            return false;
    }
    return json_write_end_array(out);
}

static bool write_citations(struct buf *out, const Ocrmesh__Chat__V1__Message *message)
{
    if (!json_write_name(out, "citations") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < message->n_citations; i++) {
        const Ocrmesh__Chat__V1__Citation *citation = message->citations[i];

        if (!json_write_begin_object(out) || !json_write_name(out, "page") ||
            !json_write_integer(out, citation->page) || !json_write_name(out, "snippet") ||
            !json_write_string(out, str_of(citation->snippet)) || !write_boxes(out, citation) ||
            !json_write_name(out, "block") || !json_write_integer(out, citation->block_index) ||
            !json_write_end_object(out))
            return false;
    }
    return json_write_end_array(out);
}

static bool write_message(struct buf *out, const Ocrmesh__Chat__V1__Message *message)
{
    bool is_assistant = message->role == OCRMESH__CHAT__V1__ROLE__ROLE_ASSISTANT;
    const Google__Protobuf__Timestamp *time = message->create_time;

    return json_write_begin_object(out) && json_write_name(out, "role") &&
           json_write_string(out, str_of(is_assistant ? "assistant" : "user")) &&
           json_write_name(out, "content") && json_write_string(out, str_of(message->content)) &&
           write_citations(out, message) &&
           (!is_assistant ||
            (json_write_name(out, "grounded") && json_write_boolean(out, message->is_grounded))) &&
           json_write_name(out, "created_at") &&
           (time == NULL ? json_write_null(out) : json_write_time(out, rpc_timestamp_ns(time))) &&
           json_write_end_object(out);
}

static void respond(struct exchange *exchange, bool is_written, struct buf *body)
{
    struct status st = {0};

    if (is_written && buf_append_char(body, '\n')) {
        exchange_respond_json(exchange, HTTP_STATUS_OK, buf_str(body));
    } else {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the conversation does not fit into its answer");
        error_respond(exchange, &st);
    }
    buf_deinit(body);
}

/* --- ask --- */

struct question {
    struct upstream *upstream;
};

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Chat__V1__AskQuestionResponse *part = message;
    struct question *question = data;
    struct buf body;

    if (part->part_case != OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_ANSWER ||
        part->answer->message == NULL) {
        upstream_read(question->upstream);
        return;
    }
    upstream_release(TAKE(question->upstream));
    buf_init(&body, CHAT_BODY_MAX);
    bool is_written = json_write_begin_object(&body) && json_write_name(&body, "conversation") &&
                      json_write_string(&body, str_of(part->answer->conversation_id)) &&
                      json_write_name(&body, "message") &&
                      write_message(&body, part->answer->message) && json_write_end_object(&body);
    respond(exchange, is_written, &body);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct status missing = {0};

    if (st->code == STATUS_OK)
        (void)FAIL(&missing, STATUS_INTERNAL, NULL, "the chat service answered nothing");
    error_respond(exchange, st->code != STATUS_OK ? st : &missing);
}

static const struct upstream_handler question_handler = {
    .on_message = on_message,
    .on_end = on_end,
};

static status_code ask(struct exchange *exchange, const json_t *body, struct status *st)
{
    Ocrmesh__Chat__V1__AskQuestionRequest request = OCRMESH__CHAT__V1__ASK_QUESTION_REQUEST__INIT;
    struct question *question = ARENA_NEW(exchange_arena(exchange), struct question);
    /* Ours alone: an RPC that is sent again after a broken connection asks once. */
    char request_id[RANDOM_ID_SIZE];
    const char *text;

    TRY(json_body_string(body, "message", &text, st));
    if (question == NULL)
        return FAIL_MEMORY(st);
    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.message = (char *)text;
    random_id(request_id);
    request.request_id = request_id;
    return upstream_ask(exchange, exchange_bridge(exchange)->chat, &ask_question, CHAT_TIMEOUT_MS,
                        &request, &question_handler, question, &question->upstream, st);
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

/* --- history --- */

static bool write_conversation(struct buf *out,
                               const Ocrmesh__Chat__V1__GetConversationResponse *response)
{
    if (!json_write_begin_object(out) || !json_write_name(out, "conversation") ||
        !(response->conversation_id[0] != '\0'
              ? json_write_string(out, str_of(response->conversation_id))
              : json_write_null(out)) ||
        !json_write_name(out, "messages") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_messages; i++)
        if (!write_message(out, response->messages[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static void on_conversation(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;

    buf_init(&body, CHAT_BODY_MAX);
    respond(exchange, write_conversation(&body, reply), &body);
}

void chat_history_get(struct exchange *exchange)
{
    Ocrmesh__Chat__V1__GetConversationRequest request =
        OCRMESH__CHAT__V1__GET_CONVERSATION_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.page_size = HISTORY_MESSAGES_MAX;
    upstream_unary(exchange, exchange_bridge(exchange)->chat, &get_conversation, &request,
                   on_conversation, NULL);
}

static void on_forgotten(struct exchange *exchange, const void *reply, void *data)
{
    exchange_respond(exchange, HTTP_STATUS_NO_CONTENT);
    exchange_end(exchange);
}

void chat_history_delete(struct exchange *exchange)
{
    Ocrmesh__Chat__V1__DeleteConversationRequest request =
        OCRMESH__CHAT__V1__DELETE_CONVERSATION_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    upstream_unary(exchange, exchange_bridge(exchange)->chat, &delete_conversation, &request,
                   on_forgotten, NULL);
}
