#include "services/billing/purchases/stripe_checkout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"
#include "services/billing/purchases/stripe_event.h"

/* The version of Stripe's API whose words are spoken here. */
#define API_VERSION "2024-06-20"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    FORM_MAX_BYTES = 16 * 1024,
    ANSWER_MAX_BYTES = 128 * 1024,
    HEADER_SIZE = 128,
    URL_SIZE = 512,
};

bool stripe_url_is_sound(const char *url)
{
    return strncmp(url, "https://", strlen("https://")) == 0 && http_url_is_plain(url) &&
           strlen(url) < CHECKOUT_URL_SIZE;
}

status_code stripe_check(const struct stripe_settings *settings, struct status *st)
{
    size_t length = strlen(settings->public_url);

    if (length > STRIPE_PUBLIC_URL_MAX || !http_url_is_plain(settings->public_url) ||
        settings->public_url[length - 1] == '/')
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BILLING_PUBLIC_URL must be a URL of at most %d bytes, without user, fragment "
                    "and a slash at the end",
                    STRIPE_PUBLIC_URL_MAX);
    if (settings->key[0] == '\0')
        return STATUS_OK;
    if (!stripe_url_is_sound(settings->url) || strlen(settings->url) > STRIPE_PUBLIC_URL_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BILLING_STRIPE_URL must be an https URL of at most %d bytes",
                    STRIPE_PUBLIC_URL_MAX);
    if (settings->webhook_secrets[0] == '\0')
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BILLING_STRIPE_KEY needs BILLING_STRIPE_WEBHOOK_SECRETS: without one, what is "
                    "paid would not be known");
    return STATUS_OK;
}

/* --- the request (application/x-www-form-urlencoded) --- */

static bool append_encoded(struct buf *out, const char *text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-_.~";

    for (; *text != '\0'; text++) {
        if (strchr(unreserved, *text) != NULL ? !buf_append_char(out, *text)
                                              : !buf_printf(out, "%%%02X", (unsigned char)*text))
            return false;
    }
    return true;
}

static bool append_member(struct buf *out, const char *name, const char *value)
{
    return (out->length == 0 || buf_append_char(out, '&')) && append_encoded(out, name) &&
           buf_append_char(out, '=') && append_encoded(out, value);
}

/* @email: "": none, and Stripe's page asks for one. */
static bool write_form(struct buf *out, const struct stripe_settings *settings,
                       const struct stripe_order *order, const char *email)
{
    char price[24], back[URL_SIZE], gone[URL_SIZE];

    (void)snprintf(price, sizeof(price), "%" PRId64, order->price_minor);
    (void)snprintf(back, sizeof(back), "%s/account/?purchase=paid", settings->public_url);
    (void)snprintf(gone, sizeof(gone), "%s/account/?purchase=cancelled", settings->public_url);
    return append_member(out, "mode", "payment") &&
           append_member(out, "client_reference_id", order->purchase_id) &&
           append_member(out, "metadata[purchase_id]", order->purchase_id) &&
           append_member(out, "payment_intent_data[metadata][purchase_id]", order->purchase_id) &&
           (email[0] == '\0' || append_member(out, "customer_email", email)) &&
           append_member(out, "line_items[0][quantity]", "1") &&
           append_member(out, "line_items[0][price_data][currency]", order->currency) &&
           append_member(out, "line_items[0][price_data][unit_amount]", price) &&
           append_member(out, "line_items[0][price_data][product_data][name]", order->title) &&
           append_member(out, "success_url", back) && append_member(out, "cancel_url", gone);
}

/* --- the answer --- */

/* https, with a host, in visible ASCII; Stripe's have a fragment. */
static bool is_page(const char *url)
{
    char without_fragment[CHECKOUT_URL_SIZE];

    for (const char *c = url; *c != '\0'; c++)
        if (*c < 0x21 || *c > 0x7E)
            return false;
    (void)snprintf(without_fragment, sizeof(without_fragment), "%.*s", (int)strcspn(url, "#"), url);
    return stripe_url_is_sound(without_fragment);
}

static bool collect(void *arg, const struct http_answer *answer, struct str piece)
{
    (void)answer;
    return buf_append(arg, piece.p, piece.n);
}

static const char *copy_text(const json_t *object, const char *name, size_t size,
                             struct arena *arena)
{
    const json_t *member = json_object_get(object, name);

    return json_is_string(member) && json_string_length(member) < size
               ? arena_strdup(arena, json_string_value(member))
               : NULL;
}

