/* Events as Stripe documents them (docs.stripe.com/api/events/object), cut to what is read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/billing/purchases/stripe_event.h"

#define PURCHASE "0198c0de-0000-4000-8000-000000000001"

/* An event of `type` about a checkout with these members. */
#define EVENT(type, members)                                                                       \
    "{\"id\": \"evt_1\", \"object\": \"event\", \"api_version\": \"2024-06-20\", \"created\": 1,"  \
    " \"livemode\": false, \"type\": \"" type "\", \"data\": {\"object\": {\"id\": \"cs_1\","      \
    " \"object\": \"checkout.session\"" members "}}}"
#define OF_PURCHASE                                                                                \
    ", \"client_reference_id\": \"" PURCHASE "\", \"amount_total\": 500, \"currency\": \"usd\""

static struct stripe_event parse(const char *text)
{
    struct stripe_event event;
    struct status st = {0};

    if (stripe_event_parse(str_of(text), &event, &st) != STATUS_OK)
        fail_msg("%s: %s", st.message, text);
    return event;
}

static void assert_refused(struct str text)
{
    struct stripe_event event;
    struct status st = {0};

    if (stripe_event_parse(text, &event, &st) == STATUS_OK)
        fail_msg("taken: %.*s", (int)(text.n < 200 ? text.n : 200), text.p);
    assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "BAD_EVENT");
}

static void test_a_paid_checkout_names_its_purchase_and_price(void **state)
{
    struct stripe_event event =
        parse(EVENT("checkout.session.completed", OF_PURCHASE ", \"payment_status\": \"paid\""));

    assert_int_equal(event.kind, STRIPE_EVENT_PAID);
    assert_string_equal(event.id, "evt_1");
    assert_string_equal(event.checkout_id, "cs_1");
    assert_string_equal(event.purchase_id, PURCHASE);
    assert_int_equal(event.price_minor, 500);
    assert_string_equal(event.currency, "usd");
}

static void test_the_type_and_the_payment_tell_what_happened(void **state)
{
    static const struct {
        const char *text;
        stripe_event_kind kind;
    } cases[] = {
        {EVENT("checkout.session.completed", OF_PURCHASE ", \"payment_status\": \"unpaid\""),
         STRIPE_EVENT_PENDING},
        {EVENT("checkout.session.completed", OF_PURCHASE), STRIPE_EVENT_PENDING},
        {EVENT("checkout.session.completed",
               OF_PURCHASE ", \"payment_status\": \"no_payment_required\""),
         STRIPE_EVENT_PENDING},
        {EVENT("checkout.session.async_payment_succeeded", OF_PURCHASE), STRIPE_EVENT_PAID},
        {EVENT("checkout.session.async_payment_failed", OF_PURCHASE), STRIPE_EVENT_FAILED},
        {EVENT("checkout.session.expired", OF_PURCHASE), STRIPE_EVENT_EXPIRED},
        {EVENT("charge.refunded", OF_PURCHASE), STRIPE_EVENT_OTHER},
        {EVENT("CHECKOUT.SESSION.COMPLETED", OF_PURCHASE), STRIPE_EVENT_OTHER},
        {"{\"id\": \"evt_2\", \"type\": \"customer.created\"}", STRIPE_EVENT_OTHER},
        {"{\"id\": \"evt_3\", \"type\": \"customer.created\", \"data\": [1]}", STRIPE_EVENT_OTHER},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(parse(cases[i].text).kind, cases[i].kind);
}

/* Stripe may ask a buyer from elsewhere for the same price in the currency there. */
static void test_a_converted_price_is_the_one_that_was_asked_for(void **state)
{
    struct stripe_event event =
        parse(EVENT("checkout.session.async_payment_succeeded",
                    ", \"amount_total\": 481, \"currency\": \"eur\", \"currency_conversion\":"
                    " {\"amount_subtotal\": 500, \"amount_total\": 500, \"fx_rate\": \"0.9615\","
                    " \"source_currency\": \"usd\"}"));

    assert_int_equal(event.price_minor, 500);
    assert_string_equal(event.currency, "usd");
    event = parse(EVENT("checkout.session.async_payment_succeeded",
                        OF_PURCHASE ", \"currency_conversion\": null"));
    assert_int_equal(event.price_minor, 500);
    assert_string_equal(event.currency, "usd");
}

/* Another program may sell through the same account. */
static void test_a_checkout_without_our_reference_is_nobodys(void **state)
{
    static const char *const texts[] = {
        EVENT("checkout.session.expired", ""),
        EVENT("checkout.session.expired", ", \"client_reference_id\": null"),
        EVENT("checkout.session.expired", ", \"client_reference_id\": \"order 7\""),
        EVENT("checkout.session.expired", ", \"client_reference_id\": \"' OR 1=1 --\""),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_string_equal(parse(texts[i]).purchase_id, "");
}

static void test_what_is_no_event_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[]",
        "null",
        "\"evt_1\"",
        "{}",
        "{\"id\": \"evt_1\"}",
        "{\"type\": \"checkout.session.completed\"}",
        "{\"id\": 7, \"type\": \"x\"}",
        "{\"id\": \"\", \"type\": \"x\"}",
        "{\"id\": \"evt_1\", \"type\": [\"x\"]}",
        "{\"id\": \"evt_1\", \"id\": \"evt_2\", \"type\": \"x\"}",
        "{\"id\": \"evt_1\\u0000\", \"type\": \"x\"}",
        "{\"id\": \"\xFF\", \"type\": \"x\"}",
        "{\"id\": \"evt_1\", \"type\": \"checkout.session.completed\"}",
        "{\"id\": \"evt_1\", \"type\": \"checkout.session.completed\", \"data\": {\"object\": 1}}",
        EVENT("checkout.session.completed", ", \"amount_total\": \"500\""),
        EVENT("checkout.session.completed", ", \"amount_total\": 5.5"),
        EVENT("checkout.session.completed", ", \"amount_total\": 99999999999999999999"),
        EVENT("checkout.session.completed", ", \"currency\": \"usdx\""),
        EVENT("checkout.session.completed", ", \"client_reference_id\": {}"),
        EVENT("checkout.session.completed",
              ", \"currency_conversion\": {\"amount_total\": \"500\"}"),
        EVENT("checkout.session.completed", "") " ]",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_refused(str_of(texts[i]));
}

static void test_long_and_deep_events_are_refused(void **state)
{
    enum { DEEP = 100000, LONG = STRIPE_EVENT_MAX_BYTES + 1 };
    char *deep = malloc(DEEP), *padded = malloc(LONG), id[600];

    assert_non_null(deep);
    assert_non_null(padded);
    memset(deep, '[', DEEP);
    assert_refused((struct str){deep, DEEP});
    memset(padded, ' ', LONG);
    memcpy(padded, "{\"id\": \"evt_1\", \"type\": \"x\"}", 29);
    assert_refused((struct str){padded, LONG});
    (void)snprintf(id, sizeof(id), "{\"id\": \"%0300d\", \"type\": \"x\"}", 7);
    assert_refused(str_of(id));
    free(deep);
    free(padded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_paid_checkout_names_its_purchase_and_price),
        cmocka_unit_test(test_a_converted_price_is_the_one_that_was_asked_for),
        cmocka_unit_test(test_the_type_and_the_payment_tell_what_happened),
        cmocka_unit_test(test_a_checkout_without_our_reference_is_nobodys),
        cmocka_unit_test(test_what_is_no_event_is_refused),
        cmocka_unit_test(test_long_and_deep_events_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
