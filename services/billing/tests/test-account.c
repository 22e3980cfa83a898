#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/accounts/account.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/tests/ledger_fixture.h"

#define PASSWORD "correct horse battery"

static struct db *db;
static struct password_hasher *hasher;

static int open_database(void **state)
{
    struct status st = {0};

    db = ledger_open(4);
    return password_hasher_new(1, &hasher, &st) == STATUS_OK ? 0 : -1;
}

static int close_database(void **state)
{
    password_hasher_free(hasher);
    db_close(db);
    return 0;
}

static struct account_state create(const char *email, char ret_token[static TOKEN_SIZE])
{
    struct account_state account;
    struct status st = {0};

    if (account_create(db, database_deadline(), hasher, email, PASSWORD, &account, ret_token,
                       &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return account;
}

static struct status create_badly(const char *email, const char *password)
{
    struct account_state account;
    struct status st = {0};
    char token[TOKEN_SIZE];

    assert_int_not_equal(
        account_create(db, database_deadline(), hasher, email, password, &account, token, &st),
        STATUS_OK);
    return st;
}

static struct account_state get(const char *token)
{
    struct account_state account;
    struct status st = {0};

    if (account_get(db, database_deadline(), str_of(token), &account, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return account;
}

static struct status authenticate(const char *token, const char *address,
                                  struct principal *ret_principal)
{
    struct status st = {0};

    (void)!account_authenticate(db, database_deadline(), str_of(token), address, 0, ret_principal,
                                &st);
    return st;
}

/* API: B21, POST /api/v1/account/ */
static void test_a_new_account_is_free_and_has_a_token(void **state)
{
    char token[TOKEN_SIZE];
    struct account_state created = create("Ada@example.com", token);

    assert_string_equal(created.account.email, "Ada@example.com");
    assert_string_equal(created.account.plan.name, "free");
    assert_int_equal(created.used_credits, 0);
    assert_int_equal(created.cap_credits, 100);
    assert_int_equal(created.account.balance_credits, 0);
    assert_true(created.reset_time > time_wall());

    struct account_state same = get(token);
    assert_string_equal(same.account.id, created.account.id);
    assert_string_equal(same.account.email, "Ada@example.com");
}

static void test_no_secret_is_kept_in_the_clear(void **state)
{
    char token[TOKEN_SIZE];

    (void)create("secret@example.com", token);
    /* Every row of both tables as text, in which neither must be found. */
    assert_int_equal(ledger_integer(db,
                                    "SELECT count(*) FROM (SELECT account::text FROM account UNION"
                                    " ALL SELECT token::text FROM token) AS rows (line) WHERE"
                                    " strpos(line, '%s') > 0 OR strpos(line, '%s') > 0",
                                    token, PASSWORD),
                     0);
    assert_int_equal(ledger_integer(db,
                                    "SELECT count(*) FROM token WHERE hash = sha256('%s'::bytea)"
                                    " AND hint = left('%s', 8)",
                                    token, token),
                     1);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM account WHERE password_hash LIKE"
                                          " '$argon2id$%' AND email_key = 'secret@example.com'"),
                     1);
}

static void test_an_address_has_one_account(void **state)
{
    char token[TOKEN_SIZE];

    (void)create("twice@example.com", token);
    struct status st = create_badly("TWICE@Example.com", PASSWORD);
    assert_int_equal(st.code, STATUS_ALREADY_EXISTS);
    assert_string_equal(st.reason, "ACCOUNT_EXISTS");
}

static void test_bad_input_names_its_field(void **state)
{
    struct status st = create_badly("nobody", PASSWORD);
    assert_int_equal(st.code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "INVALID_FIELD");
    assert_string_equal(st.field, "email");

    st = create_badly("weak@example.com", "12345678");
    assert_string_equal(st.reason, "WEAK_PASSWORD");
    assert_string_equal(st.field, "password");

    st = create_badly("\xff\xfe@example.com", PASSWORD);
    assert_string_equal(st.reason, "INVALID_FIELD");
    assert_string_equal(st.field, "email");
}

static void test_a_token_tells_who_calls(void **state)
{
    char token[TOKEN_SIZE];
    struct account_state created = create("who@example.com", token);
    struct principal principal;

    assert_int_equal(authenticate(token, "192.0.2.1", &principal).code, STATUS_OK);
    assert_false(principal.is_anonymous);
    assert_string_equal(principal.account_id, created.account.id);
    assert_string_equal(principal.key, created.account.id);
    assert_int_equal(principal.plan.pages_per_file, 25);
    assert_int_equal(principal.plan.page_price_credits[PLAN_TIER_VLM], 5);
    assert_int_equal(ledger_integer(db,
                                    "SELECT count(*) FROM token WHERE account_id = '%s' AND"
                                    " last_used_time > now() - interval '1 minute'",
                                    created.account.id),
                     1);
}

/* API: Authentication, "a token that is present but wrong is 401, never anonymous". */
static void test_a_wrong_token_is_refused(void **state)
{
    static const char *const wrong[] = {"x", "om_", "\xff", " ",
                                        "om_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    char token[TOKEN_SIZE];
    struct principal principal;

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct status st = authenticate(wrong[i], "192.0.2.1", &principal);
        assert_int_equal(st.code, STATUS_UNAUTHENTICATED);
        assert_string_equal(st.reason, "INVALID_TOKEN");
    }
    (void)create("cut@example.com", token);
    token[TOKEN_SIZE - 2] ^= 1;
    assert_int_equal(authenticate(token, "192.0.2.1", &principal).code, STATUS_UNAUTHENTICATED);
}

static void test_who_has_no_token_is_the_address(void **state)
{
    struct principal principal;

    assert_int_equal(authenticate("", "2001:db8::7", &principal).code, STATUS_OK);
    assert_true(principal.is_anonymous);
    assert_string_equal(principal.account_id, "");
    assert_string_equal(principal.key, "2001:db8::/64");
    assert_string_equal(principal.plan.name, "anonymous");
    assert_int_equal(principal.plan.day_cap_credits, 20);
    assert_int_equal(principal.plan.pages_per_file, 5);
    assert_int_equal(authenticate("", "somewhere", &principal).code, STATUS_INVALID_ARGUMENT);
}

static void test_an_account_is_shown_to_its_token_alone(void **state)
{
    struct account_state account;
    struct status st = {0};

    assert_int_equal(account_get(db, database_deadline(), STR(""), &account, &st),
                     STATUS_UNAUTHENTICATED);
    assert_string_equal(st.reason, "MISSING_TOKEN");
    assert_int_equal(account_get(db, database_deadline(), STR("om_x"), &account, &st),
                     STATUS_UNAUTHENTICATED);
    assert_string_equal(st.reason, "INVALID_TOKEN");
}

/* API: B21, `used` and `cap` are this period's, whatever paid. */
static void test_use_is_counted_whatever_paid_for_it(void **state)
{
    char token[TOKEN_SIZE];
    struct account_state created = create("use@example.com", token);
    struct reservation held;
    struct status st = {0};
    int64_t charged;
    bool is_first;

    ledger_grant(db, created.account.id, 30);
    struct reservation_request request = ledger_request("use-1", created.account.id, NULL, 110);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &held, &st), STATUS_OK);
    assert_int_equal(
        reservation_commit(db, database_deadline(), held.id, 110, &charged, &is_first, &st),
        STATUS_OK);
    struct account_state after = get(token);
    assert_int_equal(after.used_credits, 110);
    assert_int_equal(after.cap_credits, 100);
    assert_int_equal(after.account.balance_credits, 0);

