#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"

enum { EVENTS_MAX = 16, WAIT_SECONDS = 100 };

/* What the listener reported, "channel:payload" or "reconnected". */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char events[EVENTS_MAX][64];
static int event_count;

static void on_event(const char *channel, const char *payload, void *arg)
{
    pthread_mutex_lock(&lock);
    if (event_count < EVENTS_MAX) {
        if (channel == NULL)
            strcpy(events[event_count], "reconnected");
        else
            (void)snprintf(events[event_count], sizeof(events[0]), "%s:%s", channel, payload);
        event_count++;
    }
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for_events(int count)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&lock);
    while (event_count < count)
        assert_int_equal(pthread_cond_timedwait(&changed, &lock, &until), 0);
    pthread_mutex_unlock(&lock);
}

static struct db_listener *start(void)
{
    static const char *const channels[] = {"page_done", "Odd \"name\""};
    struct db_options options = database_options("public", 0);
    struct db_listener *listener = NULL;
    struct status st = {0};

    event_count = 0;
    options.application_name = "ocrmesh-listener";
    assert_int_equal(db_listener_start(&options, channels, 2, on_event, NULL, &listener, &st),
                     STATUS_OK);
    return listener;
}

static void test_notifications_arrive_with_channel_and_payload(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("public", 1);
    _cleanup_(db_listener_stopp) struct db_listener *listener = start();

    database_execute(db, "SELECT pg_notify('page_done', 'a:1'), pg_notify('Odd \"name\"', ''),"
                         " pg_notify('elsewhere', 'x')");
    wait_for_events(2);
    assert_string_equal(events[0], "page_done:a:1");
    assert_string_equal(events[1], "Odd \"name\":");
    assert_int_equal(event_count, 2);
}

static void begin(struct db *db, struct db_tx **ret_tx)
{
    struct status st = {0};

    assert_int_equal(db_tx_begin(db, time_mono_after_ms(10000), ret_tx, &st), STATUS_OK);
}

static void test_a_transaction_notifies_once_it_is_committed(void **state)
{
    static const struct db_statement select_one = {"select_one", "SELECT 1"};
    _cleanup_(db_closep) struct db *db = database_open("public", 1);
    _cleanup_(db_listener_stopp) struct db_listener *listener = start();
    struct db_tx *tx;
    struct status st = {0};

    begin(db, &tx);
    db_tx_notify(tx, "page_done", "rolled-back");
    db_tx_free(tx);
    begin(db, &tx);
    assert_int_equal(db_tx_execute(tx, &select_one, DB_NO_PARAMS, NULL, &st), STATUS_OK);
    db_tx_notify(tx, "page_done", "a:1");
    db_tx_notify(tx, "page_done", "a:2");
    assert_int_equal(db_tx_commit(tx, &st), STATUS_OK);
    db_tx_free(tx);

    wait_for_events(2);
    assert_string_equal(events[0], "page_done:a:1");
    assert_string_equal(events[1], "page_done:a:2");
    assert_int_equal(event_count, 2);
}

static void test_a_listener_whose_connection_was_killed_listens_again(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("public", 1);
    _cleanup_(db_listener_stopp) struct db_listener *listener = start();

    database_execute(db, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                         " WHERE application_name = 'ocrmesh-listener'");
    wait_for_events(1);
    assert_string_equal(events[0], "reconnected");
    database_execute(db, "NOTIFY page_done, 'after'");
    wait_for_events(2);
    assert_string_equal(events[1], "page_done:after");
}

static void test_a_listener_outlives_the_server(void **state)
{
    _cleanup_(db_listener_stopp) struct db_listener *listener = start();

    database_server("stop");
    database_server("start");
    wait_for_events(1);
    assert_string_equal(events[0], "reconnected");

    _cleanup_(db_closep) struct db *db = database_open("public", 1);
    database_execute(db, "NOTIFY page_done, 'back'");
    wait_for_events(2);
    assert_string_equal(events[1], "page_done:back");
}

static void test_a_listener_stops_while_the_server_is_away(void **state)
{
    struct db_listener *listener = start();

    database_server("stop");
    db_listener_stop(listener);
    database_server("start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notifications_arrive_with_channel_and_payload),
        cmocka_unit_test(test_a_transaction_notifies_once_it_is_committed),
        cmocka_unit_test(test_a_listener_whose_connection_was_killed_listens_again),
        cmocka_unit_test(test_a_listener_outlives_the_server),
        cmocka_unit_test(test_a_listener_stops_while_the_server_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
