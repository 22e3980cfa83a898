#include "services/chat/model/model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"
#include "lib/endpoint/completion.h"
#include "lib/endpoint/endpoint.h"
#include "lib/endpoint/reply.h"
#include "lib/http/http_client.h"
#include "services/chat/model/answer_writer.h"
#include "services/chat/model/prompt.h"

enum {
    IDLE_CLIENTS_MAX = 16, /* connections that wait for the next caller */
    ANSWER_TOKENS_SHARE = 2,
};

/* How a question ended, in metrics. */
typedef enum {
    END_ANSWERED,
    END_REFUSED,
    END_CUT,    /* answered, by what had come until it broke off */
    END_FAILED, /* without an answer */
    END_CANCELLED,
    ENDS,
} question_end;

static const char *const end_names[ENDS] = {
    [END_ANSWERED] = "answered", [END_REFUSED] = "refused",     [END_CUT] = "cut",
    [END_FAILED] = "failed",     [END_CANCELLED] = "cancelled",
};

static const char *const verdict_names[CLAIM_VERDICTS] = {
    [CLAIM_HOLDS] = "holds",
    [CLAIM_QUOTED] = "quoted",
    [CLAIM_FOUND] = "found",
    [CLAIM_UNCITED] = "uncited",
    [CLAIM_UNKNOWN_PASSAGE] = "unknown_passage",
    [CLAIM_WRONG_QUOTE] = "wrong_quote",
    [CLAIM_UNSUPPORTED] = "unsupported",
    [CLAIM_FOREIGN_MARKUP] = "foreign_markup",
};

struct chat_model {
    struct chat_model_settings settings;
    struct buf url; /* of the call */
    struct endpoint *endpoint;
    pthread_mutex_t lock;
    struct http_client *idle[IDLE_CLIENTS_MAX];
    size_t idle_count;
    atomic_llong ends[ENDS];
    atomic_llong verdicts[CLAIM_VERDICTS];
    atomic_llong prompt_tokens;
    atomic_llong completion_tokens;
};

struct chat_model_caller {
    struct chat_model *model;
    struct http_client *client;
    struct reply reply;
    struct answer_writer *writer; /* of the answer that is being written */
    size_t text_taken;            /* bytes of the reply's text that it has had */
};

/* --- settings --- */

static status_code check_settings(const struct chat_model_settings *settings, struct status *st)
{
    TRY(completion_check("CHAT_LLM", settings->url, settings->model, settings->endpoint.api_key,
                         st));
    if (settings->answer_tokens > settings->context_tokens / ANSWER_TOKENS_SHARE)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "CHAT_LLM_TOKENS must be at most half of CHAT_LLM_CONTEXT_TOKENS");
    return STATUS_OK;
}

status_code chat_model_new(const struct chat_model_settings *settings,
                           struct chat_model **ret_model, struct status *st)
{
    if (settings->url[0] == '\0') {
        *ret_model = NULL;
        return STATUS_OK;
    }
    TRY(check_settings(settings, st));
    _cleanup_(chat_model_freep) struct chat_model *model = calloc(1, sizeof(*model));
    if (model == NULL)
        return FAIL_MEMORY(st);
    model->settings = *settings;
    pthread_mutex_init(&model->lock, NULL);
    model->settings.endpoint.name = "llm";
    model->endpoint = endpoint_new(&model->settings.endpoint);
    if (!completion_url(settings->url, &model->url) || model->endpoint == NULL)
        return FAIL_MEMORY(st);
    *ret_model = TAKE(model);
    return STATUS_OK;
}

void chat_model_free(struct chat_model *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < model->idle_count; i++)
        http_client_free(model->idle[i]);
    endpoint_free(model->endpoint);
    buf_deinit(&model->url);
    pthread_mutex_destroy(&model->lock);
    free(model);
}

