#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/billing/ledger/credits.h"
#include "services/billing/tests/ledger_fixture.h"

#define DAY_NS (24 * 3600 * NANOSECONDS_PER_SECOND)

static struct db *db;

static int open_database(void **state)
{
    db = ledger_open(4);
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

/* After each test the books balance, and the clock is right again. */
static int check_books(void **state)
{
    time_set_offset_for_test(0);
    ledger_assert_balanced(db);
    return 0;
}

/* --- helpers --- */

static struct reservation open_one(const struct reservation_request *request)
{
    struct reservation reservation;
    struct status st = {0};

    if (reservation_open(db, database_deadline(), request, &reservation, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return reservation;
}

static struct reservation open_pages(const char *request_id, const char *account_id, int32_t pages)
{
    struct reservation_request request = ledger_request(request_id, account_id, NULL, pages);

    return open_one(&request);
}

static struct status refuse(const struct reservation_request *request)
{
    struct reservation reservation;
    struct status st = {0};

    assert_int_not_equal(reservation_open(db, database_deadline(), request, &reservation, &st),
                         STATUS_OK);
    return st;
}

static struct status commit(const char *id, int32_t pages, int64_t *ret_charged)
{
    struct status st = {0};
    bool is_first;

    (void)!reservation_commit(db, database_deadline(), id, pages, ret_charged, &is_first, &st);
    return st;
}

static struct status release(const char *id)
{
    struct status st = {0};
    bool is_first;

    (void)!reservation_release(db, database_deadline(), id, &is_first, &st);
    return st;
}

static int64_t expire(void)
{
    struct status st = {0};
    int64_t count = 0;

    assert_int_equal(reservation_expire_due(db, database_deadline(), 100, &count, &st), STATUS_OK);
    return count;
}

static void assert_fact(const struct status *st, const char *key, const char *value)
{
    const char *found = status_get_info(st, key);

    if (value == NULL) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_string_equal(found, value);
    }
}

static void assert_failed(struct status st, status_code code, const char *reason, const char *field)
{
    assert_int_equal(st.code, code);
    assert_string_equal(st.reason, reason);
    assert_string_equal(st.field, field);
}

/* --- what is held, charged and given back --- */

static void test_a_commit_charges_what_succeeded_and_frees_the_rest(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("commit-1", account, 10);
    assert_int_equal(held.held.quota_credits, 10);
    assert_int_equal(ledger_used(db, account), 10);
    assert_int_equal(commit(held.id, 7, &charged).code, STATUS_OK);
    assert_int_equal(charged, 7);
    assert_int_equal(ledger_used(db, account), 7);
}

static void test_a_vlm_page_costs_five(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation_request request = ledger_request("vlm-1", account, NULL, 3);
    request.tier = PLAN_TIER_VLM;
    struct reservation held = open_one(&request);
    assert_int_equal(held.held.quota_credits, 15);
    assert_int_equal(commit(held.id, 2, &charged).code, STATUS_OK);
    assert_int_equal(charged, 10);
}

static void test_a_release_frees_everything(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    ledger_grant(db, account, 50);
    struct reservation held = open_pages("release-1", account, 120);
    assert_int_equal(held.held.paid_credits, 50);
    assert_int_equal(held.held.quota_credits, 70);
    assert_int_equal(ledger_balance(db, account), 0);
    assert_int_equal(release(held.id).code, STATUS_OK);
    assert_int_equal(ledger_balance(db, account), 50);
    assert_int_equal(ledger_used(db, account), 0);
}

/* API: B21, Metering. Credits pay first, and what was taken last comes back first. */
static void test_the_bucket_pays_what_credits_cannot(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    ledger_grant(db, account, 50);
    struct reservation first = open_pages("mixed-1", account, 40);
    struct reservation second = open_pages("mixed-2", account, 25);
    assert_int_equal(first.held.paid_credits, 40);
    assert_int_equal(second.held.paid_credits, 10);
    assert_int_equal(second.held.quota_credits, 15);
    assert_int_equal(commit(second.id, 12, &charged).code, STATUS_OK); /* 10 credits, 2 free */
    assert_int_equal(charged, 12);
    assert_int_equal(ledger_balance(db, account), 0);
    assert_int_equal(ledger_used(db, account), 52);
    assert_int_equal(commit(first.id, 30, &charged).code, STATUS_OK);
    assert_int_equal(ledger_used(db, account), 42);
    assert_int_equal(ledger_balance(db, account), 10);
    struct reservation third = open_pages("mixed-3", account, 20);
    assert_int_equal(third.held.paid_credits, 10);
    assert_int_equal(commit(third.id, 4, &charged).code, STATUS_OK);
    assert_int_equal(ledger_balance(db, account), 6);
}

static void test_a_plan_without_a_bucket_lives_on_credits(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "pro", account);
    ledger_grant(db, account, 8);
    struct reservation held = open_pages("credits-1", account, 5);
    assert_int_equal(held.held.paid_credits, 5);
    assert_int_equal(commit(held.id, 5, &charged).code, STATUS_OK);

    struct reservation_request request = ledger_request("credits-2", account, NULL, 4);
    struct status st = refuse(&request);
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "");
    assert_fact(&st, "used", "5");
    assert_fact(&st, "cap", "8");
    assert_fact(&st, "period", "credits");
    assert_fact(&st, "resets_at", NULL);
    (void)open_pages("credits-3", account, 3);
}

