#include "services/billing/tests/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/db/tests/database.h"
#include "services/billing/account.h"
#include "services/billing/migrations.h"

struct db *ledger_open(int connections_max)
{
    struct db *db = database_open("billing", connections_max);
    struct status st = {0};

    if (db_migrate(db, billing_migrations, billing_migrations_count, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return db;
}

int64_t ledger_integer(struct db *db, const char *format, ...)
{
    char sql[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    return database_integer(db, sql);
}

void ledger_account(struct db *db, const char *plan_name, char ret_id[static UUID_SIZE])
{
    uuid_make(ret_id);
    assert_int_equal(
        ledger_integer(db,
                       "INSERT INTO account (id, email, email_key, password_hash, plan_name,"
                       " create_time) VALUES ('%s', '%s@example.com', '%s@example.com', '', '%s',"
                       " now()) RETURNING 1",
                       ret_id, ret_id, ret_id, plan_name),
        1);
}

void ledger_grant(struct db *db, const char *account_id, int64_t credits)
{
    char request_id[RANDOM_ID_SIZE];
    struct status st = {0};
    int64_t balance;

    random_id(request_id);
    if (account_grant(db, database_deadline(), account_id, credits, request_id, "", &balance,
                      &st) != STATUS_OK)
        fail_msg("%s", st.message);
}

struct reservation_request ledger_request(const char *request_id, const char *account_id,
                                          const char *address, int32_t pages)
{
    return (struct reservation_request){
        .request_id = request_id,
        .account_id = account_id == NULL ? "" : account_id,
        .principal_key = account_id == NULL ? address : "",
        .tier = PLAN_TIER_CPU,
        .pages = pages,
        .lifetime_ms = 60000,
    };
}

int64_t ledger_balance(struct db *db, const char *account_id)
{
    return ledger_integer(db, "SELECT balance_credits FROM account WHERE id = '%s'", account_id);
}

int64_t ledger_used(struct db *db, const char *principal_key)
{
    return ledger_integer(db,
                          "SELECT coalesce(sum(quota_credits + paid_credits), 0)::bigint"
                          " FROM usage_period WHERE principal_key = '%s'",
                          principal_key);
}

void ledger_assert_balanced(struct db *db)
{
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM account WHERE balance_credits <> coalesce((SELECT"
                           " sum(amount_credits) FROM ledger_entry WHERE account_id = account.id),"
                           " 0)"),
        0);
    assert_int_equal(
        ledger_integer(
            db, "SELECT count(*) FROM usage_period AS u FULL JOIN (SELECT principal_key, period,"
                " start_time, sum(CASE state WHEN 'open' THEN quota_credits ELSE"
                " charged_quota_credits END) AS quota, sum(CASE state WHEN 'open' THEN"
                " paid_credits ELSE charged_paid_credits END) AS paid FROM reservation"
                " GROUP BY principal_key, period, start_time) AS r"
                " USING (principal_key, period, start_time)"
                " WHERE coalesce(u.quota_credits, 0) <> coalesce(r.quota, 0)"
                " OR coalesce(u.paid_credits, 0) <> coalesce(r.paid, 0)"),
        0);
    assert_int_equal(
        ledger_integer(
            db, "SELECT count(*) FROM reservation AS r WHERE account_id IS NOT NULL AND"
                " coalesce((SELECT -sum(amount_credits) FROM ledger_entry WHERE reservation_id ="
                " r.id), 0) <> CASE state WHEN 'open' THEN paid_credits ELSE charged_paid_credits"
                " END"),
        0);
}
