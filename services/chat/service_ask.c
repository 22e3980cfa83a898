/* AskQuestion: from the question to the stored answer. */

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/mesh/billing_client.h"
#include "lib/mesh/document.h"
#include "services/chat/answer/answer.h"
#include "services/chat/ask.h"
#include "services/chat/chat_message.h"
#include "services/chat/metrics.h"
#include "services/chat/model/model.h"
#include "services/chat/service_handlers.h"
#include "services/chat/store_conversation.h"

enum {
    QUESTION_TIMEOUT_MS = 180000, /* all of it: indexing, the model, the pages */
    SPEND_ID_SIZE = 2 * crypto_generichash_BYTES + 1,
};

/* One question under way. */
struct asking {
    const struct chat_service *service;
    struct rpc_call *call;
    const Ocrmesh__Chat__V1__AskQuestionRequest *wanted;
    struct service_caller caller;
    struct service_job job;
    const char *request_id;
    /* Pages that citations name live in these. */
    struct document *documents[ANSWER_CITATIONS_MAX];
    size_t document_count;
};

static void asking_deinit(struct asking *asking)
{
    for (size_t i = 0; i < asking->document_count; i++)
        document_free(asking->documents[i]);
}

static struct conversation_key key_of(const struct asking *asking)
{
    return (struct conversation_key){asking->job.id, asking->caller.account_id};
}

/* --- the answer's way out --- */

/* An ask's function, too. */
static bool send_delta(void *arg, struct str piece)
{
    const struct asking *asking = arg;
    Ocrmesh__Chat__V1__AskQuestionResponse message = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__INIT;
    struct status st = {0};

    message.part_case = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_DELTA;
    message.delta = arena_strndup(rpc_call_arena(asking->call), piece.p, piece.n);
    return message.delta != NULL && rpc_call_write(asking->call, &message, &st) == STATUS_OK;
}

static status_code send_answer(const struct asking *asking, const struct stored_turn *turn,
                               bool is_replayed, struct status *st)
{
    Ocrmesh__Chat__V1__Answer answer = OCRMESH__CHAT__V1__ANSWER__INIT;
    Ocrmesh__Chat__V1__AskQuestionResponse message = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__INIT;

    answer.conversation_id = (char *)turn->conversation_id;
    answer.is_replayed = is_replayed;
    TRY(chat_message_make(&turn->answer, rpc_call_arena(asking->call), &answer.message, st));
    message.part_case = OCRMESH__CHAT__V1__ASK_QUESTION_RESPONSE__PART_ANSWER;
    message.answer = &answer;
    return rpc_call_write(asking->call, &message, st);
}

/* The answer that the request id has already, in the place of a new one. */
static status_code replay(const struct asking *asking, const struct stored_turn *turn,
                          struct status *st)
{
    if (!str_equal(turn->question.content, str_of(asking->wanted->message)))
        return FAIL_FIELD(st, "request_id", "IDEMPOTENCY_KEY_REUSED",
                          "this request id was given to another question");
    metrics_replay(asking->service->metrics);
    return send_answer(asking, turn, true, st);
}

/* --- asking --- */

/*
 * The id under which billing counts the question: of account, job, question and request id
 * together, so that a request id never makes another question free.
 */
static void make_spend_id(const struct asking *asking, char ret_id[static SPEND_ID_SIZE])
{
    const char *const parts[] = {asking->job.id, asking->request_id, asking->wanted->message};
    unsigned char hash[crypto_generichash_BYTES];
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) /* with their zeros, which part them */
        (void)crypto_generichash_update(&state, (const unsigned char *)parts[i],
                                        strlen(parts[i]) + 1);
    (void)crypto_generichash_final(&state, hash, sizeof(hash));
    (void)sodium_bin2hex(ret_id, SPEND_ID_SIZE, hash, sizeof(hash));
}

/* An ask's function: only the pages that are cited are read whole. */
static status_code read_page(void *arg, uint32_t page_index, struct arena *arena,
                             const Ocrmesh__Document__V1__Page **ret_page, struct status *st)
{
    struct asking *asking = arg;
    struct document *document = NULL;

    (void)arena;
    if (asking->document_count == ARRAY_LENGTH(asking->documents))
        return FAIL(st, STATUS_INTERNAL, NULL, "an answer cites too many pages");
    TRY(document_open(asking->service->ocr, &asking->caller.options, asking->job.id,
                      &(struct document_part){.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
                                              .first_page_index = page_index,
                                              .page_limit = 1},
                      &document, st));
    asking->documents[asking->document_count++] = document;
    return document_next_page(document, ret_page, st);
}

/* An ask's function. */
static status_code check_wanted(void *arg, struct status *st)
{
    const struct asking *asking = arg;

    if (time_mono() >= asking->caller.options.deadline)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the answer was not ready in time");
    if (rpc_call_is_cancelled(asking->call))
        return FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
    return STATUS_OK;
}

/* The latest turns, oldest first. */
static status_code read_turns(const struct asking *asking, const struct turn **ret_turns,
                              size_t *ret_count, struct status *st)
{
    struct arena *arena = rpc_call_arena(asking->call);
    const struct conversation_key key = key_of(asking);
    struct turn *turns = ARENA_NEW_ARRAY(arena, struct turn, QUESTION_TURNS_MAX);
    const struct message *messages;
    size_t count, filled = 0;

    if (turns == NULL)
        return FAIL_MEMORY(st);
    TRY(store_messages_latest(asking->service->db, service_deadline(asking->call), &key,
                              2 * QUESTION_TURNS_MAX, arena, &messages, &count, st));
    for (size_t i = 0; i + 1 < count; i += 2)
        turns[filled++] = (struct turn){messages[i].content, messages[i + 1].content};
    *ret_turns = turns;
    *ret_count = filled;
    return STATUS_OK;
}