static void test_a_commit_of_no_page_charges_nothing(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("none-1", account, 5);
    assert_int_equal(commit(held.id, 0, &charged).code, STATUS_OK);
    assert_int_equal(charged, 0);
    assert_int_equal(ledger_used(db, account), 0);
}

/* --- refusals; API: B1, B3 --- */

static void test_a_used_up_month_is_refused_with_its_facts(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    for (int i = 0; i < 4; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "month-%d", i);
        (void)open_pages(id, account, 24);
    }
    struct reservation_request request = ledger_request("month-5", account, NULL, 5);
    struct status st = refuse(&request);
    char month[40], reset[40];
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "");
    assert_fact(&st, "used", "96");
    assert_fact(&st, "cap", "100");
    assert_fact(&st, "period", "month");
    (void)snprintf(month, sizeof(month), "%" PRId64,
                   database_integer(db,
                                    "SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC')"
                                    " + interval '1 month', 'YYYYMMDD')::bigint"));
    (void)snprintf(reset, sizeof(reset), "%.4s-%.2s-%.2sT00:00:00.000000Z", month, month + 4,
                   month + 6);
    assert_fact(&st, "resets_at", reset);
    assert_int_equal(ledger_used(db, account), 96);

    (void)open_pages("month-6", account, 4); /* what is left can still be had */
}

static void test_an_address_has_its_day_and_no_more(void **state)
{
    char id[16];
    int64_t charged;

    for (int i = 0; i < 4; i++) {
        (void)snprintf(id, sizeof(id), "day-%d", i);
        struct reservation_request request = ledger_request(id, NULL, "192.0.2.1", 5);
        assert_int_equal(commit(open_one(&request).id, 5, &charged).code, STATUS_OK);
    }
    struct reservation_request request = ledger_request("day-4", NULL, "192.0.2.1", 1);
    struct status st = refuse(&request);
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "");
    assert_fact(&st, "used", "20");
    assert_fact(&st, "cap", "20");
    assert_fact(&st, "period", "day");
    assert_non_null(status_get_info(&st, "resets_at"));

    request = ledger_request("day-5", NULL, "192.0.2.2", 1); /* another address */
    (void)open_one(&request);
    time_set_offset_for_test(DAY_NS); /* another day */
    request = ledger_request("day-6", NULL, "192.0.2.1", 5);
    (void)open_one(&request);
}

