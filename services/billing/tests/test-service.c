/* The RPCs over the wire: what stands in the answers and in the details of refusals. */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/db/tests/database.h"
#include "lib/rpc/client.h"
#include "lib/rpc/server.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "services/billing/metrics.h"
#include "services/billing/service.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/tests/ledger_fixture.h"
#include "services/billing/upkeep.h"

#define BILLING  (&ocrmesh__billing__v1__billing_service__descriptor)
#define ACCOUNTS (&ocrmesh__billing__v1__account_service__descriptor)

enum {
    LIFETIME_MS = 60000,
    EXPORTS_MAX = 80, /* more than a server has threads */
};

static struct billing_service service;
static struct rpc_server *server;
static struct rpc_channel *channel;
static struct arena *arena;

static int start(void **state)
{
    static struct rpc_service mesh, accounts, operators;
    struct status st = {0};
    char target[64];

    rpc_start();
    service.db = ledger_open(4);
    service.metrics = metrics_new();
    service.exports_gate = gate_new("exports", BILLING_EXPORTS_MAX, BILLING_EXPORTS_PER_CALLER_MAX);
    service.reservation_lifetime_ms = LIFETIME_MS;
    arena = arena_new(16 << 20);
    if (password_hasher_new(1, &service.hasher, &st) != STATUS_OK)
        return -1;
    mesh = billing_service_table(&service);
    accounts = billing_account_service_table(&service);
    operators = billing_admin_service_table(&service);
    if (rpc_server_new(&(struct rpc_server_options){.address = "127.0.0.1:0"},
                       (const struct rpc_service *const[]){&mesh, &accounts, &operators}, 3,
                       &server, &st) != STATUS_OK)
        return -1;
    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", rpc_server_port(server));
    return rpc_channel_new(&(struct rpc_channel_options){.target = target}, &channel, &st) ==
                   STATUS_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    rpc_channel_free(channel);
    rpc_server_drain(server, 1000);
    rpc_server_free(server);
    password_hasher_free(service.hasher);
    metrics_free(service.metrics);
    gate_free(service.exports_gate);
    db_close(service.db);
    arena_free(arena);
    rpc_stop();
    return 0;
}

/* --- calls --- */

/* @token: of the caller, or NULL. */
static struct status call(const ProtobufCServiceDescriptor *descriptor, const char *name,
                          const char *token, const void *request, void *ret_response)
{
    const struct rpc_method method = {descriptor, name, RPC_UNARY};
    struct rpc_metadata_entry entry = {.key = "authorization"};
    struct rpc_call_options options = {.deadline = database_deadline()};
    struct status st = {0};

    if (token != NULL) {
        entry.value = str_of(arena_printf(arena, "Bearer %s", token));
        options.metadata = (struct rpc_metadata){&entry, 1};
    }
    (void)!rpc_unary(channel, &method, &options, request, arena, ret_response, &st);
    return st;
}

static struct status sign_up(const char *email, const char *address)
{
    Ocrmesh__Billing__V1__CreateAccountRequest request =
        OCRMESH__BILLING__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__CreateAccountResponse *response = NULL;

    request.email = (char *)email;
    request.password = (char *)"correct horse battery";
    request.client_address = (char *)address;
    return call(ACCOUNTS, "CreateAccount", NULL, &request, &response);
}

static const Ocrmesh__Billing__V1__CreateAccountResponse *create(const char *email)
{
    Ocrmesh__Billing__V1__CreateAccountRequest request =
        OCRMESH__BILLING__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__CreateAccountResponse *response = NULL;

    request.email = (char *)email;
    request.password = (char *)"correct horse battery";
    struct status st = call(ACCOUNTS, "CreateAccount", NULL, &request, &response);
    if (st.code != STATUS_OK)
        fail_msg("%s", st.message);
    return response;
}

