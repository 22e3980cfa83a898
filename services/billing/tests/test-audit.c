/* The audit finds what the tables' own guards would never let in: they are switched off first. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/ledger/audit.h"
#include "services/billing/tests/ledger_fixture.h"

static struct db *db;

/* An account with 20 credits granted, a job of 10 that was charged 6, and one of 5 that is open. */
static char account[UUID_SIZE];

static int open_database(void **state)
{
    struct reservation reservation;
    struct status st = {0};
    int64_t charged;
    bool is_first;

    db = ledger_open(2);
    ledger_account(db, "pro", account);
    ledger_grant(db, account, 20);
    struct reservation_request request = ledger_request("charged", account, NULL, 10);
    if (reservation_open(db, database_deadline(), &request, &reservation, &st) != STATUS_OK ||
        reservation_commit(db, database_deadline(), reservation.id, 6, &charged, &is_first, &st) !=
            STATUS_OK)
        fail_msg("%s", st.message);
    request = ledger_request("open", account, NULL, 5);
    if (reservation_open(db, database_deadline(), &request, &reservation, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    ledger_assert_balanced(db);
    database_execute(db, "ALTER TABLE account DROP CONSTRAINT account_ledger");
    database_execute(db, "ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_chain");
    database_execute(db, "ALTER TABLE ledger_transfer DROP CONSTRAINT ledger_transfer_once");
    database_execute(db, "ALTER TABLE ledger_transfer DISABLE TRIGGER USER");
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

/* --- helpers --- */

struct found {
    int count;
    char name[40], key[ADDRESS_KEY_SIZE], message[AUDIT_MESSAGE_MAX];
};

static status_code note(const struct audit_finding *finding, void *arg, struct status *st)
{
    struct found *found = arg;

    found->count++;
    (void)snprintf(found->name, sizeof(found->name), "%s", finding->name);
    memcpy(found->key, finding->principal_key, sizeof(found->key));
    memcpy(found->message, finding->message, sizeof(found->message));
    return STATUS_OK;
}

static struct found audit(void)
{
    struct found found = {0};
    struct status st = {0};

    if (audit_run(db, database_deadline(), note, &found, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return found;
}

/* Breaks the books, expects one finding of the account, and mends them. */
static void assert_found(const char *name, const char *breaking, const char *mending)
{
    database_execute(db, breaking);
    struct found found = audit();
    database_execute(db, mending);
    if (found.count != 1)
        fail_msg("%d findings, the last: %s %s", found.count, found.name, found.message);
    assert_string_equal(found.name, name);
    assert_string_equal(found.key, account);
    assert_true(found.message[0] != '\0');
    assert_int_equal(audit().count, 0);
}

/* --- findings --- */

static void test_a_balance_that_is_not_the_sum_is_found(void **state)
{
    assert_found("SUM_MISMATCH", "UPDATE account SET balance_credits = balance_credits + 1",
                 "UPDATE account SET balance_credits = balance_credits - 1");
}

static void test_a_transfer_out_of_line_is_found(void **state)
{
    assert_found("SUM_MISMATCH",
                 "UPDATE ledger_transfer SET available_credits = available_credits + 1 WHERE"
                 " sequence = (SELECT max(sequence) FROM ledger_transfer)",
                 "UPDATE ledger_transfer SET available_credits = available_credits - 1 WHERE"
                 " sequence = (SELECT max(sequence) FROM ledger_transfer)");
}

static void test_use_that_nobody_made_is_found(void **state)
{
    assert_found("USAGE_MISMATCH", "UPDATE usage_period SET quota_credits = quota_credits + 3",
                 "UPDATE usage_period SET quota_credits = quota_credits - 3");
}

static void test_an_orphan_is_found(void **state)
{
    time_set_offset_for_test((AUDIT_ORPHAN_AFTER_MS + 61000) * NANOSECONDS_PER_MS);
    struct found found = audit();
    time_set_offset_for_test(0);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.name, "ORPHAN_RESERVATION");
    assert_non_null(strstr(found.message, "job open "));
    time_set_offset_for_test((AUDIT_ORPHAN_AFTER_MS - 1000) * NANOSECONDS_PER_MS);
    assert_int_equal(audit().count, 0); /* upkeep may still come to it */
    time_set_offset_for_test(0);
}

/* The sums are right, the account paid twice for one job, and holds less than it should. */
static void test_a_double_charge_is_found(void **state)
{
    struct found found;

    database_execute(db, "INSERT INTO ledger_transfer (account_id, sequence, kind, amount_credits,"
                         " available_credits, held_credits, reservation_id, create_time)"
                         " SELECT account_id, 6, 'charge', 4, 9, 1, id, now() FROM reservation"
                         " WHERE request_id = 'charged'");
    database_execute(db, "UPDATE account SET held_credits = 1");
    found = audit();
    database_execute(db, "UPDATE account SET held_credits = 5");
    database_execute(db, "DELETE FROM ledger_transfer WHERE sequence = 6");
    assert_int_equal(found.count, 2); /* HELD_MISMATCH, and then this one */
    assert_string_equal(found.name, "DOUBLE_CHARGE");
    assert_non_null(strstr(found.message, "job charged "));
    assert_int_equal(audit().count, 0);
}

static void test_a_charge_that_the_reservation_does_not_know_is_found(void **state)
{
    assert_found("DOUBLE_CHARGE",
                 "WITH r AS (UPDATE reservation SET refunded_credits = 6 WHERE request_id ="
                 " 'charged') UPDATE usage_period SET paid_credits = paid_credits - 6",
                 "WITH r AS (UPDATE reservation SET refunded_credits = 0 WHERE request_id ="
                 " 'charged') UPDATE usage_period SET paid_credits = paid_credits + 6");
}

static void test_a_paid_purchase_without_its_credits_is_found(void **state)
{
    char breaking[512];

    (void)snprintf(breaking, sizeof(breaking),
                   "INSERT INTO purchase (id, account_id, request_id, pack_name, title,"
                   " amount_credits, price_minor, currency, state, create_time, end_time)"
                   " VALUES (gen_random_uuid(), '%s', 'r', 'small', 't', 500, 500, 'usd', 'paid',"
                   " now(), now())",
                   account);
    assert_found("PURCHASE_MISMATCH", breaking, "DELETE FROM purchase");
}

static status_code refuse(const struct audit_finding *finding, void *arg, struct status *st)
{
    return FAIL(st, STATUS_CANCELLED, NULL, "enough");
}

static void test_who_is_told_may_stop_it(void **state)
{
    struct status st = {0};

    database_execute(db, "UPDATE usage_period SET quota_credits = quota_credits + 3");
    assert_int_equal(audit_run(db, database_deadline(), refuse, NULL, &st), STATUS_CANCELLED);
    database_execute(db, "UPDATE usage_period SET quota_credits = quota_credits - 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_balance_that_is_not_the_sum_is_found),
        cmocka_unit_test(test_a_transfer_out_of_line_is_found),
        cmocka_unit_test(test_use_that_nobody_made_is_found),
        cmocka_unit_test(test_an_orphan_is_found),
        cmocka_unit_test(test_a_double_charge_is_found),
        cmocka_unit_test(test_a_charge_that_the_reservation_does_not_know_is_found),
        cmocka_unit_test(test_a_paid_purchase_without_its_credits_is_found),
        cmocka_unit_test(test_who_is_told_may_stop_it),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
