/*
 * Random sequences of everything that moves credits, and of questions, beside a model that computes
 * the rules of docs/billing.md in its own way, while processes are killed in the middle of calls,
 * connections cut, and the database killed. Every call is repeated until it is answered, as callers
 * do.
 *
 *     LEDGER_SEQUENCES=5000 LEDGER_SEED=1 tests/postgres-for-test.sh --role billing
 *         BUILD/services/billing/test-billing-sequences
 *
 * A failure names its seed; the same seed runs the same operations, and LEDGER_SEED=random others
 * each time. Without it they are always the same: a check of a change must not fail for another
 * reason.
 */

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/db/tests/database.h"
#include "services/billing/ledger/credits.h"
#include "services/billing/ledger/question.h"
#include "services/billing/tests/ledger_fixture.h"
#include "services/billing/tests/model.h"

enum {
    SEQUENCES_DEFAULT = 30,
    OPERATIONS_MAX = MODEL_JOBS_MAX,
    LIFETIME_MS = 60000,
    KILL_AFTER_MAX_US = 2500,    /* longer than most calls take */
    SERVER_KILL_SEQUENCES = 100, /* the server is killed once in so many */
    AUDIT_SEQUENCES = 250,       /* it reads everything, so not each time */
};

static struct db *db, *saboteur_db;
static uint64_t seed;

/* Of the sequence under way. */
static char account[UUID_SIZE], address[40];
static struct model model;
static int operation; /* its number in the sequence, for ids */

/* splitmix64 (Steele, Lea, Flood 2014): the same numbers for the same seed. */
static uint64_t next_random(void)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int pick(int count)
{
    return (int)(next_random() % (uint64_t)count);
}

/* --- one call, and what may happen to it --- */

/* Runs `call` as often as its answer is lost. */
typedef status_code (*call_function)(struct db *on, void *arg, struct status *st);

/* The call in a process of its own, which is killed in the middle, before it, or after it. */
static void run_killed(call_function call, void *arg)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct db_options options = database_options("billing", 1);
        struct status st = {0};
        struct db *own = NULL;

        if (db_open(&options, &own, &st) == STATUS_OK && write(ready[1], "x", 1) == 1)
            (void)!call(own, arg, &st);
        _exit(0);
    }
    (void)close(ready[1]);
    (void)!read(ready[0], &byte, 1);
    (void)close(ready[0]);
    (void)usleep((useconds_t)pick(KILL_AFTER_MAX_US));
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Cuts all other connections of ours, once. */
static void *cut_connections(void *arg)
{
    static const struct db_statement cut = {
        "cut_connections", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                           " WHERE usename = current_user AND pid <> pg_backend_pid()"};
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};

    (void)usleep((useconds_t) * (int *)arg);
    (void)!db_query(saboteur_db, database_deadline(), &cut, DB_NO_PARAMS, &rows, &st);
    return NULL;
}

static struct status run(call_function call, void *arg)
{
    struct status st = {0};
    int delay_us = pick(KILL_AFTER_MAX_US), fate = pick(20);
    pthread_t saboteur;

    if (fate < 3)
        run_killed(call, arg);
    if (fate == 3)
        assert_int_equal(pthread_create(&saboteur, NULL, cut_connections, &delay_us), 0);
    do {
        st = (struct status){0};
        (void)!call(db, arg, &st);
    } while (st.code == STATUS_UNAVAILABLE);
    if (fate == 3)
        pthread_join(saboteur, NULL);
    return st;
}

static void assert_answer(const struct status *st, const char *reason)
{
    const char *given = st->code == STATUS_OK ? "OK" : st->reason;

    if (strcmp(given, reason == NULL ? "OK" : reason) != 0)
        fail_msg("operation %d: %s (%s) in place of %s", operation, given, st->message,
                 reason == NULL ? "OK" : reason);
}

/* --- operations --- */

struct call {
    struct credits_request income;
    struct credits_answer answer;
    struct reservation_request request;
    struct reservation reservation;
    const char *id;
    int pages;
    int64_t charged, expire_time;
    bool is_first;
    struct question_count questions;
};

static status_code call_grant(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return credits_grant(on, database_deadline(), &call->income, &call->answer, st);
}

static status_code call_purchase(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return credits_purchase(on, database_deadline(), &call->income, &call->answer, st);
}

static void do_income(bool is_purchase)
{
    char id[64];
    struct call call = {.income = {account, 1 + pick(60), id, "sequence"}};

    (void)snprintf(id, sizeof(id), "%s-%d", account, operation);
    struct status st = run(is_purchase ? call_purchase : call_grant, &call);
    assert_answer(&st, NULL);
    model.balance += call.income.amount_credits;
    model.income += call.income.amount_credits;
    assert_int_equal(call.answer.balance_credits, model.balance);
}

