/* Webhooks over a real PostgreSQL: their queue, and senders that post to a server on loopback. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"
#include "lib/http/tests/scripted_server.h"
#include "services/ocr/metrics.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_settle.h"
#include "services/ocr/store_webhook.h"
#include "services/ocr/tests/store_fixture.h"
#include "services/ocr/webhook/webhook_message.h"
#include "services/ocr/webhook/webhook_sender.h"

#define URL    "https://example.com/hook"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { LEASE_MS = 60000, WAIT_MS = 100000, POLL_MS = 10, SENDERS = 2, TIMEOUT_MS = 20000 };

/* A job of `account` that has ended, with a webhook. */
static const char *ended_job(struct fixture *fixture, const char *account, const char *url)
{
    const char *id = fixture_job(
        fixture, &(struct job_plan){.principal = account, .webhook_url = url, .pages = 1});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};

    assert_true(fixture_end_page(fixture, &task));
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 1, 1, &st), STATUS_OK);
    return id;
}

static bool claim(struct fixture *fixture, struct webhook_task *ret_task)
{
    struct status st = {0};
    bool is_found = false;

    if (store_webhook_claim(fixture->db, soon(), LEASE_MS, fixture->arena, ret_task, &is_found,
                            &st) != STATUS_OK)
        fail_msg("no claim: %s", st.message);
    return is_found;
}

/* Whether it was given up with this. */
static bool end(struct fixture *fixture, const struct webhook_task *task, int http_status,
                webhook_outcome outcome, int64_t pause_ms)
{
    const struct webhook_attempt attempt = {
        .start_time = time_wall(),
        .http_status = http_status,
        .error = "",
        .outcome = outcome,
        .pause_ms = pause_ms,
    };
    struct status st = {0};
    bool is_given_up = false;

    assert_int_equal(store_webhook_end(fixture->db, soon(), task, &attempt, &is_given_up, &st),
                     STATUS_OK);
    return is_given_up;
}

static struct webhook get(struct fixture *fixture, const char *job_id)
{
    struct webhook webhook = {0};
    struct status st = {0};

    if (store_webhook_get(fixture->db, soon(), job_id, fixture->arena, &webhook, &st) != STATUS_OK)
        fail_msg("no webhook: %s", st.message);
    return webhook;
}

/* --- the queue --- */

static void test_a_webhook_is_due_when_its_job_has_ended(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.webhook_url = URL});
    struct webhook_task task;
    struct status st = {0};

    assert_false(claim(fixture, &task));
    assert_string_equal(get(fixture, id).state, "waiting");
    assert_int_equal(store_webhook_resend(fixture->db, soon(), id, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "JOB_NOT_DONE");

    struct page_task page = fixture_lease(fixture, "a");
    assert_true(fixture_end_page(fixture, &page));
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 1, 1, &st), STATUS_OK);
    assert_true(claim(fixture, &task));
    assert_string_equal(task.job_id, id);
    assert_string_equal(task.url, URL);
    assert_int_equal(task.job_state, JOB_DONE);
    assert_int_equal(task.attempt, 1);
    assert_false(end(fixture, &task, 204, WEBHOOK_DELIVERED, 0));
    assert_string_equal(get(fixture, id).state, "delivered");
    assert_false(claim(fixture, &task));
    /* Told once, whatever is settled again. */
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 1, 1, &st), STATUS_OK);
    assert_false(claim(fixture, &task));
}

static void test_one_of_an_account_is_posted_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct webhook_task first, second, third;

    (void)ended_job(fixture, "alice", URL);
    (void)ended_job(fixture, "alice", URL);
    (void)ended_job(fixture, "bob", URL);
    assert_true(claim(fixture, &first));
    assert_true(claim(fixture, &second));
    assert_string_equal(first.account_id, "alice");
    assert_string_equal(second.account_id, "bob");
    assert_false(claim(fixture, &third));
    assert_false(end(fixture, &first, 200, WEBHOOK_DELIVERED, 0));
    assert_true(claim(fixture, &third));
    assert_string_equal(third.account_id, "alice");
}

/* Who was killed is not waited for longer than the lease; and has no say any more. */
static void test_a_lease_that_is_over_is_taken_by_another(void **state)
{
    struct fixture *fixture = *state;
    const char *id = ended_job(fixture, "alice", URL);
    struct webhook_task lost, again;

    assert_true(claim(fixture, &lost));
    fixture_execute(fixture, "UPDATE webhook SET next_time = now() - interval '1 second'", NULL);
    assert_true(claim(fixture, &again));
    assert_string_equal(again.message_id, lost.message_id);
    assert_int_equal(again.attempt, 2);
    assert_false(end(fixture, &lost, 200, WEBHOOK_DELIVERED, 0));
    assert_string_equal(get(fixture, id).state, "sending");
    assert_false(end(fixture, &again, 500, WEBHOOK_AGAIN, 100000));
    struct webhook webhook = get(fixture, id);
    assert_int_equal(webhook.delivery_count, 1);
    assert_int_equal(webhook.deliveries[0].attempt, 2);
    assert_int_equal(webhook.deliveries[0].http_status, 500);
    assert_true(webhook.next_attempt_time > time_wall());
}