static bool read_checkout(struct str body, struct arena *arena,
                          struct stripe_checkout *ret_checkout)
{
    json_error_t error;
    _cleanup_(json_decrefp) json_t *json =
        body.n > 0 ? json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error) : NULL;
    const json_t *expires = json_object_get(json, "expires_at");

    *ret_checkout = (struct stripe_checkout){
        .id = copy_text(json, "id", STRIPE_ID_SIZE, arena),
        .url = copy_text(json, "url", CHECKOUT_URL_SIZE, arena),
    };
    if (__builtin_mul_overflow(json_integer_value(expires), NANOSECONDS_PER_SECOND,
                               &ret_checkout->expire_time))
        return false;
    return ret_checkout->id != NULL && ret_checkout->id[0] != '\0' && ret_checkout->url != NULL &&
           is_page(ret_checkout->url) && ret_checkout->expire_time > 0;
}

/* An error of the API names the parameter at fault (docs.stripe.com/api/errors). */
static bool is_of_email(const struct http_answer *answer, struct str body)
{
    json_error_t error;
    _cleanup_(json_decrefp) json_t *json =
        answer->status == 400 && body.n > 0
            ? json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error)
            : NULL;
    const char *param = json_string_value(json_object_get(json_object_get(json, "error"), "param"));

    return param != NULL && strcmp(param, "customer_email") == 0;
}

/* --- the call --- */

static status_code fail(struct status *st, const char *why, int http_status)
{
    log_write(LOG_ERROR, "no checkout was opened", LOG_STRING("why", why),
              LOG_INTEGER("http_status", http_status));
    return FAIL(st, STATUS_UNAVAILABLE, "PAYMENT_UNAVAILABLE",
                "the payment provider cannot be reached at the moment; nothing was paid, try again "
                "in a few minutes");
}

/* An idempotency key goes with one form, so that another form has another key. */
static status_code post(struct http_client *client, const struct stripe_settings *settings,
                        const struct stripe_order *order, const char *email, int64_t deadline,
                        struct http_answer *ret_answer, struct buf *answer_body, struct status *st)
{
    char url[URL_SIZE], idempotency[HEADER_SIZE];
    struct status failure = {0};
    _cleanup_(buf_deinit) struct buf form;

    buf_init(&form, FORM_MAX_BYTES);
    if (!write_form(&form, settings, order, email))
        return FAIL_MEMORY(st);
    buf_clear(answer_body);
    (void)snprintf(url, sizeof(url), "%s/v1/checkout/sessions", settings->url);
    (void)snprintf(idempotency, sizeof(idempotency), "Idempotency-Key: %s%s", order->purchase_id,
                   email[0] == '\0' ? "-no-email" : "");
    const char *const headers[] = {"Stripe-Version: " API_VERSION, idempotency};
    const struct http_request request = {
        .url = url,
        .body = buf_str(&form),
        .content_type = "application/x-www-form-urlencoded",
        .bearer_token = settings->key,
        .ca_file = settings->ca_file,
        .headers = headers,
        .header_count = ARRAY_LENGTH(headers),
        .times = {.connect_ms = CONNECT_TIMEOUT_MS,
                  .first_byte_ms = CHECKOUT_TIMEOUT_MS,
                  .stall_ms = CHECKOUT_TIMEOUT_MS,
                  .deadline_ns = deadline},
        .body_max_bytes = ANSWER_MAX_BYTES,
        .on_body = collect,
        .reads_refusals = true,
        .arg = answer_body,
    };
    if (http_client_post(client, &request, ret_answer, &failure) != STATUS_OK)
        return fail(st, failure.message, 0);
    return STATUS_OK;
}

status_code stripe_checkout_open(const struct stripe_settings *settings,
                                 const struct stripe_order *order, int64_t deadline,
                                 struct arena *arena, struct stripe_checkout *ret_checkout,
                                 struct status *st)
{
    _cleanup_(http_client_freep) struct http_client *client = http_client_new();
    _cleanup_(buf_deinit) struct buf body;
    const int64_t latest = time_mono_after_ms(CHECKOUT_TIMEOUT_MS);
    struct http_answer answer;

    buf_init(&body, ANSWER_MAX_BYTES);
    if (client == NULL)
        return FAIL_MEMORY(st);
    deadline = deadline < latest ? deadline : latest;
    TRY(post(client, settings, order, order->email, deadline, &answer, &body, st));
    if (is_of_email(&answer, buf_str(&body))) {
        /* An address that Stripe does not take is one that an account may have all the same. */
        log_write(LOG_INFO,
                  "a checkout is opened without its buyer's e-mail address, which the "
                  "payment provider refuses",
                  LOG_STRING("purchase_id", order->purchase_id));
        TRY(post(client, settings, order, "", deadline, &answer, &body, st));
    }
    if (answer.status != 200)
        return fail(st, "it refused", answer.status);
    if (!read_checkout(buf_str(&body), arena, ret_checkout))
        return fail(st, "its answer is no checkout", 200);
    return STATUS_OK;
}
