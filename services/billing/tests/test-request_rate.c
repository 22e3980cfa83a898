/*
 * Requests a minute, counted in PostgreSQL (API: B2, B22). Time passes by moving what is stored.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/accounts/account.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/tests/ledger_fixture.h"

enum {
    PER_MINUTE = 13, /* does not divide a minute */
    THREADS = 8,
};

static struct db *db;

static int start(void **state)
{
    db = ledger_open(THREADS);
    return 0;
}

static int stop(void **state)
{
    db_close(db);
    return 0;
}

static void set_limit(const char *plan, int per_minute)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql), "UPDATE plan SET requests_per_minute = %d WHERE name = '%s'",
                   per_minute, plan);
    database_execute(db, sql);
}

static void pass_seconds(const char *seconds)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE request_rate SET full_time = full_time - interval '%s seconds'",
                   seconds);
    database_execute(db, sql);
}

/* Requests that have come back since `start_ns`, and the one that is on its way. */
static int come_back(int64_t start_ns, int per_minute)
{
    return 1 + (int)((time_mono() - start_ns) * per_minute / (60 * NANOSECONDS_PER_SECOND));
}

static struct status ask_for(int32_t requests, const char *address, struct request_rate *ret_rate)
{
    struct principal principal = {.rate = {.left = -1}};
    struct status st = {0};

    (void)!account_authenticate(db, database_deadline(), STR(""), address, requests, &principal,
                                &st);
    *ret_rate = principal.rate;
    return st;
}

static struct status ask(const char *address, struct request_rate *ret_rate)
{
    return ask_for(1, address, ret_rate);
}

static void test_a_minute_of_requests_may_come_at_once_and_no_more(void **state)
{
    struct request_rate rate;
    struct status st;
    int64_t start_ns = time_mono();
    int count = 0;

    set_limit("anonymous", PER_MINUTE);
    while ((st = ask("192.0.2.1", &rate)).code == STATUS_OK) {
        count++;
        assert_int_equal(rate.per_minute, PER_MINUTE);
        assert_in_range(rate.left, count < PER_MINUTE ? PER_MINUTE - count : 0,
                        PER_MINUTE - count + come_back(start_ns, PER_MINUTE));
        assert_in_range(rate.full_ms, 1, 60000);
    }
    assert_in_range(count, PER_MINUTE, PER_MINUTE + come_back(start_ns, PER_MINUTE));
    assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_in_range(st.retry_after_ms, 1, 60000 / PER_MINUTE + 1);
    assert_string_equal(status_get_info(&st, "limit"), "13");
    assert_in_range(atoll(status_get_info(&st, "reset_ms")), 50000, 60000);
    assert_non_null(strstr(st.message, "'anonymous' takes 13 a minute; try again in"));

    /* Another address has its own. */
    assert_int_equal(ask("192.0.2.2", &rate).code, STATUS_OK);
}

static void test_requests_come_back_one_by_one(void **state)
{
    struct request_rate rate;

    set_limit("anonymous", 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_OK);
    assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    pass_seconds("30");
    assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_OK);
    assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    /* Never more than a minute of them, however long the pause. */
    pass_seconds("86400");
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_OK);
    assert_int_equal(ask("192.0.2.10", &rate).code, STATUS_RESOURCE_EXHAUSTED);
}

