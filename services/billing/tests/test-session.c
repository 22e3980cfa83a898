/* Signing in, and how attempts at passwords are counted. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/accounts/account_deletion.h"
#include "services/billing/sign_in/attempt.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/sign_in/session.h"
#include "services/billing/tests/ledger_fixture.h"

#define PASSWORD "correct horse battery"

enum {
    LIFETIME_MS = 60000,
    BURST = 10, /* of attempts at one account's password */
    MINUTE = 60,
    THREADS = 8,
};

static struct db *db;
static struct password_hasher *hasher;

static int open_database(void **state)
{
    struct status st = {0};

    db = ledger_open(4);
    return password_hasher_new(2, &hasher, &st) == STATUS_OK ? 0 : -1;
}

static int close_database(void **state)
{
    password_hasher_free(hasher);
    db_close(db);
    return 0;
}

static int reset_clock(void **state)
{
    time_set_offset_for_test(0);
    return 0;
}

static void create(const char *email)
{
    struct account_state created;
    char token[TOKEN_SIZE];
    struct status st = {0};

    if (account_create(db, database_deadline(), hasher, email, PASSWORD, &created, token, &st) !=
        STATUS_OK)
        fail_msg("%s", st.message);
}

static status_code sign_in(const char *email, const char *password, struct session *ret_session,
                           struct status *st)
{
    *st = (struct status){0};
    return session_create(db, database_deadline(), hasher,
                          &(struct session_proof){email, password, "192.0.2.1"}, LIFETIME_MS,
                          ret_session, st);
}

static status_code find(const char *secret)
{
    struct account account;
    struct status st = {0};

    return account_find_by_token(db, database_deadline(), str_of(secret), &account, &st);
}