/* An operator who wants nobody without an account. */
static void test_addresses_without_a_bucket_are_refused_with_facts(void **state)
{
    struct reservation_request request = ledger_request("closed-1", NULL, "192.0.2.3", 1);
    struct status st;

    database_execute(db, "UPDATE plan SET day_cap_credits = 0 WHERE name = 'anonymous'");
    st = refuse(&request);
    database_execute(db, "UPDATE plan SET day_cap_credits = 20 WHERE name = 'anonymous'");
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES", "");
    assert_fact(&st, "used", "0");
    assert_fact(&st, "cap", "0");
    assert_fact(&st, "period", "credits");
    assert_fact(&st, "resets_at", NULL);
    assert_non_null(strstr(st.message, "account"));
}

static void test_too_many_pages_in_a_file_are_refused(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct reservation_request request = ledger_request("cap-1", account, NULL, 26);
    struct status st = refuse(&request);
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP", "");
    assert_fact(&st, "used", "26");
    assert_fact(&st, "cap", "25");
    assert_fact(&st, "period", "file");
    assert_fact(&st, "resets_at", NULL);

    request = ledger_request("cap-2", NULL, "192.0.2.3", 6);
    st = refuse(&request);
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP", "");
    assert_fact(&st, "cap", "5");
    assert_int_equal(ledger_used(db, account), 0);
}

/* API: Metering, "Paid: higher page caps per file". */
static void test_credits_raise_the_page_cap(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    ledger_grant(db, account, 1);
    struct reservation held = open_pages("raised-1", account, 101);
    assert_int_equal(held.held.paid_credits, 1);
    assert_int_equal(held.held.quota_credits, 100);
    struct reservation_request request = ledger_request("raised-2", account, NULL, 26);
    assert_string_equal(refuse(&request).reason, "PAGE_CAP"); /* the last credit is spent */
}

static void test_a_changed_plan_holds_from_the_next_call_on(void **state)
{
    char account[UUID_SIZE];

    database_execute(db, "INSERT INTO plan SELECT 'changing', day_cap_credits, month_cap_credits,"
                         " pages_per_file, bytes_per_file, jobs_at_once, requests_per_minute,"
                         " queue_priority, questions_per_day, retention_seconds, NULL FROM plan"
                         " WHERE name = 'free'");
    database_execute(db, "INSERT INTO plan_price VALUES ('changing', 1, 1)");
    ledger_account(db, "changing", account);
    struct reservation held = open_pages("changed-1", account, 20);
    database_execute(db, "UPDATE plan SET month_cap_credits = 10 WHERE name = 'changing'");
    database_execute(db, "UPDATE plan_price SET page_price_credits = 3 WHERE plan_name ="
                         " 'changing'");

    struct reservation_request request = ledger_request("changed-2", account, NULL, 1);
    struct status st = refuse(&request);
    assert_fact(&st, "used", "20");
    assert_fact(&st, "cap", "10");
    ledger_grant(db, account, 2); /* a bucket that is overfull takes nothing from them */
    st = refuse(&request);
    assert_string_equal(st.message,
                        "this needs 3 credits, and 2 are left (10 are free each month)");
    int64_t charged;
    assert_int_equal(commit(held.id, 4, &charged).code, STATUS_OK);
    assert_int_equal(charged, 4); /* at the price that was agreed */
    assert_int_equal(open_pages("changed-3", account, 2).held.quota_credits, 4);
    request = ledger_request("changed-4", account, NULL, 1);
    request.tier = PLAN_TIER_VLM;
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "tier");
}