static status_code call_open(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return reservation_open(on, database_deadline(), &call->request, &call->reservation, st);
}

static struct reservation_request request_of(const struct model_job *job)
{
    struct reservation_request request =
        ledger_request(job->request_id, job->is_anonymous ? NULL : account, address, job->pages);

    request.tier = job->tier;
    request.lifetime_ms = LIFETIME_MS;
    return request;
}

static void do_open(void)
{
    static const int pages[] = {1, 2, 3, 5, 8, 20, 26, 60};
    struct model_job job = {.is_anonymous = pick(4) == 0,
                            .tier = pick(5) == 0 ? PLAN_TIER_VLM : PLAN_TIER_CPU,
                            .pages = pages[pick(ARRAY_LENGTH(pages))]};
    (void)snprintf(job.request_id, sizeof(job.request_id), "job-%s-%d", account, operation);
    const char *reason = model_decide(&model, &job);
    struct call call = {.request = request_of(&job)};
    struct status st = run(call_open, &call);
    assert_answer(&st, reason);
    if (reason != NULL)
        return;
    assert_int_equal(call.reservation.held.paid_credits, job.paid);
    assert_int_equal(call.reservation.held.quota_credits, job.quota);
    memcpy(job.reservation_id, call.reservation.id, sizeof(call.reservation.id));
    job.expire_time = call.reservation.expire_time;
    model_open(&model, &job);
}

/* A late repetition of a request. */
static void do_open_again(struct model_job *job)
{
    struct call call = {.request = request_of(job)};
    struct status st = run(call_open, &call);

    assert_answer(&st, job->state == RESERVATION_OPEN ? NULL : "RESERVATION_ENDED");
    if (st.code == STATUS_OK)
        assert_string_equal(call.reservation.id, job->reservation_id);
}

static status_code call_commit(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return reservation_commit(on, database_deadline(), call->id, call->pages, &call->charged,
                              &call->is_first, st);
}

static void do_commit(struct model_job *job)
{
    int pages = pick(job->pages + 2);
    struct call call = {.id = job->reservation_id, .pages = pages};
    struct status st = run(call_commit, &call);

    if (job->state != RESERVATION_OPEN) {
        bool is_same = job->state == RESERVATION_COMMITTED && job->charged_pages == pages;
        assert_answer(&st, is_same ? NULL : "RESERVATION_ENDED");
        return;
    }
    assert_answer(&st, pages > job->pages ? "INVALID_FIELD" : NULL);
    if (st.code != STATUS_OK)
        return;
    model_end(&model, job, RESERVATION_COMMITTED, pages);
    assert_int_equal(call.charged, pages * job->price);
}

static status_code call_release(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return reservation_release(on, database_deadline(), call->id, &call->is_first, st);
}

static void do_release(struct model_job *job)
{
    struct call call = {.id = job->reservation_id};
    struct status st = run(call_release, &call);

    assert_answer(&st, job->state == RESERVATION_COMMITTED ? "RESERVATION_ENDED" : NULL);
    if (job->state == RESERVATION_OPEN)
        model_end(&model, job, RESERVATION_RELEASED, 0);
}

static status_code call_extend(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return reservation_extend(on, database_deadline(), call->id, LIFETIME_MS, &call->expire_time,
                              st);
}

static void do_extend(struct model_job *job)
{
    struct call call = {.id = job->reservation_id};
    struct status st = run(call_extend, &call);

    assert_answer(&st, job->state == RESERVATION_OPEN ? NULL : "RESERVATION_ENDED");
    if (st.code != STATUS_OK)
        return;
    assert_true(call.expire_time >= job->expire_time);
    job->expire_time = call.expire_time;
}

static status_code call_refund(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return credits_refund(on, database_deadline(), &call->income, call->id, &call->answer, st);
}

static void do_refund(struct model_job *job)
{
    char id[64];
    struct call call = {.income = {account, 0, id, "sequence"}, .id = job->request_id};
    const char *reason = job->is_anonymous        ? "JOB_NOT_FOUND"
                         : job->refunded > 0      ? "ALREADY_REFUNDED"
                         : job->charged_paid == 0 ? "NOTHING_TO_REFUND"
                                                  : NULL;

    (void)snprintf(id, sizeof(id), "refund-%s-%d", account, operation);
    if (job->refunded > 0 && pick(2) == 0) { /* the same request, late */
        memcpy(id, job->refund_id, sizeof(id));
        reason = NULL;
    }
    struct status st = run(call_refund, &call);
    assert_answer(&st, reason);
    if (reason != NULL || job->refunded > 0)
        return;
    job->refunded = job->charged_paid;
    memcpy(job->refund_id, id, sizeof(id));
    model.balance += job->refunded;
    assert_int_equal(call.answer.amount_credits, job->refunded);
    assert_int_equal(call.answer.balance_credits, model.balance);
}

