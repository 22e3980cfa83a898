/* What is sent to Stripe, and what is made of its answers; over TLS. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "services/billing/purchases/stripe_checkout.h"

#define PURCHASE "0198c0de-0000-4000-8000-000000000001"
#define KEY      "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
#define OK_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define CHECKOUT                                                                                   \
    "{\"id\": \"cs_test_1\", \"object\": \"checkout.session\", \"expires_at\": 1900000000,"        \
    " \"url\": \"https://checkout.stripe.com/c/pay/cs_test_1#fid\"}"

enum { LONG_MS = 60000 };

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_free(arena);
    return 0;
}

static const struct stripe_order order = {
    .purchase_id = PURCHASE,
    .email = "ada+test@example.com",
    .title = "5,000 credits & more=\xE2\x82\xAC",
    .currency = "usd",
    .price_minor = 4000,
};

static status_code open_at(const char *url, const char *ca_file,
                           struct stripe_checkout *ret_checkout, struct status *st)
{
    const struct stripe_settings settings = {
        .url = url,
        .key = KEY,
        .webhook_secrets = "",
        .ca_file = ca_file,
        .public_url = "https://ocr.example.com",
    };

    return stripe_checkout_open(&settings, &order, time_mono_after_ms(LONG_MS), arena, ret_checkout,
                                st);
}

static void test_the_request_is_a_form_with_key_and_idempotency_key(void **state)
{
    static const struct scripted_answer answers[] = {{OK_HEAD CHECKOUT, false}};
    static const char *const members[] = {
        "mode=payment",
        "client_reference_id=" PURCHASE,
        "metadata%5Bpurchase_id%5D=" PURCHASE,
        "customer_email=ada%2Btest%40example.com",
        "line_items%5B0%5D%5Bquantity%5D=1",
        "line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=usd",
        "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=4000",
        "%5Bproduct_data%5D%5Bname%5D=5%2C000%20credits%20%26%20more%3D%E2%82%AC&",
        "success_url=https%3A%2F%2Focr.example.com%2Faccount%2F%3Fpurchase%3Dpaid",
        "cancel_url=https%3A%2F%2Focr.example.com%2Faccount%2F%3Fpurchase%3Dcancelled",
        "POST /v1/checkout/sessions HTTP/1.1\r\n",
        "\r\nAuthorization: Bearer " KEY "\r\n",
        "\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        "\r\nIdempotency-Key: " PURCHASE "\r\n",
        "\r\nStripe-Version: 2024-06-20\r\n",
    };
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start_tls(answers, 1, "127.0.0.1");
    struct stripe_checkout checkout;
    struct status st = {0};

    if (open_at(scripted_server_url(server), scripted_server_ca_file(server), &checkout, &st) !=
        STATUS_OK)
        fail_msg("%s", st.message);
    assert_string_equal(checkout.id, "cs_test_1");
    assert_string_equal(checkout.url, "https://checkout.stripe.com/c/pay/cs_test_1#fid");
    assert_int_equal(checkout.expire_time, INT64_C(1900000000) * NANOSECONDS_PER_SECOND);

    const char *request = scripted_server_request(server, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        if (strstr(request, members[i]) == NULL)
            fail_msg("no %s in %s", members[i], request);
}

#define REFUSAL(param)                                                                             \
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{\"error\": {\"type\": "    \
    "\"invalid_request_error\", \"code\": \"email_invalid\", \"param\": \"" param "\"}}"

static void test_an_email_address_that_is_refused_is_left_to_the_page_to_ask_for(void **state)
{
    static const struct scripted_answer answers[] = {
        {REFUSAL("customer_email"), false},
        {OK_HEAD CHECKOUT, false},
    };
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start_tls(answers, 2, "127.0.0.1");
    struct stripe_checkout checkout;
    struct status st = {0};

    if (open_at(scripted_server_url(server), scripted_server_ca_file(server), &checkout, &st) !=
        STATUS_OK)
        fail_msg("%s", st.message);
    assert_string_equal(checkout.id, "cs_test_1");
    assert_non_null(strstr(scripted_server_request(server, 0), "customer_email="));
    assert_null(strstr(scripted_server_request(server, 1), "customer_email="));
    assert_non_null(strstr(scripted_server_request(server, 1),
                           "\r\nIdempotency-Key: " PURCHASE "-no-email\r\n"));
}

static void assert_unavailable(const char *url, const char *ca_file)
{
    struct stripe_checkout checkout;
    struct status st = {0};

    assert_int_equal(open_at(url, ca_file, &checkout, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "PAYMENT_UNAVAILABLE");
    assert_null(strstr(st.message, "sk_"));
}

static void test_a_refusal_or_nonsense_is_no_checkout(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}",
        REFUSAL("line_items"),
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        OK_HEAD,
        OK_HEAD "{",
        OK_HEAD "[]",
        OK_HEAD "{\"id\": \"cs_1\"}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": null, \"expires_at\": 1900000000}",
        OK_HEAD "{\"id\": \"\", \"url\": \"https://a.example/\", \"expires_at\": 1900000000}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": \"https://a.example/\", \"expires_at\": -1}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": \"https://a.example/\", \"expires_at\": "
                "9223372036854775807}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": \"javascript:alert(1)\", \"expires_at\": 1900000000}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": \"http://a.example/\", \"expires_at\": 1900000000}",
        OK_HEAD "{\"id\": \"cs_1\", \"url\": \"https://a.example/#\\n\", \"expires_at\": "
                "1900000000}",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" CHECKOUT, /* cut short */
        "no HTTP at all",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        const struct scripted_answer script[] = {{answers[i], false}};
        _cleanup_(scripted_server_stopp) struct scripted_server *server =
            scripted_server_start_tls(script, 1, "127.0.0.1");

        assert_unavailable(scripted_server_url(server), scripted_server_ca_file(server));
    }
}

