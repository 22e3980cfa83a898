/* Grants, purchases and refunds. API: B22. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/tests/database.h"
#include "services/billing/ledger/credits.h"
#include "services/billing/tests/ledger_fixture.h"

static struct db *db;

static int open_database(void **state)
{
    db = ledger_open(4);
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

static int check_books(void **state)
{
    ledger_assert_balanced(db);
    return 0;
}

/* --- helpers --- */

static struct status grant(const char *account, int64_t credits, const char *request_id,
                           struct credits_answer *ret_answer)
{
    const struct credits_request request = {account, credits, request_id, "a test"};
    struct status st = {0};

    (void)!credits_grant(db, database_deadline(), &request, ret_answer, &st);
    return st;
}

static struct status refund(const char *account, const char *job_id, const char *request_id,
                            struct credits_answer *ret_answer)
{
    const struct credits_request request = {
        .account = account, .request_id = request_id, .note = "a test"};
    struct status st = {0};

    (void)!credits_refund(db, database_deadline(), &request, job_id, ret_answer, &st);
    return st;
}

static void assert_refused(struct status st, status_code code, const char *reason,
                           const char *field)
{
    assert_int_equal(st.code, code);
    assert_string_equal(st.reason, reason);
    assert_string_equal(st.field, field);
}

/* A job of one page for each reserved one, of which `charged` were read. */
static void run_job(const char *account, const char *job_id, int32_t pages, int32_t charged)
{
    const struct reservation_request request = ledger_request(job_id, account, NULL, pages);
    struct reservation reservation;
    struct status st = {0};
    int64_t credits;
    bool is_first;

    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
    assert_int_equal(reservation_commit(db, database_deadline(), reservation.id, charged, &credits,
                                        &is_first, &st),
                     STATUS_OK);
}

/* --- grants and purchases --- */

static void test_a_grant_is_found_by_address_or_id_and_given_once(void **state)
{
    char account[UUID_SIZE], email[64];
    struct credits_answer answer;

    ledger_account(db, "free", account);
    (void)snprintf(email, sizeof(email), "%s@EXAMPLE.com", account);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(grant(email, 500, "gift-1", &answer).code, STATUS_OK);
        assert_int_equal(answer.balance_credits, 500);
        assert_int_equal(answer.is_first, i == 0);
    }
    assert_int_equal(grant(account, 5, "gift-2", &answer).code, STATUS_OK);
    assert_int_equal(answer.balance_credits, 505);
    assert_refused(grant(account, 6, "gift-2", &answer), STATUS_INVALID_ARGUMENT, "INVALID_FIELD",
                   "request_id");
    assert_int_equal(ledger_balance(db, account), 505);
}

static void test_a_request_id_of_another_account_grants_nothing(void **state)
{
    char account[UUID_SIZE], other[UUID_SIZE];
    struct credits_answer answer;

    ledger_account(db, "free", account);
    ledger_account(db, "free", other);
    assert_int_equal(grant(account, 5, "mine-1", &answer).code, STATUS_OK);
    assert_refused(grant(other, 5, "mine-1", &answer), STATUS_INVALID_ARGUMENT, "INVALID_FIELD",
                   "request_id");
    assert_int_equal(ledger_balance(db, other), 0);
}

static void test_a_grant_that_makes_no_sense_is_refused(void **state)
{
    char account[UUID_SIZE], note[CREDITS_NOTE_MAX_BYTES + 2];
    struct credits_answer answer;
    struct status st = {0};

    ledger_account(db, "free", account);
    assert_refused(grant(account, 0, "no-1", &answer), STATUS_INVALID_ARGUMENT, "INVALID_FIELD",
                   "amount_credits");
    assert_refused(grant(account, -5, "no-1", &answer), STATUS_INVALID_ARGUMENT, "INVALID_FIELD",
                   "amount_credits");
    assert_refused(grant(account, INT64_C(1) + CREDITS_MAX, "no-1", &answer),
                   STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "amount_credits");
    assert_refused(grant(account, INT64_MAX, "no-1", &answer), STATUS_INVALID_ARGUMENT,
                   "INVALID_FIELD", "amount_credits");
    assert_refused(grant(account, 1, "", &answer), STATUS_INVALID_ARGUMENT, "INVALID_FIELD",
                   "request_id");
    memset(note, 'n', sizeof(note) - 1);
    note[sizeof(note) - 1] = '\0';
    const struct credits_request long_note = {account, 1, "no-1", note};
    (void)!credits_grant(db, database_deadline(), &long_note, &answer, &st);
    assert_refused(st, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "note");
    assert_refused(grant("nobody@example.com", 1, "no-1", &answer), STATUS_NOT_FOUND,
                   "ACCOUNT_NOT_FOUND", "");
    assert_refused(grant("' OR true --", 1, "no-1", &answer), STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND",
                   "");
    assert_int_equal(ledger_balance(db, account), 0);
}

