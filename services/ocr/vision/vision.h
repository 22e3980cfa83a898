#pragma once

/*
 * The vision model behind an OpenAI-compatible endpoint: a picture of a page in, Markdown out.
 *
 * One struct vision holds what all lanes share: settings and the endpoint (endpoint.h). Each lane
 * has a vision_caller, with a connection that is kept. A call that fails for good means that the
 * page is read without the model; no failure reaches a caller but as a warning. Thread rule: struct
 * vision any thread; a caller one thread at a time, but for vision_caller_interrupt().
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/endpoint/endpoint.h"

struct vision;
struct vision_caller;

enum {
    /* A picture that is sent; one of 2048 x 2048 pixels of dense text has about 1.5 MiB. */
    VISION_IMAGE_MAX_BYTES = 16 << 20,
};

/* As main.c has them of the environment; borrowed for as long as the vision lives. */
struct vision_settings {
    const char *url;    /* of the API, "https://host/v1"; "": there is no endpoint */
    const char *model;  /* as the server names it */
    const char *prompt; /* "": request.c's */
    int64_t total_ms;   /* a page, with all attempts and pauses */
    int64_t tokens_max;
    int64_t image_side_max;            /* pixels of the picture's longer side */
    struct endpoint_settings endpoint; /* without its name */
};

/* *ret_vision is NULL where there is no endpoint. Fails with FAILED_PRECONDITION CONFIG, naming the
 * variable at fault. */
status_code vision_new(const struct vision_settings *settings, struct vision **ret_vision,
                       struct status *st) _must_check_;
void vision_free(struct vision *vision);
DEFINE_CLEANUP(struct vision *, vision)

/* Live as long as the vision. */
const char *vision_model(const struct vision *vision);
uint32_t vision_image_side_max(const struct vision *vision);

/* Counts a page by whose reading was kept. */
void vision_count_page(struct vision *vision, bool is_models);

/* For its metrics; lives as long as the vision. */
struct endpoint *vision_endpoint(const struct vision *vision);

/* Appends those of its own in Prometheus text format. */
void vision_write_metrics(const struct vision *vision, struct buf *out);

/* @vision: borrowed. */
status_code vision_caller_new(struct vision *vision, struct vision_caller **ret_caller,
                              struct status *st) _must_check_;
void vision_caller_free(struct vision_caller *caller);
DEFINE_CLEANUP(struct vision_caller *, vision_caller)

/*
 * Asks the model for the text of a picture.
 *
 * Waits for its turn among the calls at once for as long as it takes.
 * @ret_text: Markdown, or what the model says instead; valid UTF-8; lives until the next call.
 *
 * A failure's message completes "the vision model was asked, but ...". CANCELLED: interrupted.
 */
status_code vision_read(struct vision_caller *caller, struct str image, const char *media_type,
                        struct str *ret_text, struct status *st) _must_check_;

/* Ends the call that is under way, and those that follow until vision_caller_reset(). Any thread.
 */
void vision_caller_interrupt(struct vision_caller *caller);
void vision_caller_reset(struct vision_caller *caller);