static void test_a_server_whose_certificate_is_not_trusted_gets_no_key(void **state)
{
    static const struct scripted_answer answers[] = {{OK_HEAD CHECKOUT, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start_tls(answers, 1, "127.0.0.1");
    _cleanup_(scripted_server_stopp) struct scripted_server *other =
        scripted_server_start_tls(answers, 1, "127.0.0.2");
    char url[64];

    assert_unavailable(scripted_server_url(server), "");
    assert_unavailable(scripted_server_url(server), scripted_server_ca_file(other));
    assert_int_equal(scripted_server_count(server), 0);
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%d", scripted_closed_port());
    assert_unavailable(url, scripted_server_ca_file(server));
}

static void test_keys_are_sent_to_https_alone(void **state)
{
    static const char *const sound[] = {"https://api.stripe.com", "https://127.0.0.1:8443",
                                        "https://checkout.stripe.com/c/pay/cs_1?a=b"};
    static const char *const unsound[] = {"",
                                          "http://api.stripe.com",
                                          "https://",
                                          "ftp://a",
                                          "https://user:pass@a.example",
                                          "https://a.example/#b",
                                          "//a.example",
                                          "javascript:alert(1)",
                                          "https://a b"};

    for (size_t i = 0; i < ARRAY_LENGTH(sound); i++)
        if (!stripe_url_is_sound(sound[i]))
            fail_msg("%s is sound", sound[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(unsound); i++)
        if (stripe_url_is_sound(unsound[i]))
            fail_msg("%s is not sound", unsound[i]);
}

static void test_settings_that_cannot_work_name_their_variable(void **state)
{
    static const struct {
        struct stripe_settings settings;
        const char *variable; /* NULL: they work */
    } cases[] = {
        {{"https://a.example", "", "", "", "http://127.0.0.1:8080"}, NULL},
        {{"https://a.example", "sk", "whsec", "", "https://b.example/ocr"}, NULL},
        {{"https://a.example", "sk", "", "", "https://b.example"},
         "BILLING_STRIPE_WEBHOOK_SECRETS"},
        {{"http://a.example", "sk", "whsec", "", "https://b.example"}, "BILLING_STRIPE_URL"},
        {{"https://a.example", "", "", "", "https://b.example/"}, "BILLING_PUBLIC_URL"},
        {{"https://a.example", "", "", "", "b.example"}, "BILLING_PUBLIC_URL"},
        {{"https://a.example", "", "", "", ""}, "BILLING_PUBLIC_URL"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct status st = {0};
        status_code code = stripe_check(&cases[i].settings, &st);

        assert_int_equal(code, cases[i].variable == NULL ? STATUS_OK : STATUS_INVALID_ARGUMENT);
        if (cases[i].variable != NULL && strstr(st.message, cases[i].variable) == NULL)
            fail_msg("%s", st.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_request_is_a_form_with_key_and_idempotency_key),
        cmocka_unit_test(test_an_email_address_that_is_refused_is_left_to_the_page_to_ask_for),
        cmocka_unit_test(test_a_refusal_or_nonsense_is_no_checkout),
        cmocka_unit_test(test_a_server_whose_certificate_is_not_trusted_gets_no_key),
        cmocka_unit_test(test_keys_are_sent_to_https_alone),
        cmocka_unit_test(test_settings_that_cannot_work_name_their_variable),
    };
    struct status st = {0};

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, set_up, tear_down);
}
