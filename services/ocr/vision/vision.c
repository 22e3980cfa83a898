#include "services/ocr/vision/vision.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/admin/prometheus.h"
#include "lib/endpoint/completion.h"
#include "lib/endpoint/endpoint.h"
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
    struct completion completion;
};

status_code vision_new(const struct vision_settings *settings, struct vision **ret_vision,
                       struct status *st)
{
    if (settings->url[0] == '\0') {
        *ret_vision = NULL;
        return STATUS_OK;
    }
    TRY(completion_check("OCR_VLM", settings->url, settings->model, settings->endpoint.api_key,
                         st));
    _cleanup_(vision_freep) struct vision *vision = calloc(1, sizeof(*vision));
    if (vision == NULL)
        return FAIL_MEMORY(st);
    vision->settings = *settings;
    vision->settings.endpoint.name = "vision";
    vision->endpoint = endpoint_new(&vision->settings.endpoint);
    if (!completion_url(settings->url, &vision->url) || vision->endpoint == NULL)
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
    completion_init(&caller->completion);
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
    completion_deinit(&caller->completion);
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
    if (code == STATUS_OK) {
        struct endpoint_call call = {
            .url = buf_str(&vision->url).p,
            .body = buf_str(&caller->request),
            .client = caller->client,
            .timeout_ms = vision->settings.total_ms,
        };
        completion_take(&caller->completion, &call);
        code = endpoint_call(vision->endpoint, &call, st);
    }
    if (code == STATUS_OK)
        *ret_text = caller->completion.text;
    /* Of several MiB; the next page may be long in coming. */
    buf_deinit(&caller->request);
    buf_init(&caller->request, REQUEST_MAX_BYTES);
    return code;
}