static struct status reserve(const char *request_id, const char *account_id, int32_t pages,
                             Ocrmesh__Billing__V1__OpenReservationResponse **ret_response)
{
    Ocrmesh__Billing__V1__OpenReservationRequest request =
        OCRMESH__BILLING__V1__OPEN_RESERVATION_REQUEST__INIT;

    request.request_id = (char *)request_id;
    request.account_id = (char *)account_id;
    request.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    request.pages = pages;
    return call(BILLING, "OpenReservation", NULL, &request, ret_response);
}

static const Ocrmesh__Billing__V1__Account *get_account(const char *token)
{
    Ocrmesh__Billing__V1__GetAccountRequest request =
        OCRMESH__BILLING__V1__GET_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__GetAccountResponse *response = NULL;
    struct status st = call(ACCOUNTS, "GetAccount", token, &request, &response);

    if (st.code != STATUS_OK)
        fail_msg("%s", st.message);
    return response->account;
}

/* --- tests --- */

static void test_an_account_is_created_and_shown(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("Wire@example.com");

    assert_string_equal(created->account->email, "Wire@example.com");
    assert_string_equal(created->account->plan, "free");
    const Ocrmesh__Billing__V1__Account *shown = get_account(created->token);
    assert_string_equal(shown->account_id, created->account->account_id);
    assert_int_equal(shown->used_credits, 0);
    assert_int_equal(shown->cap_credits, 100);
    assert_int_equal(shown->balance_credits, 0);
    assert_non_null(shown->reset_time);
    assert_true(shown->create_time->seconds <= time_wall() / NANOSECONDS_PER_SECOND);
}

static void test_an_address_gets_no_number_of_accounts(void **state)
{
    service.sign_ups_per_address = 2;
    assert_int_equal(sign_up("one@example.com", "192.0.2.44").code, STATUS_OK);
    /* One that is not made does not count. */
    assert_int_equal(sign_up("nobody", "192.0.2.44").code, STATUS_INVALID_ARGUMENT);
    assert_int_equal(sign_up("two@example.com", "192.0.2.44").code, STATUS_OK);
    struct status st = sign_up("three@example.com", "192.0.2.44");
    assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_true(st.retry_after_ms > 0);
    assert_int_equal(sign_up("four@example.com", "192.0.2.45").code, STATUS_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            sign_up(arena_printf(arena, "own%d@example.com", i), i % 2 == 0 ? "127.0.0.1" : "::1")
                .code,
            STATUS_OK);
    service.sign_ups_per_address = 0;
    assert_int_equal(sign_up("three@example.com", "192.0.2.44").code, STATUS_OK);
}

static void test_a_plan_travels_whole(void **state)
{
    Ocrmesh__Billing__V1__AuthenticateRequest request =
        OCRMESH__BILLING__V1__AUTHENTICATE_REQUEST__INIT;
    Ocrmesh__Billing__V1__AuthenticateResponse *response = NULL;

    request.client_address = (char *)"192.0.2.9";
    assert_int_equal(call(BILLING, "Authenticate", NULL, &request, &response).code, STATUS_OK);
    assert_true(response->principal->is_anonymous);
    assert_string_equal(response->principal->key, "192.0.2.9");
    const Ocrmesh__Billing__V1__Plan *plan = response->principal->plan;
    assert_string_equal(plan->name, "anonymous");
    assert_int_equal(plan->day_cap_credits, 20);
    assert_int_equal(plan->month_cap_credits, 0);
    assert_int_equal(plan->pages_per_file, 5);
    assert_int_equal(plan->bytes_per_file, 50 << 20);
    assert_int_equal(plan->queue_priority, 0);
    assert_int_equal(plan->retention_seconds, 24 * 3600);
    assert_int_equal(plan->n_prices, 2);
    assert_int_equal(plan->prices[0]->tier, OCRMESH__OCR__V1__TIER__TIER_CPU);
    assert_int_equal(plan->prices[0]->page_price_credits, 1);
    assert_int_equal(plan->prices[1]->tier, OCRMESH__OCR__V1__TIER__TIER_VLM);
    assert_int_equal(plan->prices[1]->page_price_credits, 5);
}

