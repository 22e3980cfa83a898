#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/wanted.h"
#include "lib/db/tests/database.h"

static struct db *db;
static struct db *other; /* to do things to the first one's connections */

#define OUR_BACKENDS                                                                               \
    "FROM pg_stat_activity WHERE application_name = 'ocrmesh-test' AND pid <> pg_backend_pid()"

static int open_database(void **state)
{
    db = database_open("public", 2);
    other = database_open("public", 1);
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    db_close(other);
    return 0;
}

static void terminate_connections(void)
{
    /* Waits up to 5 s for each one to be gone. */
    database_execute(other, "SELECT pg_terminate_backend(pid, 5000) " OUR_BACKENDS);
}

static void test_idle_connections_that_were_killed_are_replaced(void **state)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(database_integer(db, "SELECT 1"), 1);
        terminate_connections();
    }
    assert_int_equal(database_integer(db, "SELECT 1"), 1);
}

static void test_a_connection_killed_at_work_is_unavailable(void **state)
{
    static const struct db_statement select = {"select_two", "SELECT 2"};
    struct status st = {0};
    struct db_rows *rows = NULL;
    _cleanup_(db_tx_freep) struct db_tx *tx = NULL;

    assert_int_equal(db_tx_begin(db, database_deadline(), &tx, &st), STATUS_OK);
    terminate_connections();
    assert_int_equal(db_tx_query(tx, &select, DB_NO_PARAMS, &rows, &st), STATUS_UNAVAILABLE);
    db_tx_freep(&tx);
    assert_int_equal(database_integer(db, "SELECT 1"), 1);
}

struct killed_once {
    int runs;
};

static status_code insert_and_be_killed(struct db_tx *tx, void *arg, struct status *st)
{
    static const struct db_statement insert = {"insert_k", "INSERT INTO killed VALUES (1)"};
    struct killed_once *killed = arg;

    TRY(db_tx_execute(tx, &insert, DB_NO_PARAMS, NULL, st));
    if (killed->runs++ == 0)
        terminate_connections();
    return STATUS_OK;
}

static void test_a_transaction_is_run_again_when_its_connection_was_killed(void **state)
{
    struct killed_once killed = {0};
    struct status st = {0};

    database_execute(other, "CREATE TABLE killed (n int)");
    assert_int_equal(db_run(db, database_deadline(), insert_and_be_killed, &killed, &st),
                     STATUS_OK);
    assert_int_equal(killed.runs, 2);
    assert_int_equal(database_integer(other, "SELECT count(*) FROM killed"), 1);
}

static status_code refuse(struct db_tx *tx, void *arg, struct status *st)
{
    int *runs = arg;

    ++*runs;
    return FAIL(st, STATUS_ABORTED, "OF_THE_DOMAIN", "no");
}

static void test_an_answer_of_the_body_is_not_run_again(void **state)
{
    int runs = 0;
    struct status st = {0};

    assert_int_equal(db_run(db, database_deadline(), refuse, &runs, &st), STATUS_ABORTED);
    assert_string_equal(st.reason, "OF_THE_DOMAIN");
    assert_int_equal(runs, 1);
}

/* Two transactions that lock two rows in opposite order: PostgreSQL ends one of them. */
static pthread_barrier_t both_locked;

struct crossing {
    int64_t first, second;
    int runs;
    status_code code;
};

static status_code lock_both(struct db_tx *tx, void *arg, struct status *st)
{
    static const struct db_statement add = {"add", "UPDATE pair SET n = n + 1 WHERE id = $1"};
    struct crossing *crossing = arg;

    TRY(db_tx_execute(tx, &add, DB_PARAMS(DB_P_INTEGER(crossing->first)), NULL, st));
    if (crossing->runs++ == 0)
        pthread_barrier_wait(&both_locked);
    return db_tx_execute(tx, &add, DB_PARAMS(DB_P_INTEGER(crossing->second)), NULL, st);
}

static void *run_crossing(void *arg)
{
    struct crossing *crossing = arg;
    struct status st = {0};

    crossing->code = db_run(db, database_deadline(), lock_both, crossing, &st);
    return NULL;
}