static void interrupt_model(void *arg)
{
    chat_model_caller_interrupt(arg);
}

/* With the model, where there is one, that a caller who leaves interrupts. */
static status_code ask_interruptibly(struct asking *asking, struct ask *ask,
                                     struct message *ret_answer, int64_t *ret_dropped,
                                     struct status *st)
{
    _cleanup_(chat_model_caller_freep) struct chat_model_caller *caller = NULL;

    if (asking->service->model == NULL)
        return ask_answer(ask, rpc_call_arena(asking->call), ret_answer, ret_dropped, st);
    TRY(chat_model_caller_new(asking->service->model, &caller, st));
    ask->model = caller;
    rpc_call_on_cancel(asking->call, interrupt_model, caller);
    status_code code = ask_answer(ask, rpc_call_arena(asking->call), ret_answer, ret_dropped, st);
    rpc_call_on_cancel(asking->call, NULL, NULL);
    return code;
}

static status_code make_answer(struct asking *asking, const struct turn *turns, size_t turn_count,
                               struct message *ret_answer, struct status *st)
{
    _cleanup_(cached_document_unrefp) struct cached_document *document = NULL;
    struct ask ask = {
        .text = str_of(asking->wanted->message),
        .turns = turns,
        .turn_count = turn_count,
        .deadline_ns = asking->caller.options.deadline,
        .read_page = read_page,
        .on_delta = asking->wanted->streams_deltas ? send_delta : NULL,
        .check_wanted = check_wanted,
        .arg = asking,
    };
    int64_t dropped;

    TRY(service_load_document(asking->service, &asking->caller, &asking->job, &document, st));
    ask.index = cached_document_index(document);
    ask.meaning = asking->service->meaning;
    ask.document = document;
    ask.account_id = asking->caller.account_id;
    TRY(ask_interruptibly(asking, &ask, ret_answer, &dropped, st));
    metrics_citations_dropped(asking->service->metrics, dropped);
    return STATUS_OK;
}

/* A question that was not asked under its request id before. */
static status_code answer_new(struct asking *asking, struct status *st)
{
    const struct chat_service *service = asking->service;
    const struct message question = {
        .role = MESSAGE_QUESTION,
        .content = str_of(asking->wanted->message),
    };
    const int64_t start = time_mono();
    struct message answer;
    struct turn_to_store turn = {
        .key = key_of(asking),
        .expire_time = asking->job.expire_time,
        .request_id = asking->request_id,
        .question = &question,
        .answer = &answer,
    };
    struct stored_turn stored;
    char spend_id[SPEND_ID_SIZE];
    const struct turn *turns = NULL;
    size_t turn_count = 0;
    bool is_replayed;

    TRY(read_turns(asking, &turns, &turn_count, st));
    make_spend_id(asking, spend_id);
    TRY(billing_client_spend_question(service->billing, asking->call, &asking->caller.identity,
                                      asking->caller.account_id, spend_id, st));
    TRY(make_answer(asking, turns, turn_count, &answer, st));
    TRY(store_turn_add(service->db, service_deadline(asking->call), &turn,
                       rpc_call_arena(asking->call), &stored, &is_replayed, st));
    if (is_replayed) /* another call with the same request id was faster */
        return replay(asking, &stored, st);
    metrics_answer(service->metrics, &stored.answer, time_mono() - start);
    return send_answer(asking, &stored, false, st);
}

static status_code check_request(struct asking *asking, struct status *st)
{
    const Ocrmesh__Chat__V1__AskQuestionRequest *wanted = asking->wanted;
    char made_up[RANDOM_ID_SIZE];

    TRY(service_check_question("message", wanted->message, st));
    asking->request_id = wanted->request_id;
    if (wanted->request_id[0] == '\0') {
        random_id(made_up);
        asking->request_id = arena_strdup(rpc_call_arena(asking->call), made_up);
        return asking->request_id == NULL ? FAIL_MEMORY(st) : STATUS_OK;
    }
    return service_check_request_id(wanted->request_id, st);
}

status_code service_ask_question(struct rpc_call *call, const void *request, void *response,
                                 void *data, struct status *st)
{
    _cleanup_(asking_deinit) struct asking asking = {
        .service = data,
        .call = call,
        .wanted = request,
    };
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    const struct chat_service *service = data;
    const struct stored_turn *found = NULL;
    struct conversation_key key;

    TRY(service_identify(service, call, &asking.caller, st));
    asking.caller.options.deadline = rpc_call_deadline_within(call, QUESTION_TIMEOUT_MS);
    TRY(check_request(&asking, st));
    TRY(gate_enter(service->questions_gate, asking.caller.key, &pass, st));
    TRY(service_find_done_job(service, call, &asking.caller, asking.wanted->job_id, &asking.job,
                              st));
    key = key_of(&asking);
    TRY(store_turn_find(service->db, service_deadline(call), &key, asking.request_id,
                        rpc_call_arena(call), &found, st));
    return found != NULL ? replay(&asking, found, st) : answer_new(&asking, st);
}
