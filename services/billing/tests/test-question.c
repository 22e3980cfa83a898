/* Questions a day: counted once, capped by the plan, right under many at once. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/ledger/question.h"
#include "services/billing/ledger/usage.h"
#include "services/billing/tests/ledger_fixture.h"

#define DAY_NS (INT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND)

enum {
    FREE_CAP = 50,    /* of the plan `free` */
    FUNDED_CAP = 200, /* of `starter`, which holds while there are credits */
    ASKERS = 8,
    QUESTIONS_EACH = 10, /* together more than FREE_CAP */
};

static struct db *db;

static int open_database(void **state)
{
    db = ledger_open(ASKERS);
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

/* Noon, so that the day does not turn within a test. */
static int set_noon(void **state)
{
    time_set_offset_for_test(0);
    const int64_t into_day = time_wall() % DAY_NS;
    time_set_offset_for_test(DAY_NS / 2 - into_day);
    return 0;
}

static int reset_time(void **state)
{
    time_set_offset_for_test(0);
    return 0;
}

static status_code spend(const char *account, const char *request_id, struct question_count *count,
                         struct status *st)
{
    *st = (struct status){0};
    return question_spend(db, database_deadline(), account, request_id, count, st);
}

static struct question_count ask(const char *account, int first, int questions)
{
    struct question_count count = {0};
    struct status st;
    char id[32];

    for (int i = 0; i < questions; i++) {
        (void)snprintf(id, sizeof(id), "question-%d", first + i);
        if (spend(account, id, &count, &st) != STATUS_OK)
            fail_msg("%s", st.message);
    }
    return count;
}

static void assert_info(const struct status *st, const char *key, const char *value)
{
    assert_non_null(status_get_info(st, key));
    assert_string_equal(status_get_info(st, key), value);
}

static void test_the_plans_number_is_asked_and_no_more(void **state)
{
    char account[UUID_SIZE], reset[TIME_RFC3339_SIZE];
    struct question_count count;
    struct status st;

    ledger_account(db, "free", account);
    count = ask(account, 0, FREE_CAP);
    assert_int_equal(count.used, FREE_CAP);
    assert_int_equal(count.cap, FREE_CAP);
    assert_int_equal(spend(account, "one-more", &count, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "OUT_OF_QUESTIONS");
    assert_info(&st, "used", "50");
    assert_info(&st, "cap", "50");
    assert_info(&st, "period", "day");
    time_format_rfc3339(time_wall() + DAY_NS / 2, reset);
    assert_memory_equal(status_get_info(&st, "resets_at"), reset, strlen("2026-01-31T00:00"));

    /* What was counted may be sent again. */
    assert_int_equal(spend(account, "question-0", &count, &st), STATUS_OK);
    assert_int_equal(count.used, FREE_CAP);
}

static void test_a_new_day_begins_at_midnight_utc(void **state)
{
    char account[UUID_SIZE];
    struct question_count count;
    struct status st;

    ledger_account(db, "free", account);
    ask(account, 0, FREE_CAP);
    time_set_offset_for_test(0);
    const int64_t midnight = DAY_NS - time_wall() % DAY_NS;
    time_set_offset_for_test(midnight - NANOSECONDS_PER_SECOND * 60);
    assert_int_equal(spend(account, "late", &count, &st), STATUS_RESOURCE_EXHAUSTED);
    time_set_offset_for_test(midnight);
    /* One of yesterday is not counted again, and the day's number is there. */
    assert_int_equal(spend(account, "question-3", &count, &st), STATUS_OK);
    assert_int_equal(count.used, 0);
    assert_int_equal(spend(account, "late", &count, &st), STATUS_OK);
    assert_int_equal(count.used, 1);
}

static void test_the_same_id_of_another_account_is_another_question(void **state)
{
    char first[UUID_SIZE], second[UUID_SIZE];

    ledger_account(db, "free", first);
    ledger_account(db, "free", second);

    assert_int_equal(ask(first, 0, 3).used, 3);
    assert_int_equal(ask(first, 0, 3).used, 3);
    assert_int_equal(ask(second, 0, 1).used, 1);
}

static void test_credits_bring_the_questions_of_the_funded_plan(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    ask(account, 0, FREE_CAP);
    ledger_grant(db, account, 10);

    assert_int_equal(ask(account, FREE_CAP, 1).cap, FUNDED_CAP);
}

static void test_a_plan_without_questions_refuses_the_first(void **state)
{
    char account[UUID_SIZE];
    struct question_count count;
    struct status st;

    ledger_account(db, "anonymous", account);

    assert_int_equal(spend(account, "first", &count, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_info(&st, "used", "0");
    assert_info(&st, "cap", "0");
}

static void test_suspended_and_deleted_accounts_ask_nothing(void **state)
{
    char account[UUID_SIZE];
    struct question_count count;
    struct status st;

    ledger_account(db, "free", account);
    ask(account, 0, 1);
    assert_int_equal(ledger_integer(db,
                                    "UPDATE account SET standing = 'suspended' WHERE id = '%s'"
                                    " RETURNING 1",
                                    account),
                     1);
    assert_int_equal(spend(account, "second", &count, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "SUSPENDED");

    assert_int_equal(ledger_integer(db,
                                    "UPDATE account SET standing = 'deleted' WHERE id = '%s'"
                                    " RETURNING 1",
                                    account),
                     1);
    assert_int_equal(spend(account, "question-0", &count, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "ACCOUNT_NOT_FOUND");
}

static void test_who_asks_must_be_told(void **state)
{
    char account[UUID_SIZE], long_id[QUESTION_REQUEST_ID_MAX_BYTES + 2];
    struct question_count count;
    struct status st;

    ledger_account(db, "free", account);
    memset(long_id, 'x', sizeof(long_id));
    long_id[sizeof(long_id) - 1] = '\0';

    assert_int_equal(spend("", "id", &count, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "account_id");
    assert_int_equal(spend("' OR true", "id", &count, &st), STATUS_INVALID_ARGUMENT);
    assert_int_equal(spend(account, "", &count, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "request_id");
    assert_int_equal(spend(account, long_id, &count, &st), STATUS_INVALID_ARGUMENT);
    assert_int_equal(spend(account, long_id + 1, &count, &st), STATUS_OK);
    assert_int_equal(spend("0198c0de-0000-4000-8000-000000000009", "id", &count, &st),
                     STATUS_NOT_FOUND);
}

/* --- many at once --- */

struct asker {
    pthread_t thread;
    const char *account;
    int number;
    int granted, refused;
};

static void *run_asker(void *arg)
{
    struct asker *asker = arg;
    struct question_count count;
    struct status st;
    char id[32];

    /* Each question is sent by two of them: it counts once. */
    for (int i = 0; i < QUESTIONS_EACH; i++) {
        (void)snprintf(id, sizeof(id), "shared-%d-%d", asker->number / 2, i);
        (void)!spend(asker->account, id, &count, &st);
        asker->granted += st.code == STATUS_OK;
        (void)snprintf(id, sizeof(id), "own-%d-%d", asker->number, i);
        (void)!spend(asker->account, id, &count, &st);
        asker->granted += st.code == STATUS_OK;
        asker->refused += st.code == STATUS_RESOURCE_EXHAUSTED;
    }
    return NULL;
}

static void test_many_at_once_pass_no_cap(void **state)
{
    struct asker askers[ASKERS] = {0};
    char account[UUID_SIZE];
    int refused = 0;

    ledger_account(db, "free", account);
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.account = account, .number = i};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, run_asker, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        refused += askers[i].refused;
    }

    assert_true(refused > 0);
    assert_int_equal(
        ledger_integer(db, "SELECT questions FROM question_day WHERE account_id = '%s'", account),
        FREE_CAP);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM question WHERE account_id = '%s'", account),
        FREE_CAP);
}

/* --- what is kept --- */

static void test_old_ones_are_forgotten(void **state)
{
    char account[UUID_SIZE];
    struct question_count count;
    struct status st;
    const int64_t hours = INT64_C(3600) * NANOSECONDS_PER_SECOND;

    time_set_offset_for_test(0);
    const int64_t noon = DAY_NS / 2 - time_wall() % DAY_NS;
    time_set_offset_for_test(noon);
    ledger_account(db, "free", account);
    ask(account, 0, 2);
    /* A day and a night later it is still known. */
    time_set_offset_for_test(noon + 35 * hours);
    assert_int_equal(question_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(spend(account, "question-1", &count, &st), STATUS_OK);
    assert_int_equal(count.used, 0);

    time_set_offset_for_test(noon + 24 * 4 * hours);
    assert_int_equal(question_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM question WHERE account_id = '%s'", account), 0);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM question_day WHERE account_id = '%s'", account),
        1);

    time_set_offset_for_test(noon + 24 * INT64_C(402) * hours);
    assert_int_equal(question_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(
        ledger_integer(db, "SELECT count(*) FROM question_day WHERE account_id = '%s'", account),
        0);
}

static void test_usage_tells_them_by_day(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    char account[UUID_SIZE];
    struct status st = {0};
    struct usage usage;

    ledger_account(db, "free", account);
    ask(account, 0, 3);
    time_set_offset_for_test(0);
    const int64_t noon = DAY_NS / 2 - time_wall() % DAY_NS;
    time_set_offset_for_test(noon + 2 * DAY_NS);
    ask(account, 10, 4);
    assert_int_equal(
        usage_list(db, database_deadline(), account, "", "", time_wall(), arena, &usage, &st),
        STATUS_OK);

    assert_int_equal(usage.question_day_count, 2);
    assert_int_equal(usage.question_days[0].questions, 3);
    assert_int_equal(usage.question_days[1].questions, 4);
    assert_string_equal(usage.question_days[1].day, usage.last_day);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_noon, reset_time)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_plans_number_is_asked_and_no_more),
        TEST(test_a_new_day_begins_at_midnight_utc),
        TEST(test_the_same_id_of_another_account_is_another_question),
        TEST(test_credits_bring_the_questions_of_the_funded_plan),
        TEST(test_a_plan_without_questions_refuses_the_first),
        TEST(test_suspended_and_deleted_accounts_ask_nothing),
        TEST(test_who_asks_must_be_told),
        TEST(test_many_at_once_pass_no_cap),
        TEST(test_old_ones_are_forgotten),
        TEST(test_usage_tells_them_by_day),
    };

    return cmocka_run_group_tests(tests, open_database, close_database);
}