static void test_wrong_requests_name_their_field(void **state)
{
    static const char unknown[] = "0198c0de-0000-4000-8000-00000000abcd";
    char long_id[RESERVATION_REQUEST_ID_MAX_BYTES + 2];
    struct reservation_request request;

    memset(long_id, 'x', sizeof(long_id) - 1);
    long_id[sizeof(long_id) - 1] = '\0';
    request = ledger_request("", NULL, "192.0.2.4", 1);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
    request = ledger_request(long_id, NULL, "192.0.2.4", 1);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
    request = ledger_request("wrong", "me", NULL, 1);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "account_id");
    request = ledger_request("wrong", NULL, "", 1);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "principal_key");
    request = ledger_request("wrong", NULL, "192.0.2.4", 0);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "pages");
    request = ledger_request("wrong", NULL, "192.0.2.4", 1);
    request.tier = 0;
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "tier");
    request = ledger_request("wrong", unknown, NULL, 1);
    assert_failed(refuse(&request), STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "");
}

/* API: B17, validate_only. */
static void test_asking_only_keeps_nothing(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct reservation_request request = ledger_request("", account, NULL, 20);
    request.validate_only = true;
    struct reservation answer = open_one(&request);
    assert_int_equal(answer.held.quota_credits, 20);
    assert_string_equal(answer.id, "");
    assert_int_equal(ledger_used(db, account), 0);
    request.pages = 26;
    assert_string_equal(refuse(&request).reason, "PAGE_CAP");
}

/* --- repetition --- */

static void test_the_same_request_gets_the_same_reservation(void **state)
{
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct reservation first = open_pages("again-1", account, 25);
    struct reservation again = open_pages("again-1", account, 25);
    assert_string_equal(first.id, again.id);
    assert_int_equal(first.expire_time, again.expire_time);
    assert_int_equal(ledger_used(db, account), 25);
}

static void test_a_request_id_stands_for_one_thing(void **state)
{
    char account[UUID_SIZE], other[UUID_SIZE];
    struct reservation_request request;

    ledger_account(db, "free", account);
    ledger_account(db, "free", other);
    (void)open_pages("once-1", account, 5);
    request = ledger_request("once-1", account, NULL, 6);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
    request = ledger_request("once-1", other, NULL, 5);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
    request = ledger_request("once-1", NULL, "192.0.2.5", 5);
    assert_failed(refuse(&request), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "request_id");
    assert_int_equal(ledger_used(db, other), 0);
}

static void test_a_repeated_end_changes_nothing(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    ledger_grant(db, account, 10);
    struct reservation held = open_pages("repeat-1", account, 110);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(commit(held.id, 5, &charged).code, STATUS_OK);
        assert_int_equal(charged, 5);
        assert_int_equal(ledger_balance(db, account), 5);
    }
    struct reservation freed = open_pages("repeat-2", account, 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(release(freed.id).code, STATUS_OK);
        assert_int_equal(ledger_balance(db, account), 5);
    }
}