static void test_it_is_given_up_after_a_day_and_may_be_sent_again(void **state)
{
    struct fixture *fixture = *state;
    const char *id = ended_job(fixture, "alice", URL);
    struct webhook_task task;
    struct status st = {0};

    assert_true(claim(fixture, &task));
    assert_false(end(fixture, &task, 500, WEBHOOK_AGAIN, 0));
    fixture_execute(fixture, "UPDATE webhook SET give_up_time = now() + interval '1 second'", NULL);
    assert_true(claim(fixture, &task));
    assert_true(end(fixture, &task, 500, WEBHOOK_AGAIN, 100000));
    assert_string_equal(get(fixture, id).state, "failed");
    assert_false(claim(fixture, &task));

    assert_int_equal(store_webhook_resend(fixture->db, soon(), id, &st), STATUS_OK);
    assert_true(claim(fixture, &task));
    assert_int_equal(task.attempt, 3);
    assert_int_equal(task.tries, 1);
    assert_true(end(fixture, &task, 410, WEBHOOK_REFUSED, 0));
    assert_string_equal(get(fixture, id).state, "failed");
    assert_int_equal(get(fixture, id).delivery_count, 3);
}

static void test_the_log_keeps_the_latest_attempts(void **state)
{
    struct fixture *fixture = *state;
    const char *id = ended_job(fixture, "alice", URL);
    struct webhook_task task;

    fixture_execute(fixture, "UPDATE webhook SET attempts = 150", NULL);
    for (int i = 0; i < WEBHOOK_DELIVERIES_MAX + 5; i++) {
        assert_true(claim(fixture, &task));
        assert_false(end(fixture, &task, 500, WEBHOOK_AGAIN, 0));
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM webhook_delivery", NULL),
                     WEBHOOK_DELIVERIES_MAX);
    assert_int_equal(get(fixture, id).deliveries[0].attempt, 150 + WEBHOOK_DELIVERIES_MAX + 5);
}

static void test_it_goes_with_its_job(void **state)
{
    struct fixture *fixture = *state;
    const char *id = ended_job(fixture, "alice", URL);
    struct webhook_task task;
    struct status st = {0};

    assert_true(claim(fixture, &task));
    assert_int_equal(store_job_delete(fixture->db, soon(), id, &st), STATUS_OK);
    assert_false(end(fixture, &task, 200, WEBHOOK_DELIVERED, 0));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM webhook", NULL), 0);
}

/* Its URL and what was answered are the owner's, as the result is. */
static void test_it_goes_when_its_job_expires(void **state)
{
    struct fixture *fixture = *state;
    struct webhook_task task;
    struct status st = {0};
    const char **expired;
    size_t count;

    (void)ended_job(fixture, "alice", URL);
    assert_true(claim(fixture, &task));
    assert_false(end(fixture, &task, 204, WEBHOOK_DELIVERED, 0));
    (void)ended_job(fixture, "alice", URL); /* to be posted */
    fixture_execute(fixture, "UPDATE job SET expire_time = now() - interval '1 second'", NULL);
    assert_int_equal(store_sweep(fixture->db, soon(), 100, fixture->arena, &expired, &count, &st),
                     STATUS_OK);

    assert_int_equal(count, 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM webhook", NULL), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM webhook_delivery", NULL), 0);
    assert_false(claim(fixture, &task));
}

static void test_all_of_an_account_are_listed_newest_first(void **state)
{
    struct fixture *fixture = *state;
    const struct job_plan plan = {.principal = "alice", .webhook_url = URL, .pages = 1};
    const char *oldest = fixture_job(fixture, &plan), *newest = NULL;
    struct webhook_list list;
    struct status st = {0};

    for (int i = 0; i < WEBHOOK_LIST_MAX; i++)
        newest = fixture_job(fixture, &plan);
    (void)fixture_job(fixture, &(struct job_plan){.principal = "alice", .pages = 1});
    (void)fixture_job(fixture, &(struct job_plan){.principal = "bob", .webhook_url = URL});
    assert_int_equal(store_webhook_list(fixture->db, soon(), "alice", INT64_MAX, &list, &st),
                     STATUS_OK);
    assert_int_equal(list.count, WEBHOOK_LIST_MAX);
    assert_string_equal(list.job_ids[0], newest);
    assert_int_equal(store_webhook_list(fixture->db, soon(), "alice", list.last_number, &list, &st),
                     STATUS_OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.job_ids[0], oldest);
}