static void test_a_deadlock_is_run_again(void **state)
{
    struct crossing crossings[2] = {{.first = 1, .second = 2}, {.first = 2, .second = 1}};
    pthread_t threads[2];

    database_execute(other,
                     "CREATE TABLE pair AS SELECT i AS id, 0 AS n FROM generate_series(1, 2) i");
    pthread_barrier_init(&both_locked, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_crossing, &crossings[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&both_locked);
    assert_int_equal(crossings[0].code, STATUS_OK);
    assert_int_equal(crossings[1].code, STATUS_OK);
    assert_int_equal(crossings[0].runs + crossings[1].runs, 3);
    assert_int_equal(database_integer(other, "SELECT sum(n) FROM pair"), 4);
}

static void test_an_exhausted_pool_refuses_at_the_deadline(void **state)
{
    struct status st = {0};
    struct db_tx *refused = NULL;
    _cleanup_(db_tx_freep) struct db_tx *first = NULL;
    _cleanup_(db_tx_freep) struct db_tx *second = NULL;

    assert_int_equal(db_tx_begin(db, database_deadline(), &first, &st), STATUS_OK);
    assert_int_equal(db_tx_begin(db, database_deadline(), &second, &st), STATUS_OK);
    assert_int_equal(db_tx_begin(db, time_mono_after_ms(50), &refused, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_string_equal(st.reason, "DB_BUSY");
    assert_int_equal(db_ping(db, time_mono_after_ms(10), &st), STATUS_OK);

    db_tx_freep(&first);
    assert_int_equal(db_tx_begin(db, database_deadline(), &first, &st), STATUS_OK);
}

static void test_a_late_statement_is_cancelled_and_the_connection_lives_on(void **state)
{
    static const struct db_statement sleep = {"sleep", "SELECT pg_sleep(30)::text"};
    static const struct db_statement pid = {"pid", "SELECT pg_backend_pid()"};
    _cleanup_(db_closep) struct db *single = database_open("public", 1);
    _cleanup_(db_rows_freep) struct db_rows *before = NULL;
    _cleanup_(db_rows_freep) struct db_rows *after = NULL;
    struct db_rows *rows = NULL;
    struct status st = {0};
    int64_t started = time_mono();

    assert_int_equal(db_query(single, database_deadline(), &pid, DB_NO_PARAMS, &before, &st),
                     STATUS_OK);
    assert_int_equal(db_query(single, time_mono_after_ms(100), &sleep, DB_NO_PARAMS, &rows, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_true(time_mono() - started < 25 * NANOSECONDS_PER_SECOND);
    assert_int_equal(db_query(single, database_deadline(), &pid, DB_NO_PARAMS, &after, &st),
                     STATUS_OK);
    assert_int_equal(db_integer(before, 0, 0), db_integer(after, 0, 0));
}

/* A caller that goes while its work is under way: the first looks find it there. */
static bool is_gone_by_now(const void *looks)
{
    return atomic_fetch_add((atomic_int *)looks, 1) >= 2;
}

static void test_a_statement_whose_caller_has_gone_is_cancelled(void **state)
{
    static const struct db_statement sleep = {"sleep_unwanted", "SELECT pg_sleep(30)::text"};
    static const struct db_statement pid = {"pid_unwanted", "SELECT pg_backend_pid()"};
    _cleanup_(db_closep) struct db *single = database_open("public", 1);
    _cleanup_(db_rows_freep) struct db_rows *before = NULL;
    _cleanup_(db_rows_freep) struct db_rows *after = NULL;
    struct db_rows *rows = NULL;
    struct status st = {0};
    atomic_int looks = 0;
    int64_t started = time_mono();

    assert_int_equal(db_query(single, database_deadline(), &pid, DB_NO_PARAMS, &before, &st),
                     STATUS_OK);
    (void)wanted_swap((struct wanted){is_gone_by_now, &looks});
    status_code code = db_query(single, TIME_NEVER, &sleep, DB_NO_PARAMS, &rows, &st);
    /* What is quick is done all the same: who cleans up need not know. */
    assert_int_equal(db_query(single, database_deadline(), &pid, DB_NO_PARAMS, &after, &st),
                     STATUS_OK);
    (void)wanted_swap((struct wanted){0});
    assert_int_equal(code, STATUS_CANCELLED);
    assert_true(time_mono() - started < 25 * NANOSECONDS_PER_SECOND);
    assert_int_equal(db_integer(before, 0, 0), db_integer(after, 0, 0));
}

static void test_a_wait_for_a_connection_ends_when_its_caller_has_gone(void **state)
{
    _cleanup_(db_closep) struct db *single = database_open("public", 1);
    _cleanup_(db_tx_freep) struct db_tx *first = NULL;
    struct db_tx *refused = NULL;
    struct status st = {0};
    atomic_int looks = 0;

    assert_int_equal(db_tx_begin(single, database_deadline(), &first, &st), STATUS_OK);
    (void)wanted_swap((struct wanted){is_gone_by_now, &looks});
    status_code code = db_tx_begin(single, TIME_NEVER, &refused, &st);
    (void)wanted_swap((struct wanted){0});
    assert_int_equal(code, STATUS_CANCELLED);
    assert_int_equal(db_pool_use(single).waiting, 0);
}

static void test_the_server_s_own_limit_is_a_deadline_too(void **state)
{
    static const struct db_statement sleep = {"sleep_limit", "SELECT pg_sleep(30)::text"};
    struct db_options options = database_options("public", 1);
    _cleanup_(db_closep) struct db *limited = NULL;
    struct db_rows *rows = NULL;
    struct status st = {0};

    options.statement_timeout_ms = 100;
    assert_int_equal(db_open(&options, &limited, &st), STATUS_OK);
    assert_int_equal(db_query(limited, TIME_NEVER, &sleep, DB_NO_PARAMS, &rows, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_string_equal(st.reason, "SQLSTATE_57014");
}

static void test_a_mistake_is_internal_and_keeps_the_database_s_words(void **state)
{
    static const struct db_statement divide = {"divide", "SELECT 1 / 0"};
    struct db_rows *rows = NULL;
    struct status st = {0};

    assert_int_equal(db_query(db, database_deadline(), &divide, DB_NO_PARAMS, &rows, &st),
                     STATUS_INTERNAL);
    assert_string_equal(st.reason, "");
    assert_null(strstr(st.message, "zero"));
}

static void test_a_server_that_is_away_comes_back(void **state)
{
    struct db_options options = database_options("public", 1);
    _cleanup_(db_closep) struct db *never = NULL;
    struct status st = {0};

    database_server("kill");
    assert_int_equal(db_ping(db, time_mono_after_ms(1000), &st), STATUS_UNAVAILABLE);
    options.connect_timeout_ms = 1000;
    assert_int_equal(db_open(&options, &never, &st), STATUS_UNAVAILABLE);

    database_server("start");
    assert_int_equal(db_ping(db, database_deadline(), &st), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle_connections_that_were_killed_are_replaced),
        cmocka_unit_test(test_a_connection_killed_at_work_is_unavailable),
        cmocka_unit_test(test_a_transaction_is_run_again_when_its_connection_was_killed),
        cmocka_unit_test(test_an_answer_of_the_body_is_not_run_again),
        cmocka_unit_test(test_a_deadlock_is_run_again),
        cmocka_unit_test(test_an_exhausted_pool_refuses_at_the_deadline),
        cmocka_unit_test(test_a_late_statement_is_cancelled_and_the_connection_lives_on),
        cmocka_unit_test(test_a_statement_whose_caller_has_gone_is_cancelled),
        cmocka_unit_test(test_a_wait_for_a_connection_ends_when_its_caller_has_gone),
        cmocka_unit_test(test_the_server_s_own_limit_is_a_deadline_too),
        cmocka_unit_test(test_a_mistake_is_internal_and_keeps_the_database_s_words),
        cmocka_unit_test(test_a_server_that_is_away_comes_back),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
