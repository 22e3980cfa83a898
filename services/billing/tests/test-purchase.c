/* Purchases in PostgreSQL, with a Stripe that is played over TLS. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "services/billing/accounts/account.h"
#include "services/billing/purchases/purchase.h"
#include "services/billing/tests/ledger_fixture.h"

#define SECRET "whsec_purchase_test"
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\": \"cs_1\", \"url\": "        \
    "\"https://checkout.stripe.com/c/pay/cs_1\", \"expires_at\": 1900000000}"

static struct db *db;
static struct arena *arena;
static struct scripted_server *server;
static struct stripe_settings settings;

static int start(void **state)
{
    static const struct scripted_answer answers[] = {{ANSWER, false}};

    db = ledger_open(2);
    arena = arena_new(4 << 20);
    server = scripted_server_start_tls(answers, 1, "127.0.0.1");
    settings = (struct stripe_settings){
        .url = scripted_server_url(server),
        .key = "sk_test_1",
        .webhook_secrets = SECRET,
        .ca_file = scripted_server_ca_file(server),
        .public_url = "https://ocr.example.com",
    };
    return 0;
}

static int stop(void **state)
{
    scripted_server_stop(server);
    arena_free(arena);
    db_close(db);
    return 0;
}

/* @ret_purchase_id: of the account's only purchase. */
static struct account begin(char ret_purchase_id[static UUID_SIZE])
{
    struct account account = {.email = "buyer@example.com"};
    struct status st = {0};
    const char *url;

    ledger_account(db, "free", account.id);
    if (purchase_begin(db, database_deadline(), &settings, &account, "small", "request-1", arena,
                       &url, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_string_equal(url, "https://checkout.stripe.com/c/pay/cs_1");
    /* The latest request names it. */
    const char *form = scripted_server_request(server, scripted_server_count(server) - 1);
    const char *name = strstr(form, "client_reference_id=");
    assert_non_null(name);
    (void)snprintf(ret_purchase_id, UUID_SIZE, "%.36s", name + strlen("client_reference_id="));
    assert_true(uuid_is_valid(ret_purchase_id));
    return account;
}

static const char *event(const char *id, const char *type, const char *purchase_id,
                         const char *checkout_id, const char *payment, int price)
{
    return arena_printf(
        arena,
        "{\"id\": \"%s\", \"type\": \"checkout.session.%s\", \"data\": {\"object\": "
        "{\"id\": \"%s\", \"client_reference_id\": \"%s\", \"payment_status\": "
        "\"%s\", \"amount_total\": %d, \"currency\": \"usd\"}}}",
        id, type, checkout_id, purchase_id, payment, price);
}

static status_code receive(const char *body, bool *ret_is_paid)
{
    const int64_t now = time_wall();
    char time_text[32], hexadecimal[crypto_auth_hmacsha256_BYTES * 2 + 1], header[200];
    unsigned char signature[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    const struct purchase *paid;
    struct status st = {0};

    (void)snprintf(time_text, sizeof(time_text), "%lld.",
                   (long long)(now / NANOSECONDS_PER_SECOND));
    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)SECRET, strlen(SECRET));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)time_text,
                                        strlen(time_text));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
    (void)crypto_auth_hmacsha256_final(&state, signature);
    (void)sodium_bin2hex(hexadecimal, sizeof(hexadecimal), signature, sizeof(signature));
    (void)snprintf(header, sizeof(header), "t=%.*s,v1=%s", (int)strlen(time_text) - 1, time_text,
                   hexadecimal);
    status_code code = purchase_receive(db, database_deadline(), &settings, str_of(body),
                                        str_of(header), now, arena, &paid, &st);
    if (code == STATUS_OK)
        *ret_is_paid = paid != NULL;
    return code;
}

static void test_a_payment_counts_once_whatever_is_repeated(void **state)
{
    char purchase[UUID_SIZE];
    struct account account = begin(purchase);
    bool is_paid;

    assert_int_equal(ledger_balance(db, account.id), 0);
    const char *body = event("evt_once_1", "completed", purchase, "cs_1", "paid", 500);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_true(is_paid);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_false(is_paid);
    body = event("evt_once_2", "async_payment_succeeded", purchase, "cs_1", "paid", 500);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_false(is_paid);
    assert_int_equal(ledger_balance(db, account.id), 500);
    ledger_assert_balanced(db);
}

/* The process died between each two steps of the first delivery; the next one ends the work. */
static void test_a_crash_between_the_steps_changes_nothing(void **state)
{
    for (int i = 0; i < 2; i++) {
        char purchase[UUID_SIZE], sql[256], id[32];
        struct account account = begin(purchase);
        bool is_paid;

        (void)snprintf(id, sizeof(id), "evt_crash_%d", i);
        const char *body = event(id, "completed", purchase, "cs_1", "paid", 500);
        assert_int_equal(receive(body, &is_paid), STATUS_OK);
        (void)snprintf(sql, sizeof(sql), "DELETE FROM payment_event WHERE id = '%s'", id);
        database_execute(db, sql);
        if (i == 0) { /* the credits are in the ledger, the purchase is still open */
            (void)snprintf(sql, sizeof(sql),
                           "UPDATE purchase SET state = 'open', end_time = NULL WHERE id = '%s'",
                           purchase);
            database_execute(db, sql);
        }
        assert_int_equal(receive(body, &is_paid), STATUS_OK);
        assert_int_equal(ledger_balance(db, account.id), 500);
        assert_int_equal(
            ledger_integer(db, "SELECT count(*) FROM purchase WHERE id = '%s' AND state = 'paid'",
                           purchase),
            1);
        assert_int_equal(
            ledger_integer(db, "SELECT count(*) FROM payment_event WHERE id = '%s'", id), 1);
    }
    ledger_assert_balanced(db);
}

