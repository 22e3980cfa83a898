/* What there was before a migration is there after it, in its new form. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/tests/database.h"
#include "services/billing/migrations.h"
#include "services/billing/tests/ledger_fixture.h"

#define ACCOUNT "0198c0de-0000-4000-8000-000000000001"
#define DELETED "0198c0de-0000-4000-8000-000000000003"

/* As the old program wrote them: 100 granted; a job of 30 that was charged 20, one of 10 that was
 * released, one of 40 that is open, and one of the free bucket. */
static const char *const old_rows[] = {
    "INSERT INTO account (id, email, email_key, password_hash, plan_name, create_time) VALUES "
    "('" ACCOUNT "', 'a@example.com', 'a@example.com', '', 'pro', now()), "
    "('0198c0de-0000-4000-8000-000000000002', 'b@example.com', 'b@example.com', '', 'free', now())",
    "INSERT INTO reservation (id, request_id, principal_key, account_id, tier, pages,"
    " page_price_credits, period, start_time, quota_credits, paid_credits, state, charged_pages,"
    " charged_quota_credits, charged_paid_credits, create_time, expire_time, end_time)"
    " SELECT ('0198c0de-0000-4000-8000-00000000010' || n)::uuid, 'job-' || n, '" ACCOUNT
    "', '" ACCOUNT "', 1, quota + paid, 1, 'month', '2026-01-01', quota, paid, state,"
    " charged_quota + charged_paid, charged_quota, charged_paid, now(), now() + interval '1 hour',"
    " CASE state WHEN 'open' THEN NULL ELSE now() END"
    " FROM (VALUES (1, 0, 30, 'committed', 0, 20), (2, 0, 10, 'released', 0, 0),"
    " (3, 0, 40, 'open', 0, 0), (4, 5, 0, 'committed', 4, 0))"
    " AS r (n, quota, paid, state, charged_quota, charged_paid)",
    "INSERT INTO usage_period VALUES ('" ACCOUNT "', 'month', '2026-01-01', 4, 60)",
    "INSERT INTO ledger_entry (account_id, kind, amount_credits, reservation_id, request_id, note,"
    " create_time) SELECT '" ACCOUNT "', kind, amount, reservation, request, note, now()"
    " FROM (VALUES ('grant', 100, NULL::uuid, 'g-1', 'welcome'),"
    " ('reserve', -30, '0198c0de-0000-4000-8000-000000000101', NULL, ''),"
    " ('reserve', -10, '0198c0de-0000-4000-8000-000000000102', NULL, ''),"
    " ('return', 10, '0198c0de-0000-4000-8000-000000000101', NULL, ''),"
    " ('reserve', -40, '0198c0de-0000-4000-8000-000000000103', NULL, ''),"
    " ('return', 10, '0198c0de-0000-4000-8000-000000000102', NULL, ''))"
    " AS e (kind, amount, reservation, request, note)",
};

/* All that come before the one of that name; NULL: all. */
static void migrate_before(struct db *db, const char *name)
{
    struct status st = {0};
    size_t count = 0;

    while (count < billing_migrations_count &&
           (name == NULL || strcmp(billing_migrations[count].name, name) != 0))
        count++;
    if (db_migrate(db, billing_migrations, count, &st) != STATUS_OK)
        fail_msg("%s", st.message);
}

static void test_the_old_ledger_is_carried_over(void **state)
{
    struct db *db = database_open("billing", 2);
    struct status st = {0};
    int64_t charged;
    bool is_first;

    migrate_before(db, "0010_make_ledger_double_entry");
    for (size_t i = 0; i < ARRAY_LENGTH(old_rows); i++)
        database_execute(db, old_rows[i]);
    migrate_before(db, "0042_purge_chat");

    ledger_assert_balanced(db);
    assert_int_equal(ledger_balance(db, ACCOUNT), 40);
    assert_int_equal(
        database_integer(db, "SELECT held_credits FROM account WHERE id = '" ACCOUNT "'"), 40);
    assert_int_equal(database_integer(db, "SELECT sum(amount_credits)::bigint FROM ledger_transfer"
                                          " WHERE to_account = 'revenue'"),
                     20);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM ledger_transfer WHERE note ="
                                          " 'welcome' AND request_id = 'g-1' AND kind = 'grant'"),
                     1);
    assert_int_equal(reservation_commit(db, database_deadline(),
                                        "0198c0de-0000-4000-8000-000000000103", 15, &charged,
                                        &is_first, &st),
                     STATUS_OK);
    assert_int_equal(ledger_balance(db, ACCOUNT), 65);
    ledger_assert_balanced(db);
    db_close(db);
}

/* In the database as the test before has left it. */
static void test_accounts_in_deletion_wait_for_chat_too(void **state)
{
    static const char *const purges =
        "SELECT count(*) FROM account_purge WHERE account_id = '" DELETED "' AND service = ";
    struct db *db = database_open("billing", 2);

    database_execute(db, "INSERT INTO account (id, plan_name, create_time, standing)"
                         " VALUES ('" DELETED "', 'free', now(), 'deleted')");
    database_execute(db, "INSERT INTO account_purge VALUES ('" DELETED "', 'ocr', now())");
    migrate_before(db, NULL);

    assert_int_equal(ledger_integer(db, "%s'ocr'", purges), 1);
    assert_int_equal(ledger_integer(db, "%s'chat'", purges), 1);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_old_ledger_is_carried_over),
        cmocka_unit_test(test_accounts_in_deletion_wait_for_chat_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
