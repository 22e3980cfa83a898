/*
 * GET and DELETE /api/v1/chat/<uuid>/history/ (API: B23, B24).
 *
 * The service gives a conversation in pages. They are passed on one after the other, as fast as the
 * client takes them, as one body.
 */

#include "bridge/bridge.h"
#include "bridge/chat_json.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"

enum { HISTORY_PAGE_MESSAGES = 200 };

static const struct rpc_method get_conversation = {&ocrmesh__chat__v1__chat_service__descriptor,
                                                   "GetConversation", RPC_UNARY};
static const struct rpc_method delete_conversation = {&ocrmesh__chat__v1__chat_service__descriptor,
                                                      "DeleteConversation", RPC_UNARY};

struct history {
    bool has_begun;
    bool has_message;
    struct buf page_token; /* of the next page; empty: there is none */
    bool waits_for_room;
};

enum { PAGE_TOKEN_MAX_BYTES = 1024 };

static void ask(struct exchange *exchange, struct history *history);

/* --- a page --- */

/* What comes before the first message. */
static bool write_beginning(struct buf *out, const char *conversation_id)
{
    return json_write_begin_object(out) && json_write_name(out, "conversation") &&
           (conversation_id[0] != '\0' ? json_write_string(out, str_of(conversation_id))
                                       : json_write_null(out)) &&
           json_write_name(out, "messages") && json_write_begin_array(out);
}

static bool write_page(struct buf *out, struct history *history,
                       const Ocrmesh__Chat__V1__GetConversationResponse *page)
{
    if (!history->has_begun && !write_beginning(out, page->conversation_id))
        return false;
    history->has_begun = true;
    for (size_t i = 0; i < page->n_messages; i++) {
        /* The writer sees no further back than this page. */
        if (i == 0 && history->has_message && !buf_append_char(out, ','))
            return false;
        history->has_message = true;
        if (!chat_json_write_message(out, page->messages[i]))
            return false;
    }
    buf_clear(&history->page_token);
    if (page->next_page_token[0] != '\0')
        return buf_append_str(&history->page_token, page->next_page_token);
    return buf_append_str(out, "]}\n");
}

static void on_page(struct exchange *exchange, const void *reply, void *data)
{
    struct history *history = data;
    struct status st = {0};
    struct buf out;

    buf_init(&out, CHAT_JSON_MAX_BYTES);
    if (write_page(&out, history, reply)) {
        history->waits_for_room = !exchange_write(exchange, buf_str(&out));
        if (history->page_token.length == 0)
            exchange_end(exchange);
        else if (!history->waits_for_room)
            ask(exchange, history);
    } else {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service's answer does not make sense");
        error_respond(exchange, &st);
    }
    buf_deinit(&out);
}

static void ask(struct exchange *exchange, struct history *history)
{
    Ocrmesh__Chat__V1__GetConversationRequest request =
        OCRMESH__CHAT__V1__GET_CONVERSATION_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    request.page_size = HISTORY_PAGE_MESSAGES;
    if (history->page_token.length > 0)
        request.page_token = history->page_token.data;
    upstream_unary(exchange, exchange_bridge(exchange)->chat, &get_conversation, &request, on_page,
                   history);
}

/* --- the client --- */

static void on_room(struct exchange *exchange, void *data)
{
    struct history *history = data;

    if (!history->waits_for_room || history->page_token.length == 0)
        return;
    history->waits_for_room = false;
    ask(exchange, history);
}

static void on_close(struct exchange *exchange, void *data)
{
    struct history *history = data;

    buf_deinit(&history->page_token);
}

static const struct exchange_handler exchange_handler = {
    .on_room = on_room,
    .on_close = on_close,
};

void chat_history_get(struct exchange *exchange)
{
    struct history *history = ARENA_NEW(exchange_arena(exchange), struct history);
    struct status st = {0};

    if (history == NULL) {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
        return;
    }
    buf_init(&history->page_token, PAGE_TOKEN_MAX_BYTES);
    exchange_set_handler(exchange, &exchange_handler, history);
    exchange_add_header(exchange, "content-type", "application/json");
    exchange_respond(exchange, HTTP_STATUS_OK);
    ask(exchange, history);
}

/* --- delete --- */

static void on_deleted(struct exchange *exchange, const void *reply, void *data)
{
    json_answer_nothing(exchange);
}

void chat_history_delete(struct exchange *exchange)
{
    Ocrmesh__Chat__V1__DeleteConversationRequest request =
        OCRMESH__CHAT__V1__DELETE_CONVERSATION_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    upstream_unary(exchange, exchange_bridge(exchange)->chat, &delete_conversation, &request,
                   on_deleted, NULL);
}
