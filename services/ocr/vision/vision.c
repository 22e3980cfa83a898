#include "services/ocr/vision/vision.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/http/http_client.h"
#include "services/ocr/vision/breaker.h"
#include "services/ocr/vision/reply.h"
#include "services/ocr/vision/request.h"
#include "services/ocr/vision/vision_counts.h"

enum {
    /* A third more than the picture, for base64, and the prompt. */
    REQUEST_MAX_BYTES = VISION_IMAGE_MAX_BYTES / 3 * 4 + (1 << 20),
    URL_MAX = 2000,
    PAUSE_FIRST_MS = 500,
    PAUSE_MAX_MS = 30 * 1000,
    /* Random, 256 bits and more, in the forms that are usual. */
    API_KEY_MAX = 4096,
};

#define COMPLETIONS_PATH "/chat/completions"

struct vision {
    struct vision_settings settings;
    char url[URL_MAX + sizeof(COMPLETIONS_PATH)];
    struct breaker breaker;
    struct vision_counts counts;
    pthread_mutex_t lock;
    pthread_cond_t slot_freed; /* or a caller was interrupted */
    int64_t slots_used;
};

struct vision_caller {
    struct vision *vision;
    struct http_client *client;
    struct buf request;
    struct reply reply;
};

/* --- settings --- */

static status_code check_settings(const struct vision_settings *settings, struct status *st)
{
    if (!http_url_is_plain(settings->url) || strlen(settings->url) > URL_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_VLM_URL is no http or https URL without user and password");
    if (settings->model[0] == '\0' || strlen(settings->model) > VISION_MODEL_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_VLM_MODEL must name the model, in at most %d bytes, when there is an "
                    "OCR_VLM_URL",
                    VISION_MODEL_MAX);
    for (const char *c = settings->api_key; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || c - settings->api_key >= API_KEY_MAX)
            return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                        "OCR_VLM_API_KEY is not of printable ASCII without spaces");
    return STATUS_OK;
}

/* The URL of completions: what is given may name the API or the call itself. */
static void make_url(struct vision *vision)
{
    struct str url = str_of(vision->settings.url);

    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    memcpy(vision->url, url.p, url.n);
    if (url.n < strlen(COMPLETIONS_PATH) || memcmp(url.p + url.n - strlen(COMPLETIONS_PATH),
                                                   COMPLETIONS_PATH, strlen(COMPLETIONS_PATH)) != 0)
        memcpy(vision->url + url.n, COMPLETIONS_PATH, sizeof(COMPLETIONS_PATH));
}

status_code vision_new(const struct vision_settings *settings, struct vision **ret_vision,
                       struct status *st)
{
    if (settings->url[0] == '\0') {
        *ret_vision = NULL;
        return STATUS_OK;
    }
    TRY(check_settings(settings, st));
    struct vision *vision = calloc(1, sizeof(*vision));
    if (vision == NULL)
        return FAIL_MEMORY(st);
    vision->settings = *settings;
    make_url(vision);
    breaker_init(&vision->breaker, (int)settings->breaker_failures, settings->breaker_pause_ms);
    pthread_mutex_init(&vision->lock, NULL);
    pthread_cond_init(&vision->slot_freed, NULL);
    *ret_vision = vision;
    return STATUS_OK;
}

void vision_free(struct vision *vision)
{
    if (vision == NULL)
        return;
    breaker_deinit(&vision->breaker);
    pthread_cond_destroy(&vision->slot_freed);
    pthread_mutex_destroy(&vision->lock);
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

void vision_count_page(struct vision *vision, bool is_models)
{
    atomic_fetch_add(is_models ? &vision->counts.pages_of_model : &vision->counts.pages_without, 1);
}

void vision_write_metrics(struct vision *vision, struct buf *out)
{
    int64_t openings;
    bool is_open = breaker_is_open(&vision->breaker, &openings);

    vision_counts_write(&vision->counts, is_open, openings, out);
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
    http_client_interrupt(caller->client);
    pthread_mutex_lock(&caller->vision->lock);
    pthread_cond_broadcast(&caller->vision->slot_freed);
    pthread_mutex_unlock(&caller->vision->lock);
}

void vision_caller_reset(struct vision_caller *caller)
{
    http_client_reset(caller->client);
}

/* --- the limit on calls at once --- */

/* False when the caller was interrupted meanwhile. */
static bool take_slot(struct vision_caller *caller)
{
    struct vision *vision = caller->vision;

    pthread_mutex_lock(&vision->lock);
    while (vision->slots_used >= vision->settings.calls_max &&
           !http_client_is_interrupted(caller->client))
        pthread_cond_wait(&vision->slot_freed, &vision->lock);
    bool is_taken = !http_client_is_interrupted(caller->client);
    vision->slots_used += is_taken;
    pthread_mutex_unlock(&vision->lock);
    return is_taken;
}

static void give_slot(struct vision *vision)
{
    pthread_mutex_lock(&vision->lock);
    vision->slots_used--;
    pthread_cond_broadcast(&vision->slot_freed);
    pthread_mutex_unlock(&vision->lock);
}

/* --- one attempt --- */

/* What an attempt came to. */
struct attempt {
    int http_status;        /* 0: none */
    int64_t retry_after_ms; /* that the server asks for; 0: none */
    bool may_retry;
};

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct vision_caller *caller = arg;

    return reply_feed(&caller->reply, answer->media_type, piece);
}

static bool is_passing(int http_status)
{
    return http_status == 429 || http_status == 500 || http_status == 502 || http_status == 503 ||
           http_status == 504;
}

