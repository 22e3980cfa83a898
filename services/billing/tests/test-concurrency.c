/* Many callers of one purse at the same time, and a database that dies under them. */

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/db/tests/database.h"
#include "services/billing/tests/ledger_fixture.h"

enum {
    THREADS = 8,
    CRASHES = 3,
    JOBS_OF_A_THREAD = 60,     /* while the database is killed */
    ATTEMPT_TIMEOUT_MS = 1000, /* of one call then */
};

static struct db *db;

static int open_database(void **state)
{
    db = ledger_open(THREADS);
    database_execute(db, "UPDATE plan SET jobs_at_once = 0"); /* credits and buckets decide alone */
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

/* What the threads of a test share. */
struct rush {
    const char *account_id; /* or NULL */
    const char *address;
    const char *request_id; /* of all threads, or NULL: each request its own */
    int requests;           /* of each thread */
    int32_t pages;
    bool ends; /* half is committed, half released */
    atomic_int granted, refused, failed;
    atomic_int_least64_t charged_credits;
    atomic_int running; /* threads */
};

static void run_threads(struct rush *rush, void *(*function)(void *arg))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, function, rush), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void end_one(struct rush *rush, const char *id, int number)
{
    struct status st = {0};
    int64_t charged = 0;
    bool is_first;

    if ((number % 2 == 0
             ? reservation_commit(db, database_deadline(), id, rush->pages, &charged, &is_first,
                                  &st)
             : reservation_release(db, database_deadline(), id, &is_first, &st)) != STATUS_OK)
        atomic_fetch_add(&rush->failed, 1);
    atomic_fetch_add(&rush->charged_credits, charged);
}

static void *reserve_many(void *arg)
{
    struct rush *rush = arg;

    for (int i = 0; i < rush->requests; i++) {
        char id[RANDOM_ID_SIZE];
        struct reservation reservation;
        struct status st = {0};

        random_id(id);
        struct reservation_request request =
            ledger_request(rush->request_id == NULL ? id : rush->request_id, rush->account_id,
                           rush->address, rush->pages);
        switch (reservation_open(db, database_deadline(), &request, &reservation, &st)) {
        case STATUS_OK:
            atomic_fetch_add(&rush->granted, 1);
            if (rush->ends)
                end_one(rush, reservation.id, i);
            break;
        case STATUS_RESOURCE_EXHAUSTED:
            atomic_fetch_add(&rush->refused, 1);
            break;
        default:
            atomic_fetch_add(&rush->failed, 1);
        }
    }
    return NULL;
}

static void test_exactly_the_months_cap_is_granted(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct rush rush = {.account_id = account, .requests = 20, .pages = 1};
    run_threads(&rush, reserve_many); /* 160 for 100 */
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.granted, 100);
    assert_int_equal(rush.refused, 60);
    assert_int_equal(ledger_used(db, account), 100);
    ledger_assert_balanced(db);
}

static void test_exactly_the_days_cap_is_granted_to_an_address(void **state)
{
    struct rush rush = {.address = "192.0.2.1", .requests = 10, .pages = 1};

    run_threads(&rush, reserve_many); /* 80 for 20 */
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.granted, 20);
    assert_int_equal(ledger_used(db, "192.0.2.1"), 20);
    ledger_assert_balanced(db);
}

static void test_bucket_and_credits_are_spent_to_the_last_one(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    ledger_grant(db, account, 53);
    struct rush rush = {.account_id = account, .requests = 10, .pages = 3};
    run_threads(&rush, reserve_many); /* 240 for 153 */
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.granted, 51);
    assert_int_equal(ledger_balance(db, account), 0);
    assert_int_equal(ledger_used(db, account), 153);
    ledger_assert_balanced(db);
}

static void test_one_request_of_many_threads_is_held_once(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct rush rush = {.account_id = account, .request_id = "shared", .requests = 5, .pages = 25};
    run_threads(&rush, reserve_many);
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.granted, THREADS * 5);
    assert_int_equal(ledger_used(db, account), 25);
    ledger_assert_balanced(db);
}

static void test_what_is_freed_can_be_had_again(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "pro", account);
    ledger_grant(db, account, 1000);
    struct rush rush = {.account_id = account, .requests = 20, .pages = 5, .ends = true};
    run_threads(&rush, reserve_many);
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.granted, THREADS * 20);
    assert_int_equal(rush.charged_credits, THREADS * 10 * 5);
    assert_int_equal(ledger_balance(db, account), 1000 - THREADS * 10 * 5);
    ledger_assert_balanced(db);
}

/* One end of the same reservation wins, and the loser is told. */
struct race {
    const char *id;
    atomic_int committed, released, ended;
};