static void test_a_reservation_lives_over_the_wire(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("life@example.com");
    Ocrmesh__Billing__V1__OpenReservationResponse *opened = NULL;
    Ocrmesh__Billing__V1__ExtendReservationRequest extend =
        OCRMESH__BILLING__V1__EXTEND_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__ExtendReservationResponse *extended = NULL;
    Ocrmesh__Billing__V1__CommitReservationRequest commit =
        OCRMESH__BILLING__V1__COMMIT_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__CommitReservationResponse *committed = NULL;
    Ocrmesh__Billing__V1__ReleaseReservationRequest release =
        OCRMESH__BILLING__V1__RELEASE_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__ReleaseReservationResponse *released = NULL;

    assert_int_equal(reserve("wire-1", created->account->account_id, 9, &opened).code, STATUS_OK);
    assert_int_equal(opened->reserved_credits, 9);
    extend.reservation_id = opened->reservation_id;
    assert_int_equal(call(BILLING, "ExtendReservation", NULL, &extend, &extended).code, STATUS_OK);
    assert_true(extended->expire_time->seconds >= opened->expire_time->seconds);
    commit.reservation_id = opened->reservation_id;
    commit.pages = 8;
    assert_int_equal(call(BILLING, "CommitReservation", NULL, &commit, &committed).code, STATUS_OK);
    assert_int_equal(committed->charged_credits, 8);
    release.reservation_id = opened->reservation_id;
    struct status st = call(BILLING, "ReleaseReservation", NULL, &release, &released);
    assert_int_equal(st.code, STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "RESERVATION_ENDED");

    assert_int_equal(reserve("wire-2", created->account->account_id, 9, &opened).code, STATUS_OK);
    release.reservation_id = opened->reservation_id;
    assert_int_equal(call(BILLING, "ReleaseReservation", NULL, &release, &released).code,
                     STATUS_OK);
    assert_int_equal(get_account(created->token)->used_credits, 8);
}

/* API: B1 and B26; what a 402 is made of. */
static void test_a_refusal_carries_its_facts(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("facts@example.com");
    Ocrmesh__Billing__V1__OpenReservationResponse *opened = NULL;
    char id[16];

    for (int i = 0; i < 4; i++) {
        (void)snprintf(id, sizeof(id), "facts-%d", i);
        assert_int_equal(reserve(id, created->account->account_id, 25, &opened).code, STATUS_OK);
    }
    struct status st = reserve("facts-5", created->account->account_id, 1, &opened);
    assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "OUT_OF_PAGES");
    assert_string_equal(status_get_info(&st, "used"), "100");
    assert_string_equal(status_get_info(&st, "cap"), "100");
    assert_string_equal(status_get_info(&st, "period"), "month");
    assert_non_null(status_get_info(&st, "resets_at"));
}

static void test_questions_are_counted_over_the_wire(void **state)
{
    Ocrmesh__Billing__V1__SpendQuestionRequest request =
        OCRMESH__BILLING__V1__SPEND_QUESTION_REQUEST__INIT;
    Ocrmesh__Billing__V1__SpendQuestionResponse *response = NULL;
    Ocrmesh__Billing__V1__ListUsageRequest usage_request =
        OCRMESH__BILLING__V1__LIST_USAGE_REQUEST__INIT;
    Ocrmesh__Billing__V1__ListUsageResponse *usage = NULL;
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("asks@example.com");
    char id[32];

    request.account_id = created->account->account_id;
    request.request_id = id;
    for (int i = 0; i < 50; i++) {
        (void)snprintf(id, sizeof(id), "question-%d", i);
        assert_int_equal(call(BILLING, "SpendQuestion", NULL, &request, &response).code, STATUS_OK);
    }
    assert_int_equal(response->used, 50);
    assert_int_equal(response->cap, 50);
    request.request_id = (char *)"one more";
    struct status st = call(BILLING, "SpendQuestion", NULL, &request, &response);
    assert_int_equal(st.code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "OUT_OF_QUESTIONS");
    assert_string_equal(status_get_info(&st, "used"), "50");
    assert_string_equal(status_get_info(&st, "cap"), "50");
    assert_string_equal(status_get_info(&st, "period"), "day");
    assert_non_null(strstr(status_get_info(&st, "resets_at"), "T00:00:00"));

    Ocrmesh__Billing__V1__GetAccountRequest account_request =
        OCRMESH__BILLING__V1__GET_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__GetAccountResponse *shown = NULL;
    st = call(ACCOUNTS, "GetAccount", created->token, &account_request, &shown);
    assert_int_equal(st.code, STATUS_OK);
    assert_int_equal(shown->questions->used, 50);
    assert_int_equal(shown->questions->cap, 50);
    assert_int_equal(shown->questions->reset_time->seconds % (24 * 60 * 60), 0);

    st = call(ACCOUNTS, "ListUsage", created->token, &usage_request, &usage);
    assert_int_equal(st.code, STATUS_OK);
    assert_int_equal(usage->n_days, 0);
    assert_int_equal(usage->n_question_days, 1);
    assert_string_equal(usage->question_days[0]->day, usage->last_day);
    assert_int_equal(usage->question_days[0]->questions, 50);
}