/* A client that does not wait is not shut out for longer. */
static void test_refused_requests_take_nothing(void **state)
{
    struct request_rate rate;

    set_limit("anonymous", 1);
    assert_int_equal(ask("192.0.2.20", &rate).code, STATUS_OK);
    assert_int_equal(rate.left, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask("192.0.2.20", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    pass_seconds("60");
    assert_int_equal(ask("192.0.2.20", &rate).code, STATUS_OK);
}

static void test_several_requests_are_counted_all_or_none(void **state)
{
    struct request_rate rate;

    set_limit("anonymous", 4);
    assert_int_equal(ask_for(5, "192.0.2.25", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(ask_for(3, "192.0.2.25", &rate).code, STATUS_OK);
    assert_int_equal(rate.left, 1);
    assert_int_equal(ask_for(2, "192.0.2.25", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(ask("192.0.2.25", &rate).code, STATUS_OK);
    assert_int_equal(ask("192.0.2.25", &rate).code, STATUS_RESOURCE_EXHAUSTED);
}

static void test_hosts_of_one_network_share_a_minute(void **state)
{
    struct request_rate rate;

    set_limit("anonymous", 1);
    assert_int_equal(ask("2001:db8:7:7::1", &rate).code, STATUS_OK);
    assert_int_equal(ask("2001:db8:7:7:ffff::2", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(ask("2001:db8:7:8::1", &rate).code, STATUS_OK);
}

static void test_a_plan_without_a_limit_counts_nothing(void **state)
{
    struct request_rate rate;

    set_limit("anonymous", 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask("192.0.2.30", &rate).code, STATUS_OK);
    assert_int_equal(rate.per_minute, 0);
    assert_int_equal(ledger_integer(db,
                                    "SELECT count(*) FROM request_rate WHERE principal_key = '%s'",
                                    "192.0.2.30"),
                     0);
}

/* Neighbours in the mesh ask who calls, too; only the edge counts. */
static void test_who_only_asks_is_not_counted(void **state)
{
    struct principal principal;
    struct request_rate rate;
    struct status st = {0};

    set_limit("anonymous", 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(account_authenticate(db, database_deadline(), STR(""), "192.0.2.40", 0,
                                              &principal, &st),
                         STATUS_OK);
    assert_int_equal(ask("192.0.2.40", &rate).code, STATUS_OK);
}

static void test_an_account_has_the_limit_of_its_plan_whatever_its_address(void **state)
{
    char id[UUID_SIZE], sql[256];
    struct principal principal;
    struct status st = {0};

    set_limit("free", 2);
    set_limit("starter", 3);
    ledger_account(db, "free", id);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO token (id, account_id, name, hint, hash, create_time) VALUES"
                   " (gen_random_uuid(), '%s', 't', 'h', sha256('rate-token'), now())",
                   id);
    database_execute(db, sql);
    for (int i = 0; i < 2; i++)
        assert_int_equal(account_authenticate(db, database_deadline(), STR("rate-token"),
                                              i == 0 ? "192.0.2.50" : "192.0.2.51", 1, &principal,
                                              &st),
                         STATUS_OK);
    assert_int_equal(account_authenticate(db, database_deadline(), STR("rate-token"), "192.0.2.52",
                                          1, &principal, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    /* Credits bring the pace of the funded plan. */
    ledger_grant(db, id, 10);
    pass_seconds("20");
    st = (struct status){0};
    assert_int_equal(account_authenticate(db, database_deadline(), STR("rate-token"), "192.0.2.52",
                                          1, &principal, &st),
                     STATUS_OK);
    assert_int_equal(principal.rate.per_minute, 3);
    assert_int_equal(principal.rate.left, 0);
}

/* Guessing has an end, and whoever has a good token at that address is not shut out. */
static void test_a_wrong_token_takes_a_request_of_its_address(void **state)
{
    struct principal principal;
    struct request_rate rate;
    struct status st = {0};

    set_limit("anonymous", 1);
    assert_int_equal(account_authenticate(db, database_deadline(), STR("x' OR 'a'='a"),
                                          "192.0.2.60", 1, &principal, &st),
                     STATUS_UNAUTHENTICATED);
    st = (struct status){0};
    assert_int_equal(account_authenticate(db, database_deadline(), STR("another guess"),
                                          "192.0.2.60", 1, &principal, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_int_equal(ask("192.0.2.60", &rate).code, STATUS_RESOURCE_EXHAUSTED);
    /* A neighbour in the mesh that only asks gets its answer. */
    st = (struct status){0};
    assert_int_equal(account_authenticate(db, database_deadline(), STR("another guess"),
                                          "192.0.2.60", 0, &principal, &st),
                     STATUS_UNAUTHENTICATED);
    database_execute(db,
                     "INSERT INTO token (id, account_id, name, hint, hash, create_time) SELECT"
                     " gen_random_uuid(), id, 't', 'h', sha256('good-token'), now() FROM account"
                     " LIMIT 1");
    pass_seconds("60");
    set_limit("free", 10);
    set_limit("starter", 10);
    assert_int_equal(ask("192.0.2.60", &rate).code, STATUS_OK);
    st = (struct status){0};
    assert_int_equal(account_authenticate(db, database_deadline(), STR("good-token"), "192.0.2.60",
                                          1, &principal, &st),
                     STATUS_OK);
}

static atomic_int granted;

static void *ask_often(void *arg)
{
    struct request_rate rate;

    for (int i = 0; i < 2 * PER_MINUTE; i++)
        if (ask("192.0.2.70", &rate).code == STATUS_OK)
            atomic_fetch_add(&granted, 1);
    return NULL;
}

/* As replicas do: they share nothing but the database. */
static void test_many_at_once_get_no_more_than_one_would(void **state)
{
    pthread_t threads[THREADS];
    int64_t start_ns = time_mono();

    set_limit("anonymous", PER_MINUTE);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(atomic_load(&granted), PER_MINUTE,
                    PER_MINUTE + come_back(start_ns, PER_MINUTE));
}

static void test_rates_are_forgotten_once_they_are_full(void **state)
{
    struct request_rate rate;
    struct status st = {0};

    set_limit("anonymous", 1);
    database_execute(db, "DELETE FROM request_rate");
    assert_int_equal(ask("192.0.2.80", &rate).code, STATUS_OK);
    assert_int_equal(store_forget_rates(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM request_rate"), 1);
    pass_seconds("61");
    assert_int_equal(store_forget_rates(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM request_rate"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_minute_of_requests_may_come_at_once_and_no_more),
        cmocka_unit_test(test_requests_come_back_one_by_one),
        cmocka_unit_test(test_refused_requests_take_nothing),
        cmocka_unit_test(test_several_requests_are_counted_all_or_none),
        cmocka_unit_test(test_hosts_of_one_network_share_a_minute),
        cmocka_unit_test(test_a_plan_without_a_limit_counts_nothing),
        cmocka_unit_test(test_who_only_asks_is_not_counted),
        cmocka_unit_test(test_an_account_has_the_limit_of_its_plan_whatever_its_address),
        cmocka_unit_test(test_a_wrong_token_takes_a_request_of_its_address),
        cmocka_unit_test(test_many_at_once_get_no_more_than_one_would),
        cmocka_unit_test(test_rates_are_forgotten_once_they_are_full),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
