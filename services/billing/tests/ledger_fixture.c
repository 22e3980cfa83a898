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
#include "services/billing/ledger/audit.h"
#include "services/billing/ledger/credits.h"
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
    const struct credits_request request = {account_id, credits, request_id, ""};
    struct credits_answer answer;
    struct status st = {0};

    random_id(request_id);
    if (credits_grant(db, database_deadline(), &request, &answer, &st) != STATUS_OK)
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

static status_code tell(const struct audit_finding *finding, void *arg, struct status *st)
{
    int *count = arg;

    print_error("%s %s: %s\n", finding->name, finding->principal_key, finding->message);
    ++*count;
    return STATUS_OK;
}

void ledger_assert_balanced(struct db *db)
{
    struct status st = {0};
    int findings = 0;

    if (audit_run(db, database_deadline(), tell, &findings, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_int_equal(findings, 0);
}
