/* Accounts as operators see and change them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/tests/database.h"
#include "services/billing/accounts/operator.h"
#include "services/billing/tests/ledger_fixture.h"

enum { ACCOUNTS = 7 };

static struct db *db;
static char accounts[ACCOUNTS][UUID_SIZE]; /* "list-0@example.com" and so on, made backwards */

static int open_database(void **state)
{
    db = ledger_open(2);
    for (int i = ACCOUNTS - 1; i >= 0; i--) {
        ledger_account(db, "free", accounts[i]);
        assert_int_equal(ledger_integer(db,
                                        "UPDATE account SET email = 'List-%d@example.com',"
                                        " email_key = 'list-%d@example.com' WHERE id = '%s'"
                                        " RETURNING 1",
                                        i, i, accounts[i]),
                         1);
    }
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

static struct status list(const char *after, const char *contains, size_t page_size,
                          struct account_state *ret_states, size_t *ret_count, bool *ret_has_more)
{
    const struct operator_list request = {page_size, after, contains};
    struct status st = {0};

    (void)!operator_list_accounts(db, database_deadline(), &request, ret_states, ret_count,
                                  ret_has_more, &st);
    return st;
}

static void test_pages_of_accounts_follow_their_addresses(void **state)
{
    struct account_state states[3];
    char after[EMAIL_SIZE] = "", expected[EMAIL_SIZE];
    bool has_more = true;
    size_t count;
    int seen = 0;

    while (has_more) {
        assert_int_equal(list(after, "", 3, states, &count, &has_more).code, STATUS_OK);
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(expected, sizeof(expected), "List-%d@example.com", seen++);
            assert_string_equal(states[i].account.email, expected);
        }
        email_key(states[count - 1].account.email, after);
    }
    assert_int_equal(seen, ACCOUNTS);
}

static void test_an_account_is_listed_as_it_stands(void **state)
{
    struct account_state found;
    struct reservation reservation;
    struct status st = {0};
    bool has_more;
    size_t count;

    ledger_grant(db, accounts[2], 30);
    struct reservation_request request = ledger_request("listed", accounts[2], NULL, 40);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
    assert_int_equal(list("", "LIST-2@", 1, &found, &count, &has_more).code, STATUS_OK);
    assert_int_equal(count, 1);
    assert_false(has_more);
    assert_string_equal(found.account.id, accounts[2]);
    assert_string_equal(found.account.plan.name, "free");
    assert_int_equal(found.account.balance_credits, 0);
    assert_int_equal(found.used_credits, 40);
    assert_int_equal(found.cap_credits, 100);
}

static void test_what_is_looked_for_is_text_alone(void **state)
{
    static const char *const nothing[] = {"%", "_", "' OR true --", "nobody", "\\"};
    struct account_state states[1];
    char long_text[EMAIL_SIZE + 1];
    bool has_more;
    size_t count;

    for (size_t i = 0; i < ARRAY_LENGTH(nothing); i++) {
        assert_int_equal(list("", nothing[i], 1, states, &count, &has_more).code, STATUS_OK);
        assert_int_equal(count, 0);
    }
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_string_equal(list("", long_text, 1, states, &count, &has_more).field, "email_contains");
    assert_string_equal(list(long_text, "", 1, states, &count, &has_more).field, "page_token");
}

static void test_a_changed_plan_holds_from_the_next_call_on(void **state)
{
    struct account_state changed;
    struct reservation reservation;
    struct status st = {0};

    ledger_grant(db, accounts[0], 600);
    assert_int_equal(
        operator_change_plan(db, database_deadline(), "LIST-0@example.com", "pro", &changed, &st),
        STATUS_OK);
    assert_string_equal(changed.account.plan.name, "pro");
    assert_int_equal(changed.cap_credits, 0);
    struct reservation_request request = ledger_request("as-pro", accounts[0], NULL, 600);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
}

static void test_a_plan_that_there_is_not_is_refused_with_those_that_there_are(void **state)
{
    struct account_state changed;
    struct status st = {0};

    assert_int_equal(
        operator_change_plan(db, database_deadline(), accounts[1], "gold", &changed, &st),
        STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "plan");
    assert_non_null(strstr(st.message, "free, starter, pro"));
    assert_int_equal(
        operator_change_plan(db, database_deadline(), accounts[1], "anonymous", &changed, &st),
        STATUS_INVALID_ARGUMENT);
    assert_int_equal(
        operator_change_plan(db, database_deadline(), "nobody@example.com", "pro", &changed, &st),
        STATUS_NOT_FOUND);
}

static void test_a_suspension_holds_until_it_is_lifted(void **state)
{
    struct reservation_request request = ledger_request("suspended", accounts[3], NULL, 1);
    struct account_state changed;
    struct reservation reservation;
    struct status st = {0};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            operator_suspend(db, database_deadline(), accounts[3], true, &changed, &st), STATUS_OK);
        assert_int_equal(changed.account.standing, ACCOUNT_SUSPENDED);
    }
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "SUSPENDED");
    assert_int_equal(operator_suspend(db, database_deadline(), accounts[3], false, &changed, &st),
                     STATUS_OK);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
}

static void test_a_deleted_account_is_not_found(void **state)
{
    struct account_state changed, states[ACCOUNTS];
    struct status st = {0};
    bool has_more;
    size_t count;

    assert_int_equal(ledger_integer(db,
                                    "UPDATE account SET standing = 'deleted' WHERE id = '%s'"
                                    " RETURNING 1",
                                    accounts[6]),
                     1);
    assert_int_equal(operator_suspend(db, database_deadline(), accounts[6], false, &changed, &st),
                     STATUS_NOT_FOUND);
    assert_int_equal(list("", "list-", ACCOUNTS, states, &count, &has_more).code, STATUS_OK);
    assert_int_equal(count, ACCOUNTS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_of_accounts_follow_their_addresses),
        cmocka_unit_test(test_an_account_is_listed_as_it_stands),
        cmocka_unit_test(test_what_is_looked_for_is_text_alone),
        cmocka_unit_test(test_a_changed_plan_holds_from_the_next_call_on),
        cmocka_unit_test(test_a_plan_that_there_is_not_is_refused_with_those_that_there_are),
        cmocka_unit_test(test_a_suspension_holds_until_it_is_lifted),
        cmocka_unit_test(test_a_deleted_account_is_not_found),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
