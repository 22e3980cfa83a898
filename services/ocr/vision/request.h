#pragma once

/*
 * The body of a chat completion that asks for the text of one picture, as OpenAI's API has it
 * ("Create chat completion", with an `image_url` that holds the picture). Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"

struct vision_question {
    const char *model;
    const char *prompt;     /* "": the one of this module */
    const char *media_type; /* of the picture */
    struct str image;
    int64_t tokens_max; /* of the reply */
};

/* Appends the body. Fails with RESOURCE_EXHAUSTED when the buffer is full. */
status_code request_write(const struct vision_question *question, struct buf *out,
                          struct status *st) _must_check_;
