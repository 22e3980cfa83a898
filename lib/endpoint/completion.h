#pragma once

/*
 * A language model behind an OpenAI-compatible API: what its settings must be, what is called, and
 * a reply that is read as a whole. Thread rule: a completion one thread at a time.
 */

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/endpoint/reply.h"

struct endpoint_call;

enum { COMPLETION_MODEL_MAX = 200 };

/* Whether a model at `url` can be asked. @prefix: of the variables that say so, "OCR_VLM" of
 * OCR_VLM_URL, OCR_VLM_MODEL and OCR_VLM_API_KEY. Fails with FAILED_PRECONDITION CONFIG, naming the
 * variable at fault. */
status_code completion_check(const char *prefix, const char *url, const char *model,
                             const char *key, struct status *st) _must_check_;

/* What is called of the API at `url`, which was checked: sets up *ret_url, which the caller frees
 * by buf_deinit(). False when out of memory. */
bool completion_url(const char *url, struct buf *ret_url) _must_check_;

/* In the caller's memory. */
struct completion {
    struct reply reply;
    struct str text; /* once the call was OK: what the model says, as long as the reply lives */
};

void completion_init(struct completion *completion);
void completion_deinit(struct completion *completion);

/* Has the call's answer read into the completion, an attempt after the other. */
void completion_take(struct completion *completion, struct endpoint_call *call);
