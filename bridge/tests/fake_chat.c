#include "bridge/tests/fake_chat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/tests/fake_mesh.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"

enum { FLOOD_DELTA_BYTES = 16 * 1024 };

static char conversation_id[] = "c0ffeec0ffeec0ffeec0ffeec0ffee00";

static status_code check_job(const char *job_id, struct status *st)
{
    static const char *const known[] = {FAKE_DONE, FAKE_MANY, FAKE_BROKEN, FAKE_WAIT};

    if (strcmp(job_id, FAKE_PENDING) == 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE", "the job is not done yet");
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (strcmp(known[i], job_id) == 0)
            return STATUS_OK;
    return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no such job");
}

/* --- asking --- */

static status_code send_delta(struct rpc_call *call, const char *text, struct status *st)
{
    Ocrmesh__Chat__V1__AskQuestionResponse part = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__INIT;

    part.part_case = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_DELTA;
    part.delta = (char *)text;
    return rpc_call_write(call, &part, st);
}

static status_code send_answer(struct rpc_call *call, const char *text, struct status *st)
{
    Ocrmesh__Document__V1__BoundingBox box = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__BoundingBox *boxes[] = {&box};
    Ocrmesh__Chat__V1__Citation citation = OCRMESH__CHAT__V1__CITATION__INIT;
    Ocrmesh__Chat__V1__Citation *citations[] = {&citation};
    Ocrmesh__Chat__V1__Message message = OCRMESH__CHAT__V1__MESSAGE__INIT;
    Ocrmesh__Chat__V1__Answer answer = OCRMESH__CHAT__V1__ANSWER__INIT;
    Ocrmesh__Chat__V1__AskQuestionResponse part = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__INIT;

    box.x0 = 1, box.y0 = 2, box.x1 = 30, box.y1 = 40;
    citation.page = 1;
    citation.snippet = (char *)"total: 42";
    citation.block_index = 3;
    citation.bboxes = boxes, citation.n_bboxes = 1;
    message.role = OCRMESH__CHAT__V1__ROLE__ROLE_ASSISTANT;
    message.content = (char *)text;
    message.citations = citations, message.n_citations = 1;
    message.is_grounded = true;
    answer.conversation_id = conversation_id;
    answer.message = &message;
    part.part_case = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_ANSWER;
    part.answer = &answer;
    return rpc_call_write(call, &part, st);
}

static status_code fail_out_of_questions(struct status *st)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_QUESTIONS", "no question is left today");
    (void)status_add_info(st, "used", "50");
    (void)status_add_info(st, "cap", "50");
    (void)status_add_info(st, "period", "day");
    return status_add_info(st, "resets_at", "2026-12-01T00:00:00Z");
}

static status_code flood(struct rpc_call *call, struct status *st)
{
    static char delta[FLOOD_DELTA_BYTES + 1];

    memset(delta, 'x', FLOOD_DELTA_BYTES);
    for (;;)
        TRY(send_delta(call, delta, st));
}

static status_code ask_question(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const Ocrmesh__Chat__V1__AskQuestionRequest *wanted = request;
    const char *message = wanted->message;

    fake_mesh_note_call(data, call);
    TRY(check_job(wanted->job_id, st));
    if (message[0] == '\0')
        return FAIL_FIELD(st, "message", "INVALID_FIELD", "message must be 1 to 8000 bytes");
    if (strcmp(message, FAKE_CHAT_EMPTY_ACCOUNT) == 0)
        return fail_out_of_questions(st);
    if (strcmp(message, FAKE_CHAT_SILENT) == 0)
        TRY(fake_mesh_wait_at_gate(data, call, st));
    if (strcmp(message, FAKE_CHAT_FLOOD) == 0)
        return flood(call, st);
    if (strcmp(message, FAKE_CHAT_KEY) == 0)
        return send_answer(call, wanted->request_id, st);
    if (wanted->streams_deltas)
        TRY(send_delta(call, "The \"total\" ", st));
    if (strcmp(message, FAKE_CHAT_BREAKS) == 0)
        return FAIL(st, STATUS_UNAVAILABLE, "DRAINING", "the process shuts down");
    if (strcmp(message, FAKE_CHAT_GATE) == 0)
        TRY(fake_mesh_wait_at_gate(data, call, st));
    if (wanted->streams_deltas)
        TRY(send_delta(call, "is 42 (p. 1).", st));
    return send_answer(call, FAKE_CHAT_ANSWER, st);
}

/* --- the conversation --- */

/* The token is how many messages came before. */
static status_code fill_page(struct rpc_call *call, int first, int count, int all, size_t bytes,
                             Ocrmesh__Chat__V1__GetConversationResponse *page, struct status *st)
{
    struct arena *arena = rpc_call_arena(call);
    Ocrmesh__Chat__V1__Message *messages;
    char *text = arena_alloc(arena, bytes + 1);

    if (first + count > all)
        count = all - first;
    messages = ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Message, (size_t)count + 1);
    page->messages = ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Message *, (size_t)count + 1);
    if (text == NULL || messages == NULL || page->messages == NULL)
        return FAIL_MEMORY(st);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    for (int i = 0; i < count; i++) {
        ocrmesh__chat__v1__message__init(&messages[i]);
        messages[i].role = (first + i) % 2 == 0 ? OCRMESH__CHAT__V1__ROLE__ROLE_USER
                                                : OCRMESH__CHAT__V1__ROLE__ROLE_ASSISTANT;
        messages[i].content = bytes > 0 ? text : arena_printf(arena, "message %d", first + i);
        page->messages[page->n_messages++] = &messages[i];
    }
    page->conversation_id = conversation_id;
    if (first + count < all)
        page->next_page_token = arena_printf(arena, "%d", first + count);
    return STATUS_OK;
}

static status_code get_conversation(struct rpc_call *call, const void *request, void *response,
                                    void *data, struct status *st)
{
    const Ocrmesh__Chat__V1__GetConversationRequest *wanted = request;
    int first = (int)strtol(wanted->page_token, NULL, 10);

    fake_mesh_note_call(data, call);
    TRY(check_job(wanted->job_id, st));
    if (strcmp(wanted->job_id, FAKE_WAIT) == 0)
        return STATUS_OK;
    if (strcmp(wanted->job_id, FAKE_MANY) == 0)
        return fill_page(call, first, wanted->page_size, FAKE_CHAT_MANY_MESSAGES,
                         FAKE_CHAT_MANY_BYTES, response, st);
    if (strcmp(wanted->job_id, FAKE_BROKEN) == 0 && first > 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "the store broke");
    return fill_page(call, first, wanted->page_size, FAKE_CHAT_MESSAGES,
                     strcmp(wanted->job_id, FAKE_BROKEN) == 0 ? FAKE_CHAT_MANY_BYTES : 0, response,
                     st);
}

static status_code delete_conversation(struct rpc_call *call, const void *request, void *response,
                                       void *data, struct status *st)
{
    const Ocrmesh__Chat__V1__DeleteConversationRequest *wanted = request;

    fake_mesh_note_call(data, call);
    return check_job(wanted->job_id, st);
}

struct rpc_service fake_chat_service(struct fake_mesh *mesh)
{
    static const struct rpc_handler handlers[] = {
        {"AskQuestion", RPC_SERVER_STREAM, ask_question},
        {"GetConversation", RPC_UNARY, get_conversation},
        {"DeleteConversation", RPC_UNARY, delete_conversation},
    };

    return (struct rpc_service){&ocrmesh__chat__v1__chat_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), mesh};
}