/* --- secrets --- */

static void test_a_rotated_secret_signs_for_another_day(void **state)
{
    struct fixture *fixture = *state;
    struct webhook_secret secret;
    struct status st = {0};

    assert_int_equal(
        store_webhook_secret(fixture->db, soon(), "alice", "whsec_a", fixture->arena, &secret, &st),
        STATUS_OK);
    assert_string_equal(secret.secret, "whsec_a");
    assert_null(secret.previous_secret);
    assert_int_equal(
        store_webhook_secret(fixture->db, soon(), "alice", "whsec_b", fixture->arena, &secret, &st),
        STATUS_OK);
    assert_string_equal(secret.secret, "whsec_a");

    assert_int_equal(store_webhook_secret_rotate(fixture->db, soon(), "alice", "whsec_c",
                                                 fixture->arena, &secret, &st),
                     STATUS_OK);
    assert_string_equal(secret.secret, "whsec_c");
    assert_string_equal(secret.previous_secret, "whsec_a");
    fixture_execute(fixture, "UPDATE webhook_secret SET previous_expire_time = now()", NULL);
    assert_int_equal(
        store_webhook_secret(fixture->db, soon(), "alice", "whsec_d", fixture->arena, &secret, &st),
        STATUS_OK);
    assert_string_equal(secret.secret, "whsec_c");
    assert_null(secret.previous_secret);
}

/* --- senders --- */

struct stand {
    struct metrics metrics;
    struct http_guard guard;
    struct webhook_sender *senders[SENDERS]; /* as replicas: they share the database alone */
};

static void start_senders(struct fixture *fixture, struct stand *stand, const char *allowed)
{
    struct status st = {0};

    assert_int_equal(http_guard_init(&stand->guard, allowed, &st), STATUS_OK);
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(webhook_sender_start(
                             &(struct webhook_sender_options){
                                 .db = fixture->db,
                                 .metrics = &stand->metrics,
                                 .guard = &stand->guard,
                                 .ca_file = "",
                                 .calls = 2,
                                 .timeout_ms = TIMEOUT_MS,
                                 .pause_ms = 10,
                             },
                             &stand->senders[i], &st),
                         STATUS_OK);
}

static void stop_senders(struct stand *stand)
{
    for (int i = 0; i < SENDERS; i++)
        webhook_sender_stop(stand->senders[i]);
}

/* Until as many webhooks are in that state; each look is a statement of its own. */
static void wait_for_state(struct fixture *fixture, struct stand *stand, const char *word,
                           int64_t wanted)
{
    int64_t until = time_mono_after_ms(WAIT_MS);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never;

    wait_init(&never);
    pthread_mutex_lock(&lock);
    while (fixture_integer(fixture, "SELECT count(*) FROM webhook WHERE state = $1", word) !=
           wanted) {
        if (time_mono() > until)
            fail_msg("no %d webhooks are %s", (int)wanted, word);
        /* As the notifications of the database would. */
        for (int i = 0; i < SENDERS; i++)
            webhook_sender_wake(stand->senders[i]);
        (void)wait_until(&never, &lock, time_mono_after_ms(POLL_MS));
    }
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&never);
}

