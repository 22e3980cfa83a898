/* The end of an account: what is erased at once, what is waited for, what the books keep. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/tests/database.h"
#include "services/billing/accounts/account_deletion.h"
#include "services/billing/ledger/question.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/sign_in/session.h"
#include "services/billing/tests/ledger_fixture.h"

#define PASSWORD "correct horse battery"

static struct db *db;
static struct password_hasher *hasher;

static int open_database(void **state)
{
    struct status st = {0};

    db = ledger_open(4);
    return password_hasher_new(2, &hasher, &st) == STATUS_OK ? 0 : -1;
}

static int close_database(void **state)
{
    ledger_assert_balanced(db);
    password_hasher_free(hasher);
    db_close(db);
    return 0;
}

static void create(const char *email, char ret_id[static UUID_SIZE],
                   char ret_token[static TOKEN_SIZE])
{
    struct account_state created;
    struct status st = {0};

    if (account_create(db, database_deadline(), hasher, email, PASSWORD, &created, ret_token,
                       &st) != STATUS_OK)
        fail_msg("%s", st.message);
    memcpy(ret_id, created.account.id, UUID_SIZE);
}

static status_code delete(const char *token, const char *password)
{
    struct status st = {0};

    return account_delete(db, database_deadline(), hasher, str_of(token), password, "192.0.2.1",
                          &st);
}

/* The services that keep data of accounts. */
static const char *const services[] = {"ocr", "chat"};

/* As the one after the other of them does, until one is refused. */
static status_code confirm(const char *account_id, struct status *st)
{
    *st = (struct status){0};
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        TRY(account_confirm_purge(db, database_deadline(), account_id, services[i], st));
    return STATUS_OK;
}