static status_code call_question(struct db *on, void *arg, struct status *st)
{
    struct call *call = arg;

    return question_spend(on, database_deadline(), account, call->id, &call->questions, st);
}

/* A new one, or one of before, late. */
static void do_question(void)
{
    char id[64];
    struct call call = {.id = id};

    (void)snprintf(id, sizeof(id), "question-%d", operation);
    if (model.question_count > 0 && pick(3) == 0)
        memcpy(id, model.questions[pick(model.question_count)].request_id, sizeof(id));
    const char *reason = model_ask(&model, id);
    struct status st = run(call_question, &call);
    assert_answer(&st, reason);
    if (reason != NULL)
        return;
    assert_int_equal(call.questions.used, model_questions_used(&model));
    assert_int_equal(call.questions.cap, model_questions_cap(&model));
}

static status_code call_expire(struct db *on, void *arg, struct status *st)
{
    int64_t count;

    do
        TRY(reservation_expire_due(on, database_deadline(), 500, &count, st));
    while (count > 0);
    return STATUS_OK;
}

static void do_expire(int64_t *offset)
{
    *offset += (1 + pick(90)) * NANOSECONDS_PER_SECOND;
    time_set_offset_for_test(*offset);
    int64_t now = time_wall();
    struct status st = run(call_expire, NULL);
    assert_answer(&st, NULL);
    model_expire(&model, now);
}

/* --- a sequence --- */

static void do_one(int64_t *offset)
{
    struct model_job *job = model.job_count > 0 ? &model.jobs[pick(model.job_count)] : NULL;
    int what = pick(115);

    operation++;
    if (what < 12)
        do_income(what < 4);
    else if (what < 45 || job == NULL)
        do_open();
    else if (what < 50)
        do_open_again(job);
    else if (what < 68)
        do_commit(job);
    else if (what < 76)
        do_release(job);
    else if (what < 82)
        do_extend(job);
    else if (what < 92)
        do_refund(job);
    else if (what < 100)
        do_expire(offset);
    else
        do_question();
}

/* Rows by static statements: each text that the fixture runs stays prepared for good. */
static struct db_rows *select_rows(const struct db_statement *statement)
{
    struct db_rows *rows = NULL;
    struct status st;

    do { /* the saboteur's cut may still be on its way */
        st = (struct status){0};
        (void)!db_query(db, database_deadline(), statement,
                        DB_PARAMS(DB_P_TEXT(account), DB_P_TEXT(address)), &rows, &st);
    } while (st.code == STATUS_UNAVAILABLE);
    if (st.code != STATUS_OK)
        fail_msg("%s", st.message);
    return rows;
}

static void make_account(void)
{
    static const struct db_statement make = {
        "sequence_account",
        "INSERT INTO account (id, email, email_key, password_hash, plan_name,"
        " create_time) VALUES ($1::uuid, $1::uuid::text || '@example.com', $1::uuid::text || $2"
        " || '@example.com', '', 'free', now()) ON CONFLICT DO NOTHING"};

    uuid_make(account);
    db_rows_free(select_rows(&make));
}