static void test_a_deleted_account_gets_nothing_and_the_payment_is_unclaimed(void **state)
{
    char purchase[UUID_SIZE], sql[256];
    struct account account = begin(purchase);
    bool is_paid;

    (void)snprintf(sql, sizeof(sql), "UPDATE account SET standing = 'deleted' WHERE id = '%s'",
                   account.id);
    database_execute(db, sql);
    const char *body = event("evt_gone", "completed", purchase, "cs_1", "paid", 500);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_false(is_paid);
    assert_int_equal(ledger_balance(db, account.id), 0);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM purchase WHERE id = '%s' AND state = 'unclaimed'",
                       purchase),
        1);
}

/* What is sold may change while somebody pays: the old price holds for who began before. */
static void test_a_pack_that_changes_is_sold_as_it_was(void **state)
{
    char purchase[UUID_SIZE];
    struct account account = begin(purchase);
    bool is_paid;

    database_execute(db, "UPDATE credit_pack SET amount_credits = 7, price_minor = 9900,"
                         " is_offered = false WHERE name = 'small'");
    const char *body = event("evt_changed", "completed", purchase, "cs_1", "paid", 500);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_int_equal(ledger_balance(db, account.id), 500);

    struct status st = {0};
    const char *url;
    assert_int_equal(purchase_begin(db, database_deadline(), &settings, &account, "small",
                                    "request-2", arena, &url, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "pack");
    database_execute(db, "UPDATE credit_pack SET amount_credits = 500, price_minor = 500,"
                         " is_offered = true WHERE name = 'small'");
}

/* Stripe's page lasts for a day; its notice of that may be late. */
static void test_a_page_that_is_over_is_not_given_again(void **state)
{
    char purchase[UUID_SIZE], sql[256];
    struct account account = begin(purchase);
    struct status st = {0};
    const char *url;
    bool is_paid;

    assert_int_equal(purchase_begin(db, database_deadline(), &settings, &account, "small",
                                    "request-1", arena, &url, &st),
                     STATUS_OK);
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE purchase SET expire_time = now() - interval '1 second' WHERE id = '%s'",
                   purchase);
    database_execute(db, sql);
    assert_int_equal(purchase_begin(db, database_deadline(), &settings, &account, "small",
                                    "request-1", arena, &url, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "PURCHASE_ENDED");
    /* What was paid there in its last second still counts. */
    const char *body = event("evt_late", "completed", purchase, "cs_1", "paid", 500);
    assert_int_equal(receive(body, &is_paid), STATUS_OK);
    assert_true(is_paid);
}

static void test_notices_are_forgotten_after_a_while(void **state)
{
    struct status st = {0};

    database_execute(db, "INSERT INTO payment_event (id, receive_time) VALUES"
                         " ('evt_old', now() - interval '31 days'), ('evt_new', now())");
    assert_int_equal(purchase_forget_events(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM payment_event WHERE id = '%s'", "evt_old"), 0);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM payment_event WHERE id = '%s'", "evt_new"), 1);
}

static void test_without_a_key_nothing_is_sold_and_no_notice_is_taken(void **state)
{
    const struct stripe_settings off = {"https://127.0.0.1:1", "", "", "", ""};
    struct account account = {.id = ""};
    const struct purchase *paid;
    struct status st = {0};
    const char *url;

    assert_false(purchase_is_offered(&off));
    assert_int_equal(
        purchase_begin(db, database_deadline(), &off, &account, "small", "r", arena, &url, &st),
        STATUS_UNIMPLEMENTED);
    assert_string_equal(st.reason, "PURCHASES_OFF");
    assert_int_equal(purchase_receive(db, database_deadline(), &off, STR("{}"), STR("t=1,v1="),
                                      time_wall(), arena, &paid, &st),
                     STATUS_UNIMPLEMENTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_payment_counts_once_whatever_is_repeated),
        cmocka_unit_test(test_a_crash_between_the_steps_changes_nothing),
        cmocka_unit_test(test_a_deleted_account_gets_nothing_and_the_payment_is_unclaimed),
        cmocka_unit_test(test_a_pack_that_changes_is_sold_as_it_was),
        cmocka_unit_test(test_a_page_that_is_over_is_not_given_again),
        cmocka_unit_test(test_notices_are_forgotten_after_a_while),
        cmocka_unit_test(test_without_a_key_nothing_is_sold_and_no_notice_is_taken),
    };
    struct status st = {0};

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, start, stop);
}