static void test_an_account_needs_its_token(void **state)
{
    Ocrmesh__Billing__V1__GetAccountRequest request =
        OCRMESH__BILLING__V1__GET_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__GetAccountResponse *response = NULL;
    struct status st = call(ACCOUNTS, "GetAccount", NULL, &request, &response);

    assert_int_equal(st.code, STATUS_UNAUTHENTICATED);
    assert_string_equal(st.reason, "MISSING_TOKEN");
    st = call(ACCOUNTS, "GetAccount", "om_wrong", &request, &response);
    assert_int_equal(st.code, STATUS_UNAUTHENTICATED);
    assert_string_equal(st.reason, "INVALID_TOKEN");
}

/* Runs ocrmesh-admin against this server; returns its exit status. */
static int run_admin(const char *arguments)
{
    char command[1024];

    (void)snprintf(command, sizeof(command), "BILLING_TARGET=127.0.0.1:%d %s %s",
                   rpc_server_port(server), getenv("OCRMESH_ADMIN_PROGRAM"), arguments);
    int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_operators_grant_from_a_terminal(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("cli@example.com");

    assert_int_equal(run_admin("grant cli@example.com 500 'a test'"), 0);
    assert_int_equal(get_account(created->token)->balance_credits, 500);
    assert_int_equal(ledger_integer(service.db, "SELECT count(*) FROM ledger_transfer WHERE note ="
                                                " 'a test' AND amount_credits = 500"),
                     1);
    assert_int_equal(run_admin("grant nobody@example.com 5"), 1);
    assert_int_equal(run_admin("grant cli@example.com 0"), 1);
    assert_int_equal(run_admin("grant cli@example.com many"), 2);
    assert_int_equal(run_admin("take cli@example.com 5"), 2);
    assert_int_equal(run_admin("--help"), 0);
    assert_int_equal(get_account(created->token)->balance_credits, 500);
}

/* A second grant would be another one. */
static void test_a_grant_without_an_answer_says_that_it_is_in_doubt(void **state)
{
    char command[1024], said[512] = "";

    (void)snprintf(command, sizeof(command),
                   "BILLING_TARGET=127.0.0.1:1 %s grant a@example.com 5 2>&1",
                   getenv("OCRMESH_ADMIN_PROGRAM"));
    FILE *output = popen(command, "r");
    assert_non_null(output);
    said[fread(said, 1, sizeof(said) - 1, output)] = '\0';
    assert_int_not_equal(pclose(output), 0);
    assert_non_null(strstr(said, "see what `accounts a@example.com` shows"));
}

static void test_operators_manage_accounts_from_a_terminal(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("managed@example.com");
    const char *id = created->account->account_id;
    Ocrmesh__Billing__V1__OpenReservationResponse *opened = NULL;
    Ocrmesh__Billing__V1__CommitReservationRequest commit =
        OCRMESH__BILLING__V1__COMMIT_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__CommitReservationResponse *committed = NULL;
    char refund[128];

    assert_int_equal(run_admin("plan managed@example.com pro"), 0);
    assert_string_equal(get_account(created->token)->plan, "pro");
    assert_int_equal(run_admin("plan managed@example.com gold"), 1);
    assert_int_equal(run_admin("grant managed@example.com 10"), 0);
    assert_int_equal(reserve("managed-job", id, 4, &opened).code, STATUS_OK);
    assert_int_equal(run_admin("refund managed@example.com managed-job"), 1); /* not charged yet */
    commit.reservation_id = opened->reservation_id;
    commit.pages = 3;
    assert_int_equal(call(BILLING, "CommitReservation", NULL, &commit, &committed).code, STATUS_OK);
    (void)snprintf(refund, sizeof(refund), "refund %s managed-job 'it was unreadable'", id);
    assert_int_equal(run_admin(refund), 0);
    assert_int_equal(run_admin(refund), 1); /* it was done */
    assert_int_equal(get_account(created->token)->balance_credits, 10);

    assert_int_equal(run_admin("suspend managed@example.com"), 0);
    Ocrmesh__Billing__V1__GetAccountRequest request =
        OCRMESH__BILLING__V1__GET_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__GetAccountResponse *response = NULL;
    struct status st = call(ACCOUNTS, "GetAccount", created->token, &request, &response);
    assert_int_equal(st.code, STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "SUSPENDED");
    assert_int_equal(run_admin("accounts managed | grep -q 'pro .* suspended'"), 0);
    assert_int_equal(run_admin("resume managed@example.com"), 0);
    (void)get_account(created->token);
    assert_int_equal(run_admin("suspend"), 2);
}

static void test_the_audit_ends_with_3_when_something_is_wrong(void **state)
{
    const char *id = create("audit@example.com")->account->account_id;
    Ocrmesh__Billing__V1__OpenReservationResponse *opened = NULL;

    assert_int_equal(reserve("audit-job", id, 4, &opened).code, STATUS_OK);
    assert_int_equal(run_admin("audit"), 0);
    (void)ledger_integer(service.db,
                         "UPDATE usage_period SET quota_credits = 5 WHERE"
                         " principal_key = '%s' RETURNING 1",
                         id);
    assert_int_equal(run_admin("audit | grep -q '^USAGE_MISMATCH .* used 5 and 0 credits'"), 0);
    assert_int_equal(run_admin("audit"), 3);
    (void)ledger_integer(service.db,
                         "UPDATE usage_period SET quota_credits = 4 WHERE"
                         " principal_key = '%s' RETURNING 1",
                         id);
    assert_int_equal(run_admin("audit"), 0);
}

static void test_upkeep_frees_what_has_expired(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("upkeep@example.com");
    Ocrmesh__Billing__V1__OpenReservationResponse *opened = NULL;
    struct upkeep *upkeep = NULL;
    struct status st = {0};

    assert_int_equal(reserve("upkeep-1", created->account->account_id, 7, &opened).code, STATUS_OK);
    time_set_offset_for_test(2 * LIFETIME_MS * NANOSECONDS_PER_MS);
    assert_int_equal(upkeep_start(&service, &upkeep, &st), STATUS_OK);
    upkeep_stop(upkeep); /* the first run is at once, and is waited for */
    time_set_offset_for_test(0);
    assert_int_equal(get_account(created->token)->used_credits, 0);
}

static void test_metrics_tell_what_was_done(void **state)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    metrics_write(service.metrics, &out);
    assert_non_null(strstr(out.data, "ocrmesh_billing_reservations_total{outcome=\"opened\"} 9\n"));
    assert_non_null(
        strstr(out.data, "ocrmesh_billing_reservations_total{outcome=\"refused\"} 1\n"));
    assert_non_null(
        strstr(out.data, "ocrmesh_billing_reservations_total{outcome=\"committed\"} 2\n"));
    assert_non_null(strstr(out.data, "ocrmesh_billing_credits_charged_total 11\n"));
    assert_non_null(strstr(out.data, "ocrmesh_billing_credits_granted_total 510\n"));
    assert_non_null(strstr(out.data, "ocrmesh_billing_credits_refunded_total 3\n"));
    assert_non_null(strstr(out.data, "ocrmesh_billing_questions_total{outcome=\"counted\"} 50\n"));
    assert_non_null(strstr(out.data, "ocrmesh_billing_questions_total{outcome=\"refused\"} 1\n"));
    buf_deinit(&out);
}