static void test_an_ended_reservation_does_not_end_otherwise(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;
    struct status st = {0};

    ledger_account(db, "free", account);
    struct reservation charged_one = open_pages("ended-1", account, 5);
    struct reservation freed = open_pages("ended-2", account, 5);
    assert_int_equal(commit(charged_one.id, 5, &charged).code, STATUS_OK);
    assert_int_equal(release(freed.id).code, STATUS_OK);

    assert_failed(commit(charged_one.id, 4, &charged), STATUS_FAILED_PRECONDITION,
                  "RESERVATION_ENDED", "");
    assert_failed(release(charged_one.id), STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED", "");
    assert_failed(commit(freed.id, 5, &charged), STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED",
                  "");
    int64_t expire_time;
    assert_int_equal(
        reservation_extend(db, database_deadline(), freed.id, 60000, &expire_time, &st),
        STATUS_FAILED_PRECONDITION);
    struct reservation_request request = ledger_request("ended-2", account, NULL, 5);
    assert_failed(refuse(&request), STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED", "");
    assert_int_equal(ledger_used(db, account), 5);
}

static void test_more_than_was_reserved_is_never_charged(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("more-1", account, 5);
    assert_failed(commit(held.id, 6, &charged), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "pages");
    assert_failed(commit(held.id, -1, &charged), STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "pages");
    assert_int_equal(ledger_used(db, account), 5);
}

static void test_unknown_reservations_are_not_found(void **state)
{
    static const char *const unknown[] = {"", "x", "0198c0de-0000-4000-8000-00000000abcd"};
    int64_t value;

    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++) {
        struct status st = {0};
        assert_failed(commit(unknown[i], 1, &value), STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "");
        assert_failed(release(unknown[i]), STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "");
        assert_int_equal(reservation_extend(db, database_deadline(), unknown[i], 1, &value, &st),
                         STATUS_NOT_FOUND);
    }
}

/* --- time --- */

static void test_a_reservation_expires_after_its_time(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    ledger_grant(db, account, 10);
    struct reservation held = open_pages("expire-1", account, 105);
    time_set_offset_for_test(59 * NANOSECONDS_PER_SECOND);
    (void)expire();
    assert_int_equal(ledger_used(db, account), 105);
    time_set_offset_for_test(61 * NANOSECONDS_PER_SECOND);
    assert_true(expire() >= 1);
    assert_int_equal(expire(), 0);
    assert_int_equal(ledger_used(db, account), 0);
    assert_int_equal(ledger_balance(db, account), 10);
    assert_int_equal(release(held.id).code, STATUS_OK); /* it is free */
    assert_failed(commit(held.id, 5, &charged), STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED",
                  "");
}

/* Its use was changed by hand, say. */
static void test_one_that_cannot_expire_does_not_keep_the_others(void **state)
{
    char broken[UUID_SIZE], sound[UUID_SIZE];
    struct status st = {0};
    int64_t count;

    ledger_account(db, "free", broken);
    ledger_account(db, "free", sound);
    (void)open_pages("broken-1", broken, 3);
    (void)open_pages("sound-1", sound, 4);
    (void)ledger_integer(db,
                         "UPDATE usage_period SET quota_credits = 0 WHERE principal_key = '%s'"
                         " RETURNING 1",
                         broken);
    time_set_offset_for_test(61 * NANOSECONDS_PER_SECOND);
    assert_int_equal(reservation_expire_due(db, database_deadline(), 100, &count, &st),
                     STATUS_INTERNAL);
    assert_true(count >= 1);
    assert_int_equal(ledger_used(db, sound), 0);
    (void)ledger_integer(db,
                         "UPDATE usage_period SET quota_credits = 3 WHERE principal_key = '%s'"
                         " RETURNING 1",
                         broken);
    assert_true(expire() >= 1);
    assert_int_equal(ledger_used(db, broken), 0);
}

static void test_a_reservation_that_is_extended_lives_on(void **state)
{
    char account[UUID_SIZE];
    struct status st = {0};
    int64_t expire_time, charged, shorter;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("extend-1", account, 5);
    time_set_offset_for_test(50 * NANOSECONDS_PER_SECOND);
    assert_int_equal(reservation_extend(db, database_deadline(), held.id, 60000, &expire_time, &st),
                     STATUS_OK);
    assert_true(expire_time - held.expire_time >= 50 * NANOSECONDS_PER_SECOND);
    assert_int_equal(reservation_extend(db, database_deadline(), held.id, 1, &shorter, &st),
                     STATUS_OK);
    assert_int_equal(shorter, expire_time); /* it is never shortened */
    time_set_offset_for_test(100 * NANOSECONDS_PER_SECOND);
    (void)expire();
    assert_int_equal(commit(held.id, 5, &charged).code, STATUS_OK);
    assert_int_equal(charged, 5);
}

static void test_use_counts_in_the_month_in_which_it_began(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation_request request = ledger_request("turn-1", account, NULL, 20);
    request.lifetime_ms = INT64_C(60) * 24 * 3600 * 1000;
    struct reservation held = open_one(&request);
    time_set_offset_for_test(32 * DAY_NS);
    (void)open_pages("turn-2", account, 7);
    assert_int_equal(commit(held.id, 15, &charged).code, STATUS_OK);
    assert_int_equal(ledger_integer(db,
                                    "SELECT string_agg(quota_credits::text, '0' ORDER BY"
                                    " start_time)::bigint FROM usage_period WHERE principal_key"
                                    " = '%s'",
                                    account),
                     1507);
}

static void test_what_addresses_did_is_forgotten(void **state)
{
    int64_t charged;
    struct status st = {0};
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    struct reservation_request request = ledger_request("forget-1", NULL, "192.0.2.6", 2);
    assert_int_equal(commit(open_one(&request).id, 2, &charged).code, STATUS_OK);
    request = ledger_request("forget-2", NULL, "192.0.2.7", 2);
    request.lifetime_ms = INT64_C(10) * 24 * 3600 * 1000;
    (void)open_one(&request); /* still at work */
    assert_int_equal(commit(open_pages("forget-3", account, 2).id, 2, &charged).code, STATUS_OK);

    time_set_offset_for_test((RESERVATION_FORGET_DAYS + 2) * DAY_NS);
    assert_int_equal(reservation_forget_old(db, database_deadline(), &st), STATUS_OK);
    assert_int_equal(ledger_integer(db, "SELECT count(*) FROM reservation WHERE principal_key ="
                                        " '192.0.2.6'"),
                     0);
    assert_int_equal(ledger_used(db, "192.0.2.6"), 0);
    assert_int_equal(ledger_used(db, "192.0.2.7"), 2);
    assert_int_equal(ledger_used(db, account), 2);
}

/* --- the tables' own guards --- */

static struct status refused_by_database(const struct db_statement *statement)
{
    struct status st = {0};

    assert_int_equal(db_execute(db, database_deadline(), statement, DB_NO_PARAMS, NULL, &st),
                     STATUS_INTERNAL);
    return st;
}

static void test_the_ledger_is_only_written_at_its_end(void **state)
{
    static const struct db_statement changes[] = {
        {"guard_update", "UPDATE ledger_transfer SET note = 'x'"},
        {"guard_delete", "DELETE FROM ledger_transfer"},
        {"guard_truncate", "TRUNCATE ledger_transfer CASCADE"},
    };
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    ledger_grant(db, account, 1);
    int64_t before = ledger_integer(db, "SELECT count(*) FROM ledger_transfer WHERE note = ''");
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++)
        (void)refused_by_database(&changes[i]);
    assert_int_equal(ledger_integer(db, "SELECT count(*) FROM ledger_transfer WHERE note = ''"),
                     before);
}