    time_set_offset_for_test(INT64_C(32) * 24 * 3600 * NANOSECONDS_PER_SECOND);
    struct account_state next = get(token);
    time_set_offset_for_test(0);
    assert_int_equal(next.used_credits, 0);
    assert_int_equal(next.account.balance_credits, 0);
}

static void test_credits_raise_limits_and_priority(void **state)
{
    char token[TOKEN_SIZE];
    struct account_state created = create("rich@example.com", token);
    struct principal before, after;

    (void)authenticate(token, "192.0.2.1", &before);
    ledger_grant(db, created.account.id, 1);
    (void)authenticate(token, "192.0.2.1", &after);
    assert_string_equal(after.plan.name, "free");
    assert_true(after.plan.pages_per_file > before.plan.pages_per_file);
    assert_true(after.plan.queue_priority > before.plan.queue_priority);
    assert_int_equal(after.plan.month_cap_credits, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_account_is_free_and_has_a_token),
        cmocka_unit_test(test_no_secret_is_kept_in_the_clear),
        cmocka_unit_test(test_an_address_has_one_account),
        cmocka_unit_test(test_bad_input_names_its_field),
        cmocka_unit_test(test_a_token_tells_who_calls),
        cmocka_unit_test(test_a_wrong_token_is_refused),
        cmocka_unit_test(test_who_has_no_token_is_the_address),
        cmocka_unit_test(test_an_account_is_shown_to_its_token_alone),
        cmocka_unit_test(test_use_is_counted_whatever_paid_for_it),
        cmocka_unit_test(test_credits_raise_limits_and_priority),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