void chat_model_write_metrics(struct chat_model *model, struct buf *out)
{
    endpoint_write_metrics(out, &model->endpoint, 1);
    prometheus_head(out, "ocrmesh_chat_model_questions_total", "counter",
                    "Questions that the language model was asked, by how they ended.");
    for (size_t i = 0; i < ENDS; i++)
        prometheus_integer(out, atomic_load(&model->ends[i]),
                           "ocrmesh_chat_model_questions_total{end=\"%s\"}", end_names[i]);
    prometheus_head(out, "ocrmesh_chat_model_sentences_total", "counter",
                    "Sentences that the language model wrote, by what became of them.");
    for (size_t i = 0; i < CLAIM_VERDICTS; i++)
        prometheus_integer(out, atomic_load(&model->verdicts[i]),
                           "ocrmesh_chat_model_sentences_total{verdict=\"%s\"}", verdict_names[i]);
    prometheus_head(out, "ocrmesh_chat_model_tokens_total", "counter",
                    "Tokens, as the language model's server counts them.");
    prometheus_integer(out, atomic_load(&model->prompt_tokens),
                       "ocrmesh_chat_model_tokens_total{of=\"prompt\"}");
    prometheus_integer(out, atomic_load(&model->completion_tokens),
                       "ocrmesh_chat_model_tokens_total{of=\"completion\"}");
}

/* --- callers --- */

static struct http_client *take_client(struct chat_model *model)
{
    struct http_client *client = NULL;

    pthread_mutex_lock(&model->lock);
    if (model->idle_count > 0)
        client = model->idle[--model->idle_count];
    pthread_mutex_unlock(&model->lock);
    return client == NULL ? http_client_new() : client;
}

static void give_client(struct chat_model *model, struct http_client *client)
{
    if (client == NULL)
        return;
    http_client_reset(client);
    pthread_mutex_lock(&model->lock);
    if (model->idle_count < IDLE_CLIENTS_MAX)
        model->idle[model->idle_count++] = TAKE(client);
    pthread_mutex_unlock(&model->lock);
    http_client_free(client);
}

status_code chat_model_caller_new(struct chat_model *model, struct chat_model_caller **ret_caller,
                                  struct status *st)
{
    struct chat_model_caller *caller = calloc(1, sizeof(*caller));

    if (caller == NULL)
        return FAIL_MEMORY(st);
    caller->model = model;
    caller->client = take_client(model);
    reply_init(&caller->reply);
    if (caller->client == NULL) {
        chat_model_caller_free(caller);
        return FAIL_MEMORY(st);
    }
    *ret_caller = caller;
    return STATUS_OK;
}

void chat_model_caller_free(struct chat_model_caller *caller)
{
    if (caller == NULL)
        return;
    give_client(caller->model, caller->client);
    reply_deinit(&caller->reply);
    free(caller);
}

void chat_model_caller_interrupt(struct chat_model_caller *caller)
{
    endpoint_interrupt(caller->model->endpoint, caller->client);
}

/* --- the call --- */

static void begin(void *arg)
{
    struct chat_model_caller *caller = arg;

    reply_clear(&caller->reply);
    caller->text_taken = 0;
}

static bool take_text(struct chat_model_caller *caller)
{
    struct str text = buf_str(&caller->reply.text);
    struct str piece = {text.p + caller->text_taken, text.n - caller->text_taken};

    caller->text_taken = text.n;
    return text.n <= ANSWER_REPLY_MAX_BYTES &&
           (piece.n == 0 || answer_writer_feed(caller->writer, piece));
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct chat_model_caller *caller = arg;
    bool goes_on = reply_feed(&caller->reply, answer->media_type, piece);

    return take_text(caller) && goes_on;
}

static status_code end(void *arg, struct status *st)
{
    struct chat_model_caller *caller = arg;
    struct str text;

    if (caller->writer->is_full)
        return STATUS_OK;
    if (caller->writer->failure.code != STATUS_OK) {
        *st = caller->writer->failure;
        return st->code;
    }
    if (caller->reply.text.length > ANSWER_REPLY_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "its answer is too long");
    TRY(reply_end(&caller->reply, &text, st));
    (void)take_text(caller); /* of a server that does not stream */
    return STATUS_OK;
}