/* Whether it waits for the service, and is settled. */
static bool is_listed_for(const char *service, const char *account_id, bool *ret_settled)
{
    struct account_deleted list[ACCOUNT_DELETED_PAGE_MAX];
    struct status st = {0};
    size_t count;

    if (account_deleted_list(db, database_deadline(), service, list, &count, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    for (size_t i = 0; i < count; i++) {
        *ret_settled = list[i].is_settled;
        if (strcmp(list[i].account_id, account_id) == 0)
            return true;
    }
    return false;
}

static bool is_listed(const char *account_id, bool *ret_settled)
{
    return is_listed_for(services[0], account_id, ret_settled);
}

static void test_nothing_of_the_person_is_left(void **state)
{
    char id[UUID_SIZE], token[TOKEN_SIZE];
    struct session session;
    struct account account;
    struct status st = {0};

    create("Gone@example.com", id, token);
    assert_int_equal(session_create(db, database_deadline(), hasher,
                                    &(struct session_proof){"gone@example.com", PASSWORD, "::1"},
                                    60000, &session, &st),
                     STATUS_OK);
    assert_int_equal(delete (token, "a wrong password"), STATUS_PERMISSION_DENIED);
    assert_int_equal(delete (session.secret, PASSWORD), STATUS_OK);
    assert_int_equal(account_find_by_token(db, database_deadline(), str_of(token), &account, &st),
                     STATUS_UNAUTHENTICATED);
    assert_int_equal(
        account_find_by_token(db, database_deadline(), str_of(session.secret), &account, &st),
        STATUS_UNAUTHENTICATED);
    assert_int_equal(delete (token, PASSWORD), STATUS_UNAUTHENTICATED);
    assert_int_equal(ledger_integer(db,
                                    "SELECT count(*) FROM account WHERE id = '%s' AND email IS NULL"
                                    " AND email_key IS NULL AND password_hash IS NULL",
                                    id),
                     1);
    /* The address is free again, for another account. */
    char other_id[UUID_SIZE], other_token[TOKEN_SIZE];
    create("gone@example.com", other_id, other_token);
    assert_string_not_equal(id, other_id);
}

static void test_it_waits_for_what_is_reserved(void **state)
{
    char id[UUID_SIZE], token[TOKEN_SIZE];
    struct reservation reservation;
    struct status st = {0};
    bool is_settled, is_first;

    create("waits@example.com", id, token);
    const struct reservation_request request = ledger_request("waits-1", id, NULL, 3);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
    assert_int_equal(delete (token, PASSWORD), STATUS_OK);
    assert_true(is_listed(id, &is_settled));
    assert_false(is_settled);
    assert_int_equal(confirm(id, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "NOT_SETTLED");

    const struct reservation_request late = ledger_request("waits-2", id, NULL, 1);
    struct reservation other;
    assert_int_equal(reservation_open(db, database_deadline(), &late, &other, &st),
                     STATUS_NOT_FOUND);

    assert_int_equal(reservation_release(db, database_deadline(), reservation.id, &is_first, &st),
                     STATUS_OK);
    assert_true(is_listed(id, &is_settled));
    assert_true(is_settled);
    assert_int_equal(confirm(id, &st), STATUS_OK);
    assert_false(is_listed(id, &is_settled));
    assert_int_equal(confirm(id, &st), STATUS_OK);
}

static void test_credits_that_are_left_are_written_off(void **state)
{
    char id[UUID_SIZE], token[TOKEN_SIZE];
    struct status st;

    create("rich@example.com", id, token);
    ledger_grant(db, id, 70);
    assert_int_equal(delete (token, PASSWORD), STATUS_OK);
    assert_int_equal(ledger_balance(db, id), 70);
    assert_int_equal(confirm(id, &st), STATUS_OK);
    assert_int_equal(ledger_balance(db, id), 0);
    assert_int_equal(confirm(id, &st), STATUS_OK);
    assert_int_equal(ledger_integer(db,
                                    "SELECT sum(amount_credits)::bigint FROM ledger_transfer"
                                    " WHERE kind = 'write_off' AND account_id = '%s'",
                                    id),
                     70);
}

static void test_it_waits_for_every_service(void **state)
{
    char id[UUID_SIZE], token[TOKEN_SIZE];
    struct question_count count;
    struct status st = {0};
    bool is_settled;

    create("everywhere@example.com", id, token);
    ledger_grant(db, id, 5);
    assert_int_equal(question_spend(db, database_deadline(), id, "why", &count, &st), STATUS_OK);
    assert_int_equal(delete (token, PASSWORD), STATUS_OK);
    assert_int_equal(
        ledger_integer(db,
                       "SELECT (SELECT count(*) FROM question WHERE account_id = '%s')"
                       " + (SELECT count(*) FROM question_day WHERE account_id = '%s')",
                       id, id),
        0);
    assert_int_equal(question_spend(db, database_deadline(), id, "why", &count, &st),
                     STATUS_NOT_FOUND);

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        assert_int_equal(ledger_balance(db, id), 5);
        assert_true(is_listed_for(services[i], id, &is_settled));
        assert_int_equal(account_confirm_purge(db, database_deadline(), id, services[i], &st),
                         STATUS_OK);
        assert_false(is_listed_for(services[i], id, &is_settled));
    }
    assert_int_equal(ledger_balance(db, id), 0);
}

static void test_only_what_was_deleted_is_confirmed(void **state)
{
    struct account_deleted list[ACCOUNT_DELETED_PAGE_MAX];
    char id[UUID_SIZE], token[TOKEN_SIZE];
    struct status st;
    size_t count;

    create("lives@example.com", id, token);
    assert_int_equal(confirm(id, &st), STATUS_NOT_FOUND);
    assert_int_equal(confirm("no id", &st), STATUS_NOT_FOUND);
    assert_int_equal(account_confirm_purge(db, database_deadline(), id, "billing", &st),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(account_deleted_list(db, database_deadline(), "", list, &count, &st),
                     STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_of_the_person_is_left),
        cmocka_unit_test(test_it_waits_for_what_is_reserved),
        cmocka_unit_test(test_credits_that_are_left_are_written_off),
        cmocka_unit_test(test_it_waits_for_every_service),
        cmocka_unit_test(test_only_what_was_deleted_is_confirmed),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