static status_code call(struct vision_caller *caller, int64_t deadline_ns,
                        struct attempt *ret_attempt, struct str *ret_text, struct status *st)
{
    const struct vision_settings *settings = &caller->vision->settings;
    struct http_answer answer = {0};
    const struct http_request request = {
        .url = caller->vision->url,
        .body = buf_str(&caller->request),
        .content_type = "application/json",
        .bearer_token = settings->api_key,
        .ca_file = settings->ca_file,
        .times = {.connect_ms = settings->connect_ms,
                  .first_byte_ms = settings->first_byte_ms,
                  .stall_ms = settings->stall_ms,
                  .deadline_ns = deadline_ns},
        .body_max_bytes = REPLY_BODY_MAX_BYTES,
        .on_body = on_body,
        .arg = caller,
    };

    *ret_attempt = (struct attempt){0};
    reply_clear(&caller->reply);
    status_code code = http_client_post(caller->client, &request, &answer, st);
    if (code == STATUS_ABORTED) /* the reply has ended, or has a fault that reply_end() tells */
        return reply_end(&caller->reply, ret_text, st);
    ret_attempt->may_retry = code == STATUS_UNAVAILABLE;
    TRY(code);
    ret_attempt->http_status = answer.status;
    if (answer.status == 200)
        return reply_end(&caller->reply, ret_text, st);
    ret_attempt->may_retry = is_passing(answer.status);
    ret_attempt->retry_after_ms = answer.retry_after_ms;
    return FAIL(st, answer.status == 429 ? STATUS_RESOURCE_EXHAUSTED : STATUS_FAILED_PRECONDITION,
                NULL, "it answered with HTTP status %d", answer.status);
}

static vision_end end_of(status_code code, const struct attempt *attempt)
{
    if (code == STATUS_OK)
        return VISION_OK;
    if (attempt->http_status != 0 && attempt->http_status != 200)
        return VISION_REFUSED;
    switch (code) {
    case STATUS_UNAVAILABLE:
    case STATUS_FAILED_PRECONDITION:
        return VISION_UNREACHABLE;
    case STATUS_DEADLINE_EXCEEDED:
        return VISION_TIMEOUT;
    case STATUS_RESOURCE_EXHAUSTED:
        return VISION_TOO_LONG;
    case STATUS_ABORTED:
        return VISION_LOOPS;
    case STATUS_CANCELLED:
        return VISION_INTERRUPTED;
    default:
        return VISION_BROKEN;
    }
}

/* What an attempt says about the endpoint, beside what it says about the page. */
static breaker_outcome outcome_of(vision_end end, int http_status)
{
    switch (end) {
    case VISION_OK:
    case VISION_TOO_LONG:
    case VISION_LOOPS:
        return BREAKER_SUCCESS;
    case VISION_INTERRUPTED:
        return BREAKER_UNKNOWN;
    case VISION_REFUSED:
        /* Too busy, or not fond of this picture. */
        return http_status == 400 || http_status == 413 || http_status == 422 || http_status == 429
                   ? BREAKER_UNKNOWN
                   : BREAKER_FAILURE;
    default:
        return BREAKER_FAILURE;
    }
}

static status_code try_once(struct vision_caller *caller, int64_t deadline_ns,
                            struct attempt *ret_attempt, struct str *ret_text, struct status *st)
{
    struct vision *vision = caller->vision;
    int64_t start_ns = time_mono();
    bool is_probe;

    *ret_attempt = (struct attempt){0};
    if (!breaker_enter(&vision->breaker, &is_probe))
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "it has failed and is left alone for a while");
    status_code code = call(caller, deadline_ns, ret_attempt, ret_text, st);
    vision_end end = end_of(code, ret_attempt);
    breaker_leave(&vision->breaker, is_probe, outcome_of(end, ret_attempt->http_status));
    vision_counts_add(&vision->counts, end, time_mono() - start_ns);
    return code;
}

/* --- all attempts --- */

/* Full jitter over the upper half, so that callers who failed together do not return together. */
static int64_t pause_before(int retry, int64_t retry_after_ms)
{
    int64_t pause_ms = PAUSE_FIRST_MS;

    for (int i = 1; i < retry && pause_ms < PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    pause_ms = pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms / 2 + 1);
    return pause_ms > retry_after_ms ? pause_ms : retry_after_ms;
}

static status_code try_all(struct vision_caller *caller, struct str *ret_text, struct status *st)
{
    const struct vision_settings *settings = &caller->vision->settings;
    int64_t deadline_ns = time_mono_after_ms(settings->total_ms);

    for (int retry = 1;; retry++) {
        struct attempt attempt;
        status_code code = try_once(caller, deadline_ns, &attempt, ret_text, st);
        if (code == STATUS_OK || !attempt.may_retry || retry > settings->retries)
            return code;
        int64_t next_ns = time_mono_after_ms(pause_before(retry, attempt.retry_after_ms));
        if (next_ns >= deadline_ns)
            return code;
        if (!http_client_sleep(caller->client, next_ns))
            return FAIL(st, STATUS_CANCELLED, NULL, "the call was interrupted");
        atomic_fetch_add(&caller->vision->counts.retries, 1);
    }
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
    if (!take_slot(caller))
        return FAIL(st, STATUS_CANCELLED, NULL, "the call was interrupted");
    atomic_fetch_add(&vision->counts.calls_now, 1);
    status_code code = request_write(&question, &caller->request, st);
    if (code == STATUS_OK)
        code = try_all(caller, ret_text, st);
    /* Of several MiB; the next page may be long in coming. */
    buf_deinit(&caller->request);
    buf_init(&caller->request, REQUEST_MAX_BYTES);
    atomic_fetch_sub(&vision->counts.calls_now, 1);
    give_slot(vision);
    return code;
}