static void test_a_balance_is_never_below_zero(void **state)
{
    static const struct db_statement overdraw = {
        "guard_overdraw", "INSERT INTO ledger_transfer (account_id, kind, amount_credits,"
                          " reservation_id, create_time) SELECT account_id, 'reserve', 100, id,"
                          " now() FROM reservation WHERE request_id = 'guard-1'"};
    char account[UUID_SIZE];

    ledger_account(db, "free", account);
    (void)open_pages("guard-1", account, 5); /* from the bucket */
    ledger_grant(db, account, 99);
    struct status st = refused_by_database(&overdraw);
    assert_fact(&st, "constraint", "account_balance");
    assert_int_equal(ledger_balance(db, account), 99);
}

/* Not even by hand, and not even by what the trigger does: constraints hold the sum. */
static void test_a_balance_is_the_sum_of_its_transfers(void **state)
{
    static const struct db_statement invent = {
        "guard_invent", "UPDATE account SET balance_credits = balance_credits + 1 WHERE id ="
                        " (SELECT account_id FROM ledger_transfer WHERE request_id = 'guard-3')"};
    static const struct db_statement invent_held = {
        "guard_invent_held", "UPDATE account SET held_credits = held_credits + 1 WHERE id ="
                             " (SELECT account_id FROM ledger_transfer WHERE request_id ="
                             " 'guard-3')"};
    static const struct db_statement invent_first = {
        "guard_invent_first", "UPDATE account SET balance_credits = 5 WHERE ledger_sequence IS"
                              " NULL"};
    static const struct db_statement forge = {
        "guard_forge",
        "INSERT INTO ledger_transfer (account_id, sequence, kind, amount_credits,"
        " available_credits, held_credits, request_id, create_time) SELECT account_id, 2, 'grant',"
        " 1, 1000, 0, 'guard-4', now() FROM ledger_transfer WHERE request_id = 'guard-3'"};
    char account[UUID_SIZE];
    struct status st;

    ledger_account(db, "free", account);
    st = refused_by_database(&invent_first);
    assert_fact(&st, "constraint", "account_without_ledger");
    struct credits_request request = {account, 7, "guard-3", ""};
    struct credits_answer answer;
    assert_int_equal(credits_grant(db, database_deadline(), &request, &answer, &st), STATUS_OK);
    st = refused_by_database(&invent);
    assert_fact(&st, "constraint", "account_ledger");
    st = refused_by_database(&invent_held);
    assert_fact(&st, "constraint", "account_ledger");
    database_execute(db, "ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_apply");
    st = refused_by_database(&forge);
    database_execute(db, "ALTER TABLE ledger_transfer ENABLE TRIGGER ledger_transfer_apply");
    assert_fact(&st, "constraint", "ledger_transfer_chain");
    assert_int_equal(ledger_balance(db, account), 7);
}

