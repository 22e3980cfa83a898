#include "services/billing/purchases/stripe_event.h"

#include <string.h>

#include <jansson.h>

#include "lib/base/cleanup.h"
#include "lib/base/json_depth.h"

enum { DEPTH_MAX = 64 }; /* jansson recurses; its own bound is beyond what a thread should bear */

static status_code fail(struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_EVENT", "the body is no event of Stripe's");
}

/* A member that is text and fits; "" where it is missing or null, and may be. */
static bool copy_text(const json_t *object, const char *name, bool is_required, char *ret_text,
                      size_t size)
{
    const json_t *member = json_object_get(object, name);

    if (member == NULL || json_is_null(member)) {
        ret_text[0] = '\0';
        return !is_required;
    }
    if (!json_is_string(member) || json_string_length(member) >= size ||
        (is_required && json_string_length(member) == 0))
        return false;
    memcpy(ret_text, json_string_value(member), json_string_length(member) + 1);
    return true;
}

/* A payment that takes days (a bank's) completes its checkout first, and is told of later. */
static stripe_event_kind kind_of(const char *type, const json_t *checkout)
{
    const char *payment = json_string_value(json_object_get(checkout, "payment_status"));

    if (strcmp(type, "checkout.session.completed") == 0)
        return payment != NULL && strcmp(payment, "paid") == 0 ? STRIPE_EVENT_PAID
                                                               : STRIPE_EVENT_PENDING;
    if (strcmp(type, "checkout.session.async_payment_succeeded") == 0)
        return STRIPE_EVENT_PAID;
    if (strcmp(type, "checkout.session.async_payment_failed") == 0)
        return STRIPE_EVENT_FAILED;
    if (strcmp(type, "checkout.session.expired") == 0)
        return STRIPE_EVENT_EXPIRED;
    return STRIPE_EVENT_OTHER;
}

/* Where Stripe asked the buyer for the price in another currency (Adaptive Pricing), its price in
 * ours stands apart; since the API of 2025-03-31 it stands where it always does. */
static bool read_price(const json_t *checkout, struct stripe_event *event)
{
    const json_t *conversion = json_object_get(checkout, "currency_conversion");
    const bool is_converted = json_is_object(conversion);
    const json_t *price = json_object_get(is_converted ? conversion : checkout, "amount_total");

    if (price != NULL && !json_is_null(price) && !json_is_integer(price))
        return false;
    event->price_minor = json_integer_value(price);
    return copy_text(is_converted ? conversion : checkout,
                     is_converted ? "source_currency" : "currency", false, event->currency,
                     sizeof(event->currency));
}

static bool read_checkout(const json_t *checkout, struct stripe_event *event)
{
    char reference[STRIPE_ID_SIZE];

    if (!json_is_object(checkout) ||
        !copy_text(checkout, "id", true, event->checkout_id, sizeof(event->checkout_id)) ||
        !copy_text(checkout, "client_reference_id", false, reference, sizeof(reference)))
        return false;
    /* Another program may sell through the same account of Stripe's. */
    if (uuid_is_valid(reference))
        memcpy(event->purchase_id, reference, sizeof(event->purchase_id));
    return read_price(checkout, event);
}

status_code stripe_event_parse(struct str body, struct stripe_event *ret_event, struct status *st)
{
    _cleanup_(json_decrefp) json_t *json = NULL;
    struct stripe_event event = {.kind = STRIPE_EVENT_OTHER};
    char type[STRIPE_ID_SIZE];
    json_error_t error;

    if (body.n == 0 || body.n > STRIPE_EVENT_MAX_BYTES || !json_depth_is_within(body, DEPTH_MAX))
        return fail(st);
    json = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(json) || !copy_text(json, "id", true, event.id, sizeof(event.id)) ||
        !copy_text(json, "type", true, type, sizeof(type)))
        return fail(st);
    const json_t *checkout = json_object_get(json_object_get(json, "data"), "object");
    event.kind = kind_of(type, checkout);
    if (event.kind != STRIPE_EVENT_OTHER && !read_checkout(checkout, &event))
        return fail(st);
    *ret_event = event;
    return STATUS_OK;
}
