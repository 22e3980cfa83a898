#pragma once

/*
 * The answer as it grows out of what a language model writes: sentences are checked (claim_check.h)
 * as they come, those that hold are handed on, and together they are the answer.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "services/chat/model/claim_check.h"
#include "services/chat/model/model.h"
#include "services/chat/model/prompt.h"

enum {
    /* What is read of a reply; a model that says more has said enough. */
    ANSWER_REPLY_MAX_BYTES = 64 << 10,
    ANSWER_CONTENT_MAX_BYTES = 32 << 10,
};

struct answer_writer {
    const struct chat_model_question *question;
    struct given *given;
    struct arena *arena;
    struct claim_parser parser;
    struct buf content;
    struct answer_citation citations[ANSWER_CITATIONS_MAX];
    size_t citation_count;
    int64_t verdicts[CLAIM_VERDICTS]; /* sentences, by what became of them */
    struct status failure; /* of taking a sentence; its code is STATUS_OK where there is none */
    bool is_refusal;
    bool is_full;    /* no more is wanted */
    bool is_unheard; /* nobody listens any more */
};

/* @prompt: as written; borrowed, as the question and the arena are. */
status_code answer_writer_init(struct answer_writer *writer, const struct prompt *prompt,
                               const struct chat_model_question *question, struct arena *arena,
                               struct status *st) _must_check_;
void answer_writer_deinit(struct answer_writer *writer);

/* Takes what the model writes. False when no more is wanted. */
bool answer_writer_feed(struct answer_writer *writer, struct str piece);

/*
 * @is_whole: the model has come to its end, so that what is left of its words is a sentence.
 *
 * Fails with DATA_LOSS where nothing of it holds, CANCELLED where on_delta() was false.
 */
status_code answer_writer_end(struct answer_writer *writer, bool is_whole,
                              struct answer *ret_answer, struct status *st) _must_check_;