static void test_a_reservation_is_not_returned_twice(void **state)
{
    static const struct db_statement again = {
        "guard_return", "INSERT INTO ledger_transfer (account_id, kind, amount_credits,"
                        " reservation_id, create_time) SELECT account_id, 'return', 1, id, now()"
                        " FROM reservation WHERE request_id = 'guard-2'"};
    char account[UUID_SIZE];
    struct status st = {0};

    ledger_account(db, "pro", account);
    ledger_grant(db, account, 10);
    (void)open_pages("guard-5", account, 5); /* so that something is held */
    assert_int_equal(release(open_pages("guard-2", account, 5).id).code, STATUS_OK);
    assert_int_equal(db_execute(db, database_deadline(), &again, DB_NO_PARAMS, NULL, &st),
                     STATUS_ALREADY_EXISTS);
    assert_int_equal(ledger_balance(db, account), 5);
}

/* --- who may --- */

static void test_who_never_got_the_answer_releases_by_the_request(void **state)
{
    char account[UUID_SIZE];
    struct status st = {0};
    bool is_first = false;
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("lost-answer", account, 5);

    assert_int_equal(
        reservation_release_request(db, database_deadline(), "lost-answer", &is_first, &st),
        STATUS_OK);
    assert_true(is_first);
    assert_failed(commit(held.id, 5, &charged), STATUS_FAILED_PRECONDITION, "RESERVATION_ENDED",
                  "");
    assert_int_equal(
        reservation_release_request(db, database_deadline(), "lost-answer", &is_first, &st),
        STATUS_OK);
    assert_false(is_first);
    (void)!reservation_release_request(db, database_deadline(), "never-sent", &is_first, &st);
    assert_failed(st, STATUS_NOT_FOUND, "RESERVATION_NOT_FOUND", "");
}

static void test_a_suspended_account_opens_none_and_ends_what_it_has(void **state)
{
    char account[UUID_SIZE];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation held = open_pages("suspend-1", account, 5);
    assert_int_equal(ledger_integer(db,
                                    "UPDATE account SET standing = 'suspended' WHERE id = '%s'"
                                    " RETURNING 1",
                                    account),
                     1);
    struct reservation_request request = ledger_request("suspend-2", account, NULL, 1);
    assert_failed(refuse(&request), STATUS_FAILED_PRECONDITION, "SUSPENDED", "");
    assert_int_equal(commit(held.id, 5, &charged).code, STATUS_OK);
}