static int64_t time_left_ms(const struct chat_model *model, int64_t deadline_ns)
{
    int64_t left_ms =
        deadline_ns == TIME_NEVER ? INT64_MAX : (deadline_ns - time_mono()) / NANOSECONDS_PER_MS;

    return left_ms < model->settings.total_ms ? left_ms : model->settings.total_ms;
}

static status_code call(struct chat_model_caller *caller, const struct prompt *prompt,
                        int64_t deadline_ns, struct status *st)
{
    struct chat_model *model = caller->model;
    int64_t left_ms = time_left_ms(model, deadline_ns);

    if (left_ms <= 0)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "there was no time left");
    status_code code = endpoint_call(model->endpoint,
                                     &(struct endpoint_call){
                                         .url = buf_str(&model->url).p,
                                         .body = buf_str(&prompt->body),
                                         .client = caller->client,
                                         .timeout_ms = left_ms,
                                         .counts_waiting = true,
                                         .answer_max_bytes = REPLY_BODY_MAX_BYTES,
                                         .begin = begin,
                                         .on_body = on_body,
                                         .end = end,
                                         .arg = caller,
                                     },
                                     st);
    atomic_fetch_add(&model->prompt_tokens, caller->reply.prompt_tokens);
    atomic_fetch_add(&model->completion_tokens, caller->reply.completion_tokens);
    return code;
}

static question_end end_of(status_code called, status_code ended, const struct answer *answer)
{
    if (ended != STATUS_OK)
        return ended == STATUS_CANCELLED ? END_CANCELLED : END_FAILED;
    if (!answer->is_grounded)
        return END_REFUSED;
    return called == STATUS_OK ? END_ANSWERED : END_CUT;
}

/* What was handed on stays, however the call ended. */
static status_code end_answer(struct answer_writer *writer, status_code called,
                              const struct status *call_status, struct answer *ret_answer,
                              struct status *st)
{
    status_code code = called == STATUS_CANCELLED
                           ? STATUS_CANCELLED
                           : answer_writer_end(writer, called == STATUS_OK, ret_answer, st);

    if (code != STATUS_OK && called != STATUS_OK && code != STATUS_CANCELLED)
        code = called;
    if (code != STATUS_OK && code == called)
        *st = *call_status;
    return code;
}

static status_code ask(struct chat_model_caller *caller, struct answer_writer *writer,
                       const struct prompt *prompt, const struct chat_model_question *question,
                       struct answer *ret_answer, struct status *st)
{
    struct status call_status;

    caller->writer = writer;
    status_code called = call(caller, prompt, question->deadline_ns, &call_status);
    status_code ended = end_answer(writer, called, &call_status, ret_answer, st);
    caller->writer = NULL;
    for (size_t i = 0; i < CLAIM_VERDICTS; i++)
        atomic_fetch_add(&caller->model->verdicts[i], writer->verdicts[i]);
    atomic_fetch_add(&caller->model->ends[end_of(called, ended, ret_answer)], 1);
    return ended;
}

status_code chat_model_answer(struct chat_model_caller *caller,
                              const struct chat_model_question *question, struct arena *arena,
                              struct answer *ret_answer, struct status *st)
{
    _cleanup_(prompt_deinit) struct prompt prompt;
    _cleanup_(answer_writer_deinit) struct answer_writer writer = {0};

    prompt_init(&prompt);
    if (question->hit_count == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "there was no passage for it");
    TRY(prompt_write(&prompt, &caller->model->settings, question, st));
    TRY(answer_writer_init(&writer, &prompt, question, arena, st));
    return ask(caller, &writer, &prompt, question, ret_answer, st);
}