/* --- exports that nobody reads --- */

static struct rpc_stream *open_export(const char *token)
{
    const struct rpc_method method = {ACCOUNTS, "ExportAccount", RPC_SERVER_STREAM};
    const Ocrmesh__Billing__V1__ExportAccountRequest request =
        OCRMESH__BILLING__V1__EXPORT_ACCOUNT_REQUEST__INIT;
    struct rpc_metadata_entry entry = {.key = "authorization"};
    struct rpc_call_options options = {.deadline = database_deadline()};
    struct rpc_stream *stream = NULL;
    struct status st = {0};

    entry.value = str_of(arena_printf(arena, "Bearer %s", token));
    options.metadata = (struct rpc_metadata){&entry, 1};
    assert_int_equal(rpc_stream_open(channel, &method, &options, arena, &stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    return stream;
}

/* Or they had all the threads, and with these every call of the mesh that asks who calls. */
static void test_exports_that_nobody_reads_leave_room_for_others(void **state)
{
    const Ocrmesh__Billing__V1__CreateAccountResponse *created = create("slow@example.com");
    struct rpc_stream *streams[EXPORTS_MAX];
    int refused = 0;

    database_execute(service.db, "INSERT INTO token SELECT gen_random_uuid(), account.id,"
                                 " repeat('n', 100), '', sha256(n::text::bytea), now()"
                                 " FROM account, generate_series(1, 20000) AS n"
                                 " WHERE email_key = 'slow@example.com'");
    for (int i = 0; i < EXPORTS_MAX; i++) {
        Ocrmesh__Billing__V1__ExportAccountResponse *first = NULL;
        struct status st = {0};

        streams[i] = open_export(created->token);
        (void)!rpc_stream_read(streams[i], &first, &st);
        if (first == NULL && rpc_stream_finish(streams[i], &st) == STATUS_RESOURCE_EXHAUSTED) {
            assert_string_equal(st.reason, "RATE_LIMITED");
            refused++;
        }
    }
    assert_int_equal(refused, EXPORTS_MAX - BILLING_EXPORTS_PER_CALLER_MAX);
    assert_string_equal(get_account(created->token)->email, "slow@example.com");
    for (int i = 0; i < EXPORTS_MAX; i++)
        rpc_stream_free(streams[i]);
    database_execute(service.db, "DELETE FROM token WHERE hint = ''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_account_is_created_and_shown),
        cmocka_unit_test(test_an_address_gets_no_number_of_accounts),
        cmocka_unit_test(test_a_plan_travels_whole),
        cmocka_unit_test(test_a_reservation_lives_over_the_wire),
        cmocka_unit_test(test_a_refusal_carries_its_facts),
        cmocka_unit_test(test_questions_are_counted_over_the_wire),
        cmocka_unit_test(test_an_account_needs_its_token),
        cmocka_unit_test(test_operators_grant_from_a_terminal),
        cmocka_unit_test(test_a_grant_without_an_answer_says_that_it_is_in_doubt),
        cmocka_unit_test(test_operators_manage_accounts_from_a_terminal),
        cmocka_unit_test(test_the_audit_ends_with_3_when_something_is_wrong),
        cmocka_unit_test(test_upkeep_frees_what_has_expired),
        cmocka_unit_test(test_exports_that_nobody_reads_leave_room_for_others),
        cmocka_unit_test(test_metrics_tell_what_was_done),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