static void test_a_purchase_counts_once_and_beside_a_grant(void **state)
{
    char account[UUID_SIZE];
    const struct credits_request request = {account, 1000, "both-1", "credit pack"};
    struct credits_answer answer;
    struct status st = {0};

    ledger_account(db, "free", account);
    assert_int_equal(grant(account, 5, "both-1", &answer).code, STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(credits_purchase(db, database_deadline(), &request, &answer, &st),
                         STATUS_OK);
        assert_int_equal(answer.is_first, i == 0);
        assert_int_equal(answer.balance_credits, 1005);
    }
    assert_int_equal(ledger_integer(db,
                                    "SELECT sum(amount_credits)::bigint FROM ledger_transfer WHERE"
                                    " account_id = '%s' AND from_account = 'sold'",
                                    account),
                     1000);
}

/* --- refunds --- */

static void test_a_refund_gives_back_what_credits_paid(void **state)
{
    char account[UUID_SIZE];
    struct credits_answer answer;

    ledger_account(db, "free", account);
    (void)grant(account, 10, "refund-grant", &answer);
    run_job(account, "refund-job", 15, 12); /* 10 credits and 2 free pages */
    assert_int_equal(ledger_balance(db, account), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(refund(account, "refund-job", "refund-1", &answer).code, STATUS_OK);
        assert_int_equal(answer.amount_credits, 10);
        assert_int_equal(answer.balance_credits, 10);
        assert_int_equal(answer.is_first, i == 0);
    }
    assert_int_equal(ledger_used(db, account), 2);
    assert_refused(refund(account, "refund-job", "refund-2", &answer), STATUS_FAILED_PRECONDITION,
                   "ALREADY_REFUNDED", "");
    run_job(account, "refund-next", 3, 3);
    assert_refused(refund(account, "refund-next", "refund-1", &answer), STATUS_INVALID_ARGUMENT,
                   "INVALID_FIELD", "request_id");
    assert_int_equal(ledger_balance(db, account), 7);
}

static void test_what_was_not_charged_is_not_refunded(void **state)
{
    char account[UUID_SIZE], other[UUID_SIZE];
    struct credits_answer answer;
    struct reservation reservation;
    struct status st = {0};

    ledger_account(db, "free", account);
    ledger_account(db, "free", other);
    run_job(account, "free-job", 5, 5);
    assert_refused(refund(account, "free-job", "none-1", &answer), STATUS_FAILED_PRECONDITION,
                   "NOTHING_TO_REFUND", "");
    (void)grant(account, 10, "none-grant", &answer);
    const struct reservation_request request = ledger_request("open-job", account, NULL, 3);
    assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                     STATUS_OK);
    assert_refused(refund(account, "open-job", "none-2", &answer), STATUS_FAILED_PRECONDITION,
                   "NOTHING_TO_REFUND", "");
    assert_refused(refund(other, "open-job", "none-3", &answer), STATUS_NOT_FOUND, "JOB_NOT_FOUND",
                   "");
    assert_refused(refund(account, "no-such-job", "none-4", &answer), STATUS_NOT_FOUND,
                   "JOB_NOT_FOUND", "");
    assert_int_equal(ledger_balance(db, account), 7);
}

#define BOOKED_TEST(test) cmocka_unit_test_teardown(test, check_books)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOKED_TEST(test_a_grant_is_found_by_address_or_id_and_given_once),
        BOOKED_TEST(test_a_request_id_of_another_account_grants_nothing),
        BOOKED_TEST(test_a_grant_that_makes_no_sense_is_refused),
        BOOKED_TEST(test_a_purchase_counts_once_and_beside_a_grant),
        BOOKED_TEST(test_a_refund_gives_back_what_credits_paid),
        BOOKED_TEST(test_what_was_not_charged_is_not_refunded),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
