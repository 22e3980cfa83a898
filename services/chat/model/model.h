#pragma once

/*
 * The language model behind an OpenAI-compatible chat server: numbered passages and a question in,
 * an answer out of which everything is cut that the passages do not bear out.
 *
 * Neither the model nor the document is trusted. The model is asked to end each sentence with the
 * numbers of the passages that it rests on, and to quote them. Of what it writes, sentence by
 * sentence, that alone goes on which stands in a passage that was given (claim_check.h says how it
 * is checked); each such sentence has its pages after it, "(p. 3)", and a citation of the very
 * stretch that bears it out. What is handed on as a delta was checked before, and the answer is
 * the deltas joined, also where the reply breaks off after some of them.
 *
 * One struct chat_model holds what all calls share: settings and the endpoint (lib/endpoint). Each
 * question has a chat_model_caller. Thread rule: struct chat_model any thread; a caller one thread
 * at a time, but for chat_model_caller_interrupt().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/endpoint/endpoint.h"
#include "services/chat/answer/answer.h"
#include "services/chat/question/question.h"
#include "services/chat/retrieve/document_index.h"

struct chat_model;
struct chat_model_caller;

enum {
    CHAT_MODEL_CONTEXT_TOKENS_MIN = 1024,
    CHAT_MODEL_CONTEXT_TOKENS_MAX = 1000000,
};

/* As main.c has them of the environment; borrowed for as long as the model lives. */
struct chat_model_settings {
    const char *url;                   /* of the API, "https://host/v1"; "": there is no model */
    const char *model;                 /* as the server names it */
    int64_t context_tokens;            /* of prompt and answer together */
    int64_t answer_tokens;             /* of the answer, at most half of those */
    int64_t total_ms;                  /* a question, with waiting, all attempts and pauses */
    struct endpoint_settings endpoint; /* without its name */
};

/* *ret_model is NULL where there is no model. Fails with FAILED_PRECONDITION CONFIG, naming the
 * variable at fault. */
status_code chat_model_new(const struct chat_model_settings *settings,
                           struct chat_model **ret_model, struct status *st) _must_check_;
/* After its callers. */
void chat_model_free(struct chat_model *model);
DEFINE_CLEANUP(struct chat_model *, chat_model)

/* Appends its metrics, those of the endpoint included, in Prometheus text format. */
void chat_model_write_metrics(struct chat_model *model, struct buf *out);

/* @model: borrowed. Connections are kept from caller to caller. */
status_code chat_model_caller_new(struct chat_model *model, struct chat_model_caller **ret_caller,
                                  struct status *st) _must_check_;
void chat_model_caller_free(struct chat_model_caller *caller);
DEFINE_CLEANUP(struct chat_model_caller *, chat_model_caller)

/* Ends the call that is under way, and all that follow. Any thread; does not block. */
void chat_model_caller_interrupt(struct chat_model_caller *caller);

struct chat_model_question {
    const struct question *question; /* text and language are read */
    const struct turn *turns;        /* earlier ones, oldest first; the latest are sent */
    size_t turn_count;
    const struct document_index *index;
    const struct index_hit *hits; /* best first; as many are sent as the context has room for */
    size_t hit_count;
    int64_t deadline_ns; /* time_mono(), TIME_NEVER: none but that of the settings */

    /* Called with pieces of the answer as they are checked, on the caller's thread; NULL: nobody
     * wants them. False: nobody wants more; the call fails with CANCELLED. */
    bool (*on_delta)(void *arg, struct str piece);
    void *arg;
};

/*
 * Asks the model.
 *
 * *ret_answer: in the arena; not grounded, with answer_refusal() as content, where the model says
 * that the document does not answer. That is a delta too.
 *
 * Any failure but CANCELLED means that the answer is to be made without the model
 * (ANSWER_SOURCE_FALLBACK); nothing was handed on then. The message, for the log, completes "the
 * language model was asked, but ...": the endpoint's failures (endpoint.h), DATA_LOSS for a reply
 * of which nothing is left once it was checked, RESOURCE_EXHAUSTED where the context has no room
 * for the question and one passage, INVALID_ARGUMENT without any hit. CANCELLED: interrupted, or
 * on_delta() was false.
 */
status_code chat_model_answer(struct chat_model_caller *caller,
                              const struct chat_model_question *question, struct arena *arena,
                              struct answer *ret_answer, struct status *st) _must_check_;