static void test_jobs_at_once_are_counted_exactly(void **state)
{
    char account[UUID_SIZE], id[16];
    int64_t charged;

    ledger_account(db, "free", account);
    struct reservation first = open_pages("jobs-0", account, 1);
    for (int i = 1; i < 10; i++) {
        (void)snprintf(id, sizeof(id), "jobs-%d", i);
        (void)open_pages(id, account, 1);
    }
    struct reservation_request request = ledger_request("jobs-10", account, NULL, 1);
    struct status st = refuse(&request);
    assert_failed(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED", "");
    assert_true(st.retry_after_ms > 0);
    (void)open_pages("jobs-9", account, 1); /* one that it has */
    assert_int_equal(commit(first.id, 1, &charged).code, STATUS_OK);
    (void)open_one(&request);

    for (int i = 0; i < 5; i++) { /* an address, too */
        (void)snprintf(id, sizeof(id), "addr-%d", i);
        request = ledger_request(id, NULL, "192.0.2.20", 1);
        (void)open_one(&request);
    }
    request = ledger_request("addr-5", NULL, "192.0.2.20", 1);
    assert_string_equal(refuse(&request).reason, "RATE_LIMITED");
}

#define BOOKED_TEST(test) cmocka_unit_test_teardown(test, check_books)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOKED_TEST(test_a_commit_charges_what_succeeded_and_frees_the_rest),
        BOOKED_TEST(test_a_vlm_page_costs_five),
        BOOKED_TEST(test_a_release_frees_everything),
        BOOKED_TEST(test_the_bucket_pays_what_credits_cannot),
        BOOKED_TEST(test_a_plan_without_a_bucket_lives_on_credits),
        BOOKED_TEST(test_a_commit_of_no_page_charges_nothing),
        BOOKED_TEST(test_a_used_up_month_is_refused_with_its_facts),
        BOOKED_TEST(test_an_address_has_its_day_and_no_more),
        BOOKED_TEST(test_addresses_without_a_bucket_are_refused_with_facts),
        BOOKED_TEST(test_too_many_pages_in_a_file_are_refused),
        BOOKED_TEST(test_credits_raise_the_page_cap),
        BOOKED_TEST(test_a_changed_plan_holds_from_the_next_call_on),
        BOOKED_TEST(test_wrong_requests_name_their_field),
        BOOKED_TEST(test_asking_only_keeps_nothing),
        BOOKED_TEST(test_the_same_request_gets_the_same_reservation),
        BOOKED_TEST(test_a_request_id_stands_for_one_thing),
        BOOKED_TEST(test_a_repeated_end_changes_nothing),
        BOOKED_TEST(test_an_ended_reservation_does_not_end_otherwise),
        BOOKED_TEST(test_more_than_was_reserved_is_never_charged),
        BOOKED_TEST(test_unknown_reservations_are_not_found),
        BOOKED_TEST(test_a_reservation_expires_after_its_time),
        BOOKED_TEST(test_one_that_cannot_expire_does_not_keep_the_others),
        BOOKED_TEST(test_a_reservation_that_is_extended_lives_on),
        BOOKED_TEST(test_use_counts_in_the_month_in_which_it_began),
        BOOKED_TEST(test_the_ledger_is_only_written_at_its_end),
        BOOKED_TEST(test_a_balance_is_never_below_zero),
        BOOKED_TEST(test_a_balance_is_the_sum_of_its_transfers),
        BOOKED_TEST(test_who_never_got_the_answer_releases_by_the_request),
        BOOKED_TEST(test_a_suspended_account_opens_none_and_ends_what_it_has),
        BOOKED_TEST(test_jobs_at_once_are_counted_exactly),
        BOOKED_TEST(test_a_reservation_is_not_returned_twice),
        BOOKED_TEST(test_what_addresses_did_is_forgotten),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
