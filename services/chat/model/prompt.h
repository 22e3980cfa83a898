#pragma once

/*
 * What a language model is asked: the body of a chat completion (OpenAI's API, "Create chat
 * completion"), with rules, the latest turns of the conversation, numbered passages and the
 * question, as far as the context has room (tokens.h).
 *
 * The document is data. Each line of a passage begins with "| ", each line of the headings above it
 * with "~ ", and what could end a line or a turn is taken out of it: no text can leave its fence.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/chat/model/model.h"

enum {
    PROMPT_PASSAGES_MAX = 64,
    PROMPT_MAX_BYTES = 8 << 20,
};

/* What the model is to say, and nothing else, where the passages do not answer. */
#define PROMPT_NO_ANSWER "NO_ANSWER"

struct prompt {
    struct buf body;                     /* JSON */
    uint32_t given[PROMPT_PASSAGES_MAX]; /* in the document's passages; number 1 first */
    size_t given_count;
    bool has_bare_numbers; /* some passage itself has "[12]" */
};

void prompt_init(struct prompt *prompt);
void prompt_deinit(struct prompt *prompt);

/* Fails with RESOURCE_EXHAUSTED where the context has no room for the question and one passage. */
status_code prompt_write(struct prompt *prompt, const struct chat_model_settings *settings,
                         const struct chat_model_question *question,
                         struct status *st) _must_check_;
