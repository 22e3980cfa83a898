#include "services/ocr/vision/vision.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/admin/prometheus.h"
#include "lib/endpoint/endpoint.h"
#include "lib/endpoint/reply.h"
#include "lib/http/http_client.h"
#include "services/ocr/vision/request.h"

enum {
    /* A third more than the picture, for base64, and the prompt. */
    REQUEST_MAX_BYTES = VISION_IMAGE_MAX_BYTES / 3 * 4 + (1 << 20),
};

struct vision {
    struct vision_settings settings;
    struct buf url; /* of the call */
    struct endpoint *endpoint;
    atomic_llong pages_of_model;
    atomic_llong pages_without;
};

struct vision_caller {
    struct vision *vision;
    struct http_client *client;
    struct buf request;
    struct reply reply;
    struct str text; /* of the reply */
};

/* --- settings --- */

static status_code check_settings(const struct vision_settings *settings, struct status *st)
{
    TRY(endpoint_check_url("OCR_VLM_URL", settings->url, st));
    if (settings->model[0] == '\0' || strlen(settings->model) > VISION_MODEL_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_VLM_MODEL must name the model, in at most %d bytes, when there is an "
                    "OCR_VLM_URL",
                    VISION_MODEL_MAX);
    return endpoint_check_key("OCR_VLM_API_KEY", settings->endpoint.api_key, st);
}

status_code vision_new(const struct vision_settings *settings, struct vision **ret_vision,
                       struct status *st)
{
    if (settings->url[0] == '\0') {
        *ret_vision = NULL;
        return STATUS_OK;
    }
    TRY(check_settings(settings, st));
    _cleanup_(vision_freep) struct vision *vision = calloc(1, sizeof(*vision));
    if (vision == NULL)
        return FAIL_MEMORY(st);
    vision->settings = *settings;
    buf_init(&vision->url, ENDPOINT_URL_MAX + sizeof(REPLY_PATH));
    vision->settings.endpoint.name = "vision";
    vision->endpoint = endpoint_new(&vision->settings.endpoint);
    if (vision->endpoint == NULL || !endpoint_append_url(&vision->url, settings->url, REPLY_PATH))
        return FAIL_MEMORY(st);
    *ret_vision = TAKE(vision);
    return STATUS_OK;
}

void vision_free(struct vision *vision)
{
    if (vision == NULL)
        return;
    endpoint_free(vision->endpoint);
    buf_deinit(&vision->url);
    free(vision);
}

const char *vision_model(const struct vision *vision)
{
    return vision->settings.model;
}

uint32_t vision_image_side_max(const struct vision *vision)
{
    return (uint32_t)vision->settings.image_side_max;
}

struct endpoint *vision_endpoint(const struct vision *vision)
{
    return vision->endpoint;
}

void vision_count_page(struct vision *vision, bool is_models)
{
    atomic_fetch_add(is_models ? &vision->pages_of_model : &vision->pages_without, 1);
}

void vision_write_metrics(const struct vision *vision, struct buf *out)
{
    prometheus_head(out, "ocrmesh_ocr_vision_pages_total", "counter",
                    "Pages of the vlm tier, by whose reading was kept.");
    prometheus_integer(out, atomic_load(&vision->pages_of_model),
                       "ocrmesh_ocr_vision_pages_total{reading=\"model\"}");
    prometheus_integer(out, atomic_load(&vision->pages_without),
                       "ocrmesh_ocr_vision_pages_total{reading=\"embedded\"}");
}

/* --- callers --- */

status_code vision_caller_new(struct vision *vision, struct vision_caller **ret_caller,
                              struct status *st)
{
    struct vision_caller *caller = calloc(1, sizeof(*caller));

    if (caller == NULL)
        return FAIL_MEMORY(st);
    caller->vision = vision;
    caller->client = http_client_new();
    buf_init(&caller->request, REQUEST_MAX_BYTES);
    reply_init(&caller->reply);
    if (caller->client == NULL) {
        vision_caller_free(caller);
        return FAIL_MEMORY(st);
    }
    *ret_caller = caller;
    return STATUS_OK;
}

void vision_caller_free(struct vision_caller *caller)
{
    if (caller == NULL)
        return;
    http_client_free(caller->client);
    buf_deinit(&caller->request);
    reply_deinit(&caller->reply);
    free(caller);
}

void vision_caller_interrupt(struct vision_caller *caller)
{
    endpoint_interrupt(caller->vision->endpoint, caller->client);
}

void vision_caller_reset(struct vision_caller *caller)
{
    http_client_reset(caller->client);
}

/* --- the call --- */

static void begin(void *arg)
{
    struct vision_caller *caller = arg;

    reply_clear(&caller->reply);
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct vision_caller *caller = arg;

    return reply_feed(&caller->reply, answer->media_type, piece);
}

static status_code end(void *arg, struct status *st)
{
    struct vision_caller *caller = arg;

    return reply_end(&caller->reply, &caller->text, st);
}

status_code vision_read(struct vision_caller *caller, struct str image, const char *media_type,
                        struct str *ret_text, struct status *st)
{
    struct vision *vision = caller->vision;
    const struct vision_question question = {
        .model = vision->settings.model,
        .prompt = vision->settings.prompt,
        .media_type = media_type,
        .image = image,
        .tokens_max = vision->settings.tokens_max,
    };

    if (image.n > VISION_IMAGE_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the page is too large for it");
    status_code code = request_write(&question, &caller->request, st);
    if (code == STATUS_OK)
        code = endpoint_call(vision->endpoint,
                             &(struct endpoint_call){
                                 .url = buf_str(&vision->url).p,
                                 .body = buf_str(&caller->request),
                                 .client = caller->client,
                                 .timeout_ms = vision->settings.total_ms,
                                 .answer_max_bytes = REPLY_BODY_MAX_BYTES,
                                 .begin = begin,
                                 .on_body = on_body,
                                 .end = end,
                                 .arg = caller,
                             },
                             st);
    if (code == STATUS_OK)
        *ret_text = caller->text;
    /* Of several MiB; the next page may be long in coming. */
    buf_deinit(&caller->request);
    buf_init(&caller->request, REQUEST_MAX_BYTES);
    return code;
}