static void test_replicas_post_each_once(void **state)
{
    enum { JOBS = 12 };
    struct fixture *fixture = *state;
    static const struct scripted_answer answers[] = {{ANSWER, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, 1);
    struct stand stand = {0};

    for (int i = 0; i < JOBS; i++)
        (void)ended_job(fixture,
                        i % 3 == 0   ? "alice"
                        : i % 3 == 1 ? "bob"
                                     : "carol",
                        scripted_server_url(server));
    start_senders(fixture, &stand, "127.0.0.1");
    wait_for_state(fixture, &stand, "delivered", JOBS);
    stop_senders(&stand);

    assert_int_equal(scripted_server_count(server), JOBS);
    assert_int_equal(atomic_load(&stand.metrics.webhooks_delivered), JOBS);
    const char *request = scripted_server_request(server, 0);
    assert_non_null(strstr(request, "webhook-id: msg_"));
    assert_non_null(strstr(request, "webhook-timestamp: "));
    assert_non_null(strstr(request, "webhook-signature: v1,"));
    assert_non_null(strstr(request, "{\"type\":\"job.done\","));
}

/* A server that fails, answers too much, sends elsewhere, then takes it; then one that is gone. */
static void test_it_is_tried_again_until_it_arrives(void **state)
{
    static char endless[70000] = "HTTP/1.1 500 Oh\r\nContent-Length: 1000000\r\n\r\n";
    static char long_ok[70000] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    static const struct scripted_answer answers[] = {
        {"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false},
        {"no HTTP", false},
        {endless, true},
        {long_ok, true},
    };
    struct fixture *fixture = *state;
    struct stand stand = {0};

    memset(endless + strlen(endless), 'a', sizeof(endless) - strlen(endless) - 1);
    memset(long_ok + strlen(long_ok), 'a', sizeof(long_ok) - strlen(long_ok) - 1);
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, 5);
    const char *id = ended_job(fixture, "alice", scripted_server_url(server));
    start_senders(fixture, &stand, "127.0.0.1");
    wait_for_state(fixture, &stand, "delivered", 1);
    stop_senders(&stand);

    struct webhook webhook = get(fixture, id);
    assert_int_equal(webhook.delivery_count, 5);
    assert_int_equal(webhook.deliveries[4].http_status, 503);
    assert_int_equal(webhook.deliveries[3].http_status, 302);
    assert_int_equal(webhook.deliveries[2].http_status, 0);
    assert_true(webhook.deliveries[2].error[0] != '\0');
    assert_int_equal(webhook.deliveries[1].http_status, 500);
    assert_int_equal(webhook.deliveries[0].http_status, 200);
}

static void test_a_server_that_is_gone_is_left_alone(void **state)
{
    static const struct scripted_answer answers[] = {
        {"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", false}};
    struct fixture *fixture = *state;
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, 1);
    struct stand stand = {0};

    (void)ended_job(fixture, "alice", scripted_server_url(server));
    start_senders(fixture, &stand, "127.0.0.1");
    wait_for_state(fixture, &stand, "failed", 1);
    stop_senders(&stand);
    assert_int_equal(scripted_server_count(server), 1);
    assert_int_equal(atomic_load(&stand.metrics.webhooks_given_up), 1);
}

/* A name may lead elsewhere by the time of the call: the guard is asked at each attempt. */
static void test_an_address_that_is_not_public_is_not_called(void **state)
{
    static const struct scripted_answer answers[] = {{ANSWER, false}};
    struct fixture *fixture = *state;
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, 1);
    const char *id = ended_job(fixture, "alice", scripted_server_url(server));
    struct stand stand = {0};

    fixture_execute(fixture, "UPDATE webhook SET give_up_time = now()", NULL);
    start_senders(fixture, &stand, "10.0.0.0/8");
    wait_for_state(fixture, &stand, "failed", 1);
    stop_senders(&stand);
    assert_int_equal(scripted_server_count(server), 0);
    assert_non_null(strstr(get(fixture, id).deliveries[0].error, "not public"));
}

/* What is on its way when a process stops is due at once, and counts as no attempt. */
static void test_a_stopped_sender_gives_its_work_back(void **state)
{
    static const struct scripted_answer answers[] = {{"", true}};
    struct fixture *fixture = *state;
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, 1);
    const char *id = ended_job(fixture, "alice", scripted_server_url(server));
    struct stand stand = {0};
    struct webhook_task task;

    start_senders(fixture, &stand, "127.0.0.1");
    scripted_server_wait(server, 1);
    stop_senders(&stand);
    assert_int_equal(get(fixture, id).delivery_count, 0);
    assert_true(claim(fixture, &task));
    assert_int_equal(task.attempt, 1);
}

static int start(void **state)
{
    struct status st = {0};

    return sodium_init() < 0 || http_start(&st) != STATUS_OK || fixture_open(state) != 0;
}

#define TEST(function) cmocka_unit_test_setup(function, fixture_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_webhook_is_due_when_its_job_has_ended),
        TEST(test_one_of_an_account_is_posted_at_a_time),
        TEST(test_a_lease_that_is_over_is_taken_by_another),
        TEST(test_it_is_given_up_after_a_day_and_may_be_sent_again),
        TEST(test_the_log_keeps_the_latest_attempts),
        TEST(test_it_goes_with_its_job),
        TEST(test_it_goes_when_its_job_expires),
        TEST(test_all_of_an_account_are_listed_newest_first),
        TEST(test_a_rotated_secret_signs_for_another_day),
        TEST(test_replicas_post_each_once),
        TEST(test_it_is_tried_again_until_it_arrives),
        TEST(test_a_server_that_is_gone_is_left_alone),
        TEST(test_an_address_that_is_not_public_is_not_called),
        TEST(test_a_stopped_sender_gives_its_work_back),
    };

    return cmocka_run_group_tests(tests, start, fixture_close);
}