static void test_a_sign_in_lasts_as_long_as_it_may(void **state)
{
    struct session session;
    struct status st;

    create("lasts@example.com");
    assert_int_equal(sign_in("Lasts@Example.com", PASSWORD, &session, &st), STATUS_OK);
    assert_string_equal(session.state.account.email, "lasts@example.com");
    time_set_offset_for_test((LIFETIME_MS - 30000) * NANOSECONDS_PER_MS);
    assert_int_equal(find(session.secret), STATUS_OK);
    time_set_offset_for_test((LIFETIME_MS + 1000) * NANOSECONDS_PER_MS);
    assert_int_equal(find(session.secret), STATUS_UNAUTHENTICATED);
    assert_int_equal(session_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM session"), 0);
}

static void test_the_oldest_sign_in_goes_when_there_are_too_many(void **state)
{
    struct session first, last;
    struct status st;

    create("many@example.com");
    assert_int_equal(sign_in("many@example.com", PASSWORD, &first, &st), STATUS_OK);
    database_execute(db, "INSERT INTO session SELECT sha256(n::text::bytea), account.id,"
                         " now() + n * interval '1 ms', now() + interval '1 h' FROM account,"
                         " generate_series(1, 99) AS n WHERE email = 'many@example.com'");
    time_set_offset_for_test(NANOSECONDS_PER_SECOND);
    assert_int_equal(find(first.secret), STATUS_OK);
    assert_int_equal(sign_in("many@example.com", PASSWORD, &last, &st), STATUS_OK);
    assert_int_equal(find(first.secret), STATUS_UNAUTHENTICATED);
    assert_int_equal(find(last.secret), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM session"), SESSIONS_MAX);
}

static int count_until_refused(const struct attempt *attempt, struct status *st)
{
    int count = 0;

    *st = (struct status){0};
    while (attempt_spend(db, database_deadline(), attempt, st) == STATUS_OK)
        count++;
    return count;
}

static void test_one_more_attempt_is_allowed_each_interval(void **state)
{
    const struct attempt attempt =
        attempt_of_email(ATTEMPT_PASSWORD_OF_ACCOUNT, "slow@example.com");
    struct status st;

    assert_int_equal(count_until_refused(&attempt, &st), BURST);
    assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_in_range(st.retry_after_ms, 1000, MINUTE * 1000);
    time_set_offset_for_test((MINUTE + 1) * NANOSECONDS_PER_SECOND);
    assert_int_equal(count_until_refused(&attempt, &st), 1);
    time_set_offset_for_test((3 * MINUTE + 1) * NANOSECONDS_PER_SECOND);
    assert_int_equal(count_until_refused(&attempt, &st), 2);
    assert_int_equal(attempt_refund(db, database_deadline(), &attempt, &st), STATUS_OK);
    assert_int_equal(count_until_refused(&attempt, &st), 1);
    time_set_offset_for_test((20 * MINUTE + 1) * NANOSECONDS_PER_SECOND);
    assert_int_equal(count_until_refused(&attempt, &st), BURST);
}

static void test_an_ipv6_network_counts_as_one(void **state)
{
    struct attempt attempt, neighbour;
    struct status st = {0};

    assert_int_equal(attempt_of_address(ATTEMPT_MAIL_FROM_ADDRESS, "2001:db8::1", &attempt, &st),
                     STATUS_OK);
    assert_int_equal(attempt_of_address(ATTEMPT_MAIL_FROM_ADDRESS, "2001:db8::2", &neighbour, &st),
                     STATUS_OK);
    assert_int_equal(count_until_refused(&attempt, &st), 10);
    assert_int_equal(count_until_refused(&neighbour, &st), 0);
    assert_int_equal(attempt_of_address(ATTEMPT_MAIL_FROM_ADDRESS, "nowhere", &attempt, &st),
                     STATUS_INVALID_ARGUMENT);
}

static atomic_int allowed;

static void *spend(void *arg)
{
    struct status st;

    atomic_fetch_add(&allowed, count_until_refused(arg, &st));
    return NULL;
}

static void test_many_at_once_get_no_more(void **state)
{
    struct attempt attempt = attempt_of_email(ATTEMPT_PASSWORD_OF_ACCOUNT, "all@example.com");
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spend, &attempt), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(allowed, BURST);
}

static void test_what_counts_no_more_is_forgotten(void **state)
{
    struct status st = {0};

    time_set_offset_for_test(24 * 60 * MINUTE * NANOSECONDS_PER_SECOND);
    assert_int_equal(attempt_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM attempt"), 0);
}

/* What a stranger typed is not kept as it was typed. */
static void test_an_attempt_keeps_no_address(void **state)
{
    const struct attempt attempt = attempt_of_email(ATTEMPT_MAIL_TO_ACCOUNT, "ada@example.com");

    assert_null(strstr(attempt.key, "ada"));
    /* printf ada@example.com | sha256sum */
    assert_string_equal(attempt.key,
                        "mail:b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72");
}

static void test_nobodys_password_is_never_right(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    struct status st = {0};
    bool is_right;

    assert_int_equal(password_hash(hasher, database_deadline(), PASSWORD, hash, &st), STATUS_OK);
    assert_int_equal(password_verify(hasher, database_deadline(), hash, PASSWORD, &is_right, &st),
                     STATUS_OK);
    assert_true(is_right);
    assert_int_equal(password_verify(hasher, database_deadline(), hash, "another", &is_right, &st),
                     STATUS_OK);
    assert_false(is_right);
    assert_int_equal(password_verify(hasher, database_deadline(), NULL, PASSWORD, &is_right, &st),
                     STATUS_OK);
    assert_false(is_right);
}

/* --- a password that is changed meanwhile --- */

static const struct db_statement change_late = {
    "test_change_late",
    "UPDATE account SET password_hash = 'of another password' WHERE email_key = 'late@example.com'",
};

static const struct db_statement waiting = {
    "test_waiting",
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
};
static const struct db_statement set_late = {
    "test_set_late",
    "UPDATE account SET password_hash = $1 WHERE email_key = 'late@example.com'",
};

struct late {
    status_code (*use_old_password)(void);
    pthread_t thread;
    status_code code;
};

static void *use_old_password(void *arg)
{
    struct late *late = arg;

    late->code = late->use_old_password();
    return NULL;
}

/* Its commit is what the other one waits for, who has found the old password to be right. */
static status_code change_body(struct db_tx *tx, void *arg, struct status *st)
{
    const int64_t until = database_deadline();
    struct late *late = arg;
    bool waits = false;

    TRY(db_tx_execute(tx, &change_late, DB_NO_PARAMS, NULL, st));
    assert_int_equal(pthread_create(&late->thread, NULL, use_old_password, late), 0);
    while (!waits && time_mono() < until) {
        _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

        TRY(db_query(db, until, &waiting, DB_NO_PARAMS, &rows, st));
        waits = db_row_count(rows) > 0;
    }
    assert_true(waits);
    return STATUS_OK;
}

static char late_token[TOKEN_SIZE];

static status_code sign_in_late(void)
{
    struct session session;
    struct status st;

    return sign_in("late@example.com", PASSWORD, &session, &st);
}

static status_code change_late_again(void)
{
    struct status st = {0};

    return session_change_password(db, database_deadline(), hasher,
                                   &(struct session_password_change){str_of(late_token), PASSWORD,
                                                                     "a thief's own", "192.0.2.1"},
                                   &st);
}

static status_code delete_late(void)
{
    struct status st = {0};

    return account_delete(db, database_deadline(), hasher, str_of(late_token), PASSWORD,
                          "192.0.2.1", &st);
}

static status_code code_of_late(status_code (*use)(void))
{
    struct late late = {.use_old_password = use};
    struct status st = {0};

    assert_int_equal(db_run(db, database_deadline(), change_body, &late, &st), STATUS_OK);
    assert_int_equal(pthread_join(late.thread, NULL), 0);
    return late.code;
}

static void set_late_password(void)
{
    struct status st = {0};
    char hash[PASSWORD_HASH_SIZE];

    assert_int_equal(password_hash(hasher, database_deadline(), PASSWORD, hash, &st), STATUS_OK);
    assert_int_equal(
        db_execute(db, database_deadline(), &set_late, DB_PARAMS(DB_P_TEXT(hash)), NULL, &st),
        STATUS_OK);
}

static void test_the_weak_one_of_two_passwords_is_named(void **state)
{
    struct session session;
    struct status st = {0};

    create("weak@example.com");
    assert_int_equal(sign_in("weak@example.com", PASSWORD, &session, &st), STATUS_OK);
    assert_int_equal(
        session_change_password(db, database_deadline(), hasher,
                                &(struct session_password_change){str_of(session.secret), PASSWORD,
                                                                  "short", "192.0.2.1"},
                                &st),
        STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "WEAK_PASSWORD");
    assert_string_equal(st.field, "new_password");
}

static void test_a_password_that_was_changed_meanwhile_is_worth_nothing(void **state)
{
    struct account_state created;
    struct status st = {0};

    assert_int_equal(account_create(db, database_deadline(), hasher, "late@example.com", PASSWORD,
                                    &created, late_token, &st),
                     STATUS_OK);
    assert_int_equal(code_of_late(sign_in_late), STATUS_UNAUTHENTICATED);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM session JOIN account ON account.id "
                                          "= account_id WHERE email_key = 'late@example.com'"),
                     0);
    set_late_password();
    assert_int_equal(code_of_late(change_late_again), STATUS_PERMISSION_DENIED);
    set_late_password();
    assert_int_equal(code_of_late(delete_late), STATUS_PERMISSION_DENIED);
    assert_int_equal(find(late_token), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_sign_in_lasts_as_long_as_it_may, reset_clock),
        cmocka_unit_test_teardown(test_the_oldest_sign_in_goes_when_there_are_too_many,
                                  reset_clock),
        cmocka_unit_test_teardown(test_one_more_attempt_is_allowed_each_interval, reset_clock),
        cmocka_unit_test(test_an_ipv6_network_counts_as_one),
        cmocka_unit_test(test_many_at_once_get_no_more),
        cmocka_unit_test_teardown(test_what_counts_no_more_is_forgotten, reset_clock),
        cmocka_unit_test(test_an_attempt_keeps_no_address),
        cmocka_unit_test(test_nobodys_password_is_never_right),
        cmocka_unit_test(test_the_weak_one_of_two_passwords_is_named),
        cmocka_unit_test(test_a_password_that_was_changed_meanwhile_is_worth_nothing),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
