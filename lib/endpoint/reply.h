#pragma once

/*
 * The reply of an OpenAI-compatible server to a chat completion, as it comes: the text of the
 * assistant's message, out of a stream of chunks or, where the server does not stream, of one
 * object.
 *
 * What comes is not trusted: events, text and the whole are bounded, and a text that goes round in
 * circles ends the reading. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/http/sse.h"

/* What is called of an API. */
#define REPLY_PATH "/chat/completions"

enum {
    REPLY_TEXT_MAX_BYTES = 1 << 20,
    REPLY_EVENT_MAX_BYTES = 256 << 10,
    /* All that is read of an answer: a chunk wraps each token into some hundred bytes. */
    REPLY_BODY_MAX_BYTES = 64 << 20,
    REPLY_TOKENS_MAX = 1 << 30, /* more is not believed */
};

typedef enum {
    REPLY_FINE,
    REPLY_MALFORMED, /* not what such a server says */
    REPLY_ERROR,     /* the server tells of an error of its own */
    REPLY_TOO_LONG,
    REPLY_LOOPS,
} reply_fault;

struct reply {
    struct sse_parser events;
    struct buf whole;      /* an answer that is no stream */
    struct buf text;       /* what the model has said so far */
    size_t text_checked;   /* bytes of it that were looked at for loops */
    int64_t prompt_tokens; /* as the server counts them; 0: it does not say */
    int64_t completion_tokens;
    bool is_stream;
    bool is_stopped; /* the model came to its end */
    bool is_cut;     /* it ran out of tokens, or was stopped */
    bool is_done;    /* nothing more will come */
    reply_fault fault;
};

void reply_init(struct reply *reply);
void reply_deinit(struct reply *reply);
/* As after reply_init(), for another attempt. */
void reply_clear(struct reply *reply);

/* Takes a piece of the answer. False when no more is wanted: it is done, or has a fault. */
bool reply_feed(struct reply *reply, const char *media_type, struct str piece);

/*
 * At the end of the answer: the model's text, valid UTF-8, as long as the reply lives.
 *
 * Fails with DATA_LOSS when it is malformed, cut short or empty, INTERNAL when the server tells of
 * an error, RESOURCE_EXHAUSTED when it is too long, ABORTED when it goes round in circles; each
 * with a sentence that says so.
 */
status_code reply_end(struct reply *reply, struct str *ret_text, struct status *st) _must_check_;