static void *end_somehow(void *arg)
{
    struct race *race = arg;
    struct status st = {0};
    int64_t charged;
    bool is_first;
    bool commits = random_below(2) == 0;
    status_code code =
        commits ? reservation_commit(db, database_deadline(), race->id, 4, &charged, &is_first, &st)
                : reservation_release(db, database_deadline(), race->id, &is_first, &st);

    if (code == STATUS_OK)
        atomic_fetch_add(commits ? &race->committed : &race->released, 1);
    else if (strcmp(st.reason, "RESERVATION_ENDED") == 0)
        atomic_fetch_add(&race->ended, 1);
    return NULL;
}

static void test_a_reservation_ends_in_one_way(void **state)
{
    char account[UUID_SIZE];
    int64_t charged = 0;

    ledger_account(db, "free", account);
    for (int round = 0; round < 10; round++) {
        char request_id[RANDOM_ID_SIZE];
        struct reservation reservation;
        struct status st = {0};
        pthread_t threads[THREADS];

        random_id(request_id);
        struct reservation_request request = ledger_request(request_id, account, NULL, 5);
        assert_int_equal(reservation_open(db, database_deadline(), &request, &reservation, &st),
                         STATUS_OK);
        struct race race = {.id = reservation.id};
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, end_somehow, &race), 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(race.committed + race.released + race.ended, THREADS);
        assert_true((race.committed == 0) != (race.released == 0));
        charged += race.committed > 0 ? 4 : 0;
    }
    assert_int_equal(ledger_used(db, account), charged);
    ledger_assert_balanced(db);
}

/*
 * A job as the ocr service runs it: every step again until it is answered, since what became of a
 * step whose answer was lost is not known.
 */
static void *run_jobs(void *arg)
{
    struct rush *rush = arg;

    for (int i = 0; i < JOBS_OF_A_THREAD; i++) {
        char request_id[RANDOM_ID_SIZE];
        struct reservation reservation;
        int64_t charged;
        bool is_first;
        struct status st;
        status_code code;

        random_id(request_id);
        struct reservation_request request =
            ledger_request(request_id, rush->account_id, NULL, rush->pages);
        do {
            st = (struct status){0};
            code = reservation_open(db, time_mono_after_ms(ATTEMPT_TIMEOUT_MS), &request,
                                    &reservation, &st);
        } while (code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED);
        if (code != STATUS_OK) {
            atomic_fetch_add(&rush->failed, 1);
            continue;
        }
        do {
            st = (struct status){0};
            code = reservation_commit(db, time_mono_after_ms(ATTEMPT_TIMEOUT_MS), reservation.id,
                                      rush->pages - 1, &charged, &is_first, &st);
        } while (code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED);
        if (code != STATUS_OK)
            atomic_fetch_add(&rush->failed, 1);
        else
            atomic_fetch_add(&rush->charged_credits, charged);
    }
    atomic_fetch_sub(&rush->running, 1);
    return NULL;
}

static void test_jobs_are_charged_once_over_crashes_of_the_database(void **state)
{
    char account[UUID_SIZE];
    pthread_t threads[THREADS];
    const int64_t expected = THREADS * JOBS_OF_A_THREAD * 2;

    ledger_account(db, "free", account);
    ledger_grant(db, account, 10000);
    struct rush rush = {.account_id = account, .pages = 3, .running = THREADS};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_jobs, &rush), 0);
    for (int i = 0; i < CRASHES && atomic_load(&rush.running) > 0; i++) {
        int64_t before = atomic_load(&rush.charged_credits);
        while (atomic_load(&rush.charged_credits) < before + expected / (2 * CRASHES) &&
               atomic_load(&rush.running) > 0)
            sched_yield();
        database_server("kill");
        database_server("start");
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(rush.failed, 0);
    assert_int_equal(rush.charged_credits, expected);
    assert_int_equal(ledger_used(db, account), expected);
    assert_int_equal(ledger_balance(db, account), 10000 - expected);
    assert_int_equal(
        ledger_integer(db,
                       "SELECT count(*) FROM reservation WHERE state = 'open' AND account_id"
                       " = '%s'",
                       account),
        0);
    ledger_assert_balanced(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exactly_the_months_cap_is_granted),
        cmocka_unit_test(test_exactly_the_days_cap_is_granted_to_an_address),
        cmocka_unit_test(test_bucket_and_credits_are_spent_to_the_last_one),
        cmocka_unit_test(test_one_request_of_many_threads_is_held_once),
        cmocka_unit_test(test_what_is_freed_can_be_had_again),
        cmocka_unit_test(test_a_reservation_ends_in_one_way),
        cmocka_unit_test(test_jobs_are_charged_once_over_crashes_of_the_database),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