/* What the database has, after every sequence and whatever was killed. */
static void check_model(void)
{
    static const struct db_statement balances = {
        "sequence_balances",
        "SELECT balance_credits, held_credits, (SELECT coalesce(sum(quota_credits + paid_credits),"
        " 0)::bigint FROM usage_period WHERE principal_key = $1::uuid::text), (SELECT"
        " coalesce(sum(quota_credits + paid_credits), 0)::bigint FROM usage_period WHERE"
        " principal_key = $2), (SELECT coalesce(sum(amount_credits), 0)::bigint FROM"
        " ledger_transfer WHERE account_id = $1::uuid AND kind IN ('grant', 'purchase')),"
        " (SELECT count(*) FROM question WHERE account_id = $1::uuid),"
        " (SELECT coalesce(sum(questions), 0)::bigint FROM question_day"
        " WHERE account_id = $1::uuid) FROM account WHERE id = $1::uuid"};
    static const struct db_statement jobs = {
        "sequence_jobs", "SELECT id, state FROM reservation WHERE principal_key IN ($1, $2)"};
    static const char *const states[] = {"open", "committed", "released", "expired"};
    _cleanup_(db_rows_freep) struct db_rows *sums = select_rows(&balances);
    _cleanup_(db_rows_freep) struct db_rows *rows = select_rows(&jobs);

    assert_int_equal(db_row_count(rows), model.job_count);
    for (int i = 0; i < model.job_count; i++) {
        const struct model_job *job = &model.jobs[i];
        size_t row = 0;
        while (row < db_row_count(rows) &&
               !str_equal(db_text(rows, row, 0), str_of(job->reservation_id)))
            row++;
        assert_true(row < db_row_count(rows));
        assert_true(str_equal(db_text(rows, row, 1), str_of(states[job->state])));
    }
    assert_int_equal(db_integer(sums, 0, 0), model.balance);
    assert_int_equal(db_integer(sums, 0, 1), model.held);
    assert_int_equal(db_integer(sums, 0, 2), model_used(&model, false));
    assert_int_equal(db_integer(sums, 0, 3), model_used(&model, true));
    assert_int_equal(db_integer(sums, 0, 4), model.income);
    assert_int_equal(db_integer(sums, 0, 5), model.question_count);
    assert_int_equal(db_integer(sums, 0, 6), model.question_count);
}

/* Noon in the middle of a month, or just before the turn of one. */
static int64_t beginning(void)
{
    struct tm date = {.tm_year = 131, .tm_mon = pick(12), .tm_mday = 15, .tm_hour = 12};

    if (pick(3) == 0)
        date = (struct tm){.tm_year = 131, .tm_mon = date.tm_mon, .tm_mday = 1, .tm_sec = -60};
    return (int64_t)timegm(&date) * NANOSECONDS_PER_SECOND;
}

static void run_sequence(void)
{
    static int number;

    time_set_offset_for_test(0);
    int64_t offset = beginning() - time_wall();
    time_set_offset_for_test(offset);
    model = (struct model){0};
    operation = 0;
    (void)snprintf(address, sizeof(address), "address-%d", ++number);
    make_account();
    int operations = 5 + pick(OPERATIONS_MAX - 5);
    for (int i = 0; i < operations; i++)
        do_one(&offset);
    check_model();
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t value;

    if (text == NULL)
        return otherwise;
    assert_true(str_to_int64(str_of(text), &value));
    return value;
}

/* Years later everything that sequences left open has expired, and the books balance. */
static void check_books(void)
{
    struct status st = {0};

    time_set_offset_for_test(INT64_C(10) * 365 * 86400 * NANOSECONDS_PER_SECOND);
    do
        st = (struct status){0};
    while (call_expire(db, NULL, &st) == STATUS_UNAVAILABLE);
    assert_int_equal(st.code, STATUS_OK);
    ledger_assert_balanced(db);
}

static void test_random_sequences_keep_every_invariant(void **state)
{
    int64_t sequences = setting("LEDGER_SEQUENCES", SEQUENCES_DEFAULT);
    uint64_t random_seed;

    random_bytes(&random_seed, sizeof(random_seed));
    const char *named = getenv("LEDGER_SEED");
    bool is_random = named != NULL && strcmp(named, "random") == 0;
    seed = is_random ? random_seed : (uint64_t)setting("LEDGER_SEED", 1);
    for (int64_t i = 0; i < sequences; i++) {
        print_message("sequence %" PRId64 ": LEDGER_SEED=%" PRId64 "\n", i, (int64_t)seed);
        run_sequence();
        if (i % SERVER_KILL_SEQUENCES == SERVER_KILL_SEQUENCES / 4) {
            database_server("kill");
            database_server("start");
        }
        if (i % AUDIT_SEQUENCES == AUDIT_SEQUENCES - 1 || i == sequences - 1)
            check_books();
    }
}

static int open_database(void **state)
{
    db = ledger_open(2);
    saboteur_db = database_open("billing", 1);
    (void)ledger_integer(db,
                         "UPDATE plan SET questions_per_day = CASE name WHEN 'free' THEN %d ELSE %d"
                         " END WHERE name IN ('free', 'starter') RETURNING 1",
                         MODEL_QUESTIONS_FREE, MODEL_QUESTIONS_FUNDED);
    return 0;
}

static int close_database(void **state)
{
    time_set_offset_for_test(0);
    db_close(saboteur_db);
    db_close(db);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_sequences_keep_every_invariant)};

    return cmocka_run_group_tests(tests, open_database, close_database);
}
