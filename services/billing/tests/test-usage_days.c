/* Charges by day and tier, and the plans that are shown, in PostgreSQL. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/ledger/credits.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/ledger/usage.h"
#include "services/billing/tests/ledger_fixture.h"

static struct db *db;
static struct arena *arena;

static int start(void **state)
{
    db = ledger_open(2);
    arena = arena_new(1 << 20);
    return 0;
}

static int stop(void **state)
{
    db_close(db);
    arena_free(arena);
    return 0;
}

/* Reserves `pages` and has `charged` of them read, at `time` ("2026-01-31 23:59:59+00"). */
static void use(const char *account_id, const char *request_id, int32_t tier, int32_t pages,
                int32_t charged, const char *time)
{
    struct reservation_request request = ledger_request(request_id, account_id, NULL, pages);
    struct reservation reservation;
    struct status st = {0};
    int64_t credits;
    bool is_first;
    char sql[256];

    request.tier = tier;
    if (reservation_open(db, database_deadline(), &request, &reservation, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_int_equal(reservation_commit(db, database_deadline(), reservation.id, charged, &credits,
                                        &is_first, &st),
                     STATUS_OK);
    (void)snprintf(sql, sizeof(sql), "UPDATE reservation SET create_time = '%s' WHERE id = '%s'",
                   time, reservation.id);
    database_execute(db, sql);
}

static struct usage list(const char *account_id, const char *first_day, const char *last_day)
{
    struct usage usage;
    struct status st = {0};

    if (usage_list(db, database_deadline(), account_id, first_day, last_day, time_wall(), arena,
                   &usage, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return usage;
}

static void assert_day(const struct usage_day *day, const char *text, int32_t tier, int64_t pages,
                       int64_t credits, int64_t paid_credits)
{
    assert_string_equal(day->day, text);
    assert_int_equal(day->tier, tier);
    assert_int_equal(day->pages, pages);
    assert_int_equal(day->credits, credits);
    assert_int_equal(day->paid_credits, paid_credits);
}

/* API: B21 */
static void test_use_is_summed_by_day_and_tier(void **state)
{
    char id[UUID_SIZE], other[UUID_SIZE];

    ledger_account(db, "free", id);
    ledger_account(db, "free", other);
    use(id, "usage-1", PLAN_TIER_CPU, 3, 2, "2026-01-31 00:00:00+00");
    use(id, "usage-2", PLAN_TIER_CPU, 4, 4, "2026-01-31 23:59:59.999+00");
    use(id, "usage-3", PLAN_TIER_VLM, 2, 2, "2026-01-31 12:00:00+00");
    use(id, "usage-4", PLAN_TIER_CPU, 1, 1, "2026-02-01 00:00:00+00");
    use(id, "usage-5", PLAN_TIER_CPU, 1, 0, "2026-02-02 00:00:00+00"); /* none was read */
    use(id, "usage-6", PLAN_TIER_CPU, 5, 5, "2026-02-04 00:00:00+00"); /* after the last day */
    use(id, "usage-7", PLAN_TIER_CPU, 5, 5, "2026-01-30 23:59:59+00"); /* before the first */
    use(other, "usage-8", PLAN_TIER_CPU, 7, 7, "2026-01-31 12:00:00+00");

    struct usage usage = list(id, "2026-01-31", "2026-02-03");
    assert_string_equal(usage.first_day, "2026-01-31");
    assert_string_equal(usage.last_day, "2026-02-03");
    assert_int_equal(usage.count, 3);
    assert_day(&usage.days[0], "2026-01-31", PLAN_TIER_CPU, 6, 6, 0);
    assert_day(&usage.days[1], "2026-01-31", PLAN_TIER_VLM, 2, 10, 0);
    assert_day(&usage.days[2], "2026-02-01", PLAN_TIER_CPU, 1, 1, 0);
}

static void test_what_credits_paid_is_told_apart(void **state)
{
    char id[UUID_SIZE];

    ledger_account(db, "pro", id); /* no free bucket */
    ledger_grant(db, id, 20);
    use(id, "usage-paid", PLAN_TIER_VLM, 3, 2, "2026-03-01 08:00:00+00");
    struct usage usage = list(id, "2026-03-01", "2026-03-01");
    assert_int_equal(usage.count, 1);
    assert_day(&usage.days[0], "2026-03-01", PLAN_TIER_VLM, 2, 10, 10);
}

static void test_what_was_given_back_is_told_of_the_day_of_the_job(void **state)
{
    char id[UUID_SIZE];
    struct credits_answer answer;
    struct status st = {0};

    ledger_account(db, "pro", id);
    ledger_grant(db, id, 20);
    use(id, "usage-kept", PLAN_TIER_CPU, 3, 3, "2026-04-01 08:00:00+00");
    use(id, "usage-refunded", PLAN_TIER_CPU, 2, 2, "2026-04-01 09:00:00+00");
    const struct credits_request request = {
        .account = id, .request_id = "usage-refund", .note = "unreadable"};
    assert_int_equal(
        credits_refund(db, database_deadline(), &request, "usage-refunded", &answer, &st),
        STATUS_OK);
    struct usage usage = list(id, "2026-04-01", "2026-04-01");
    assert_int_equal(usage.count, 1);
    assert_day(&usage.days[0], "2026-04-01", PLAN_TIER_CPU, 5, 5, 5);
    assert_int_equal(usage.days[0].refunded_credits, 2);
}

static void test_days_that_are_not_named_are_the_latest(void **state)
{
    char id[UUID_SIZE];
    int64_t first, last, today = time_wall() / NANOSECONDS_PER_SECOND / 86400;

    ledger_account(db, "free", id);
    struct usage usage = list(id, "", "");
    assert_int_equal(usage.count, 0);
    assert_true(usage_parse_day(usage.first_day, &first));
    assert_true(usage_parse_day(usage.last_day, &last));
    assert_int_equal(last - first + 1, USAGE_DAYS_DEFAULT);
    assert_in_range(last, today, today + 1);
    usage = list(id, "", "2026-03-31");
    assert_string_equal(usage.first_day, "2026-03-01");
}

static void test_a_range_that_makes_no_sense_names_its_field(void **state)
{
    static const struct {
        const char *first, *last, *field;
    } cases[] = {
        {"2026-02-01", "2026-01-31", "first_day"},
        {"2025-01-01", "2026-01-02", "first_day"},
        {"1970-01-01", "9999-12-31", "first_day"},
        {"yesterday", "", "first_day"},
        {"", "2026-02-30", "last_day"},
        {"2026-01-01'; DROP TABLE account; --", "", "first_day"},
    };
    char id[UUID_SIZE];

    ledger_account(db, "free", id);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct usage usage;
        struct status st = {0};

        assert_int_equal(usage_list(db, database_deadline(), id, cases[i].first, cases[i].last,
                                    time_wall(), arena, &usage, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "INVALID_FIELD");
        assert_string_equal(st.field, cases[i].field);
    }
}

static void test_listed_plans_are_shown_by_priority(void **state)
{
    static const char *const names[] = {"anonymous", "free", "starter", "pro", "enterprise"};
    const struct plan *plans;
    struct status st = {0};
    size_t count;

    database_execute(db, "INSERT INTO plan SELECT 'customer', day_cap_credits, month_cap_credits,"
                         " pages_per_file, bytes_per_file, jobs_at_once, requests_per_minute,"
                         " queue_priority, questions_per_day, retention_seconds, NULL, false"
                         " FROM plan WHERE name = 'pro'");
    assert_int_equal(store_plans(db, database_deadline(), arena, &plans, &count, &st), STATUS_OK);
    assert_int_equal(count, ARRAY_LENGTH(names));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(plans[i].name, names[i]);
        assert_int_equal(plans[i].page_price_credits[PLAN_TIER_CPU], 1);
        assert_int_equal(plans[i].page_price_credits[PLAN_TIER_VLM], 5);
    }
    /* Its own, not those that credits bring. */
    assert_int_equal(plans[1].pages_per_file, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_use_is_summed_by_day_and_tier),
        cmocka_unit_test(test_what_credits_paid_is_told_apart),
        cmocka_unit_test(test_what_was_given_back_is_told_of_the_day_of_the_job),
        cmocka_unit_test(test_days_that_are_not_named_are_the_latest),
        cmocka_unit_test(test_a_range_that_makes_no_sense_names_its_field),
        cmocka_unit_test(test_listed_plans_are_shown_by_priority),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
