/*
 * The ocr program beside the billing program and a real PostgreSQL, as a client sees it. Most
 * files are scripts (fake_worker.c), so that it is known what becomes of their pages; one is a
 * picture for the real worker.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/rpc/client.h"
#include "lib/testing/service_process.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/tests/store_fixture.h"

enum {
    CALL_MS = 60000,
    ARENA_MAX_BYTES = 64 << 20,
    CHUNK_BYTES = 256 * 1024,
    FILE_MAX_BYTES = 1 << 20,
    SLOW_UPLOADS = 300, /* more than there were threads for, were each given one */
};

typedef Ocrmesh__Ocr__V1__JobOptions Options;
typedef Ocrmesh__Ocr__V1__SubmitJobResponse Submitted;
typedef Ocrmesh__Ocr__V1__Job Job;

static struct arena *arena; /* of one test */
static struct fixture ocr_data;
static struct fixture billing_data;
static struct service_process *billing;
static struct service_process *ocr;
static struct rpc_channel *channel;
static struct rpc_channel *billing_channel;
static const char *token; /* of the caller; NULL: anonymous */

#define OCR_METHOD(method_name, method_kind)                                                       \
    {&ocrmesh__ocr__v1__ocr_service__descriptor, method_name, method_kind}

static const struct rpc_method submit_job = OCR_METHOD("SubmitJob", RPC_CLIENT_STREAM);
static const struct rpc_method get_job = OCR_METHOD("GetJob", RPC_UNARY);
static const struct rpc_method watch_job = OCR_METHOD("WatchJob", RPC_SERVER_STREAM);
static const struct rpc_method get_document = OCR_METHOD("GetDocument", RPC_SERVER_STREAM);
static const struct rpc_method cancel_job = OCR_METHOD("CancelJob", RPC_UNARY);
static const struct rpc_method delete_job = OCR_METHOD("DeleteJob", RPC_UNARY);
static const struct rpc_method list_jobs = OCR_METHOD("ListJobs", RPC_UNARY);
static const struct rpc_method list_languages = OCR_METHOD("ListLanguages", RPC_UNARY);
static const struct rpc_method list_tools = OCR_METHOD("ListTools", RPC_UNARY);
static const struct rpc_method get_queue = OCR_METHOD("GetQueue", RPC_UNARY);
static const struct rpc_method find_missing_jobs = OCR_METHOD("FindMissingJobs", RPC_UNARY);
static const struct rpc_method get_page_image = OCR_METHOD("GetPageImage", RPC_SERVER_STREAM);
static const struct rpc_method create_account = {&ocrmesh__billing__v1__account_service__descriptor,
                                                 "CreateAccount", RPC_UNARY};

/* --- the processes --- */

/* DATABASE_URL is the ocr role's; another role's differs in the name alone. */
static const char *database_url(const char *role)
{
    static char url[2][600];
    static int next;
    const char *of_ocr = getenv("DATABASE_URL");

    assert_non_null(of_ocr);
    const char *rest = strchr(of_ocr, '@');
    assert_non_null(rest);
    next = !next;
    (void)snprintf(url[next], sizeof(url[next]), "postgresql://%s%s", role, rest);
    return url[next];
}

static void start_billing(void)
{
    char database[700];

    (void)snprintf(database, sizeof(database), "DATABASE_URL=%s", database_url("billing"));
    billing = service_process_start(getenv("BILLING_PROGRAM"),
                                    (const char *const[]){"BILLING_LISTEN=127.0.0.1:0",
                                                          "BILLING_ADMIN_LISTEN=127.0.0.1:0",
                                                          database, NULL});
}

static struct rpc_channel *open_channel(const struct service_process *process)
{
    struct rpc_channel *opened = NULL;
    char target[64];
    struct status st;

    (void)snprintf(target, sizeof(target), "127.0.0.1:%d", service_process_port(process));
    assert_int_equal(rpc_channel_new(&(struct rpc_channel_options){.target = target}, &opened, &st),
                     STATUS_OK);
    return opened;
}

static void start_ocr(const char *worker)
{
    char database[700];
    char target[128];
    char worker_path[700];
    struct status st;

    (void)snprintf(database, sizeof(database), "DATABASE_URL=%s", database_url("ocr"));
    (void)snprintf(target, sizeof(target), "BILLING_TARGET=127.0.0.1:%d",
                   service_process_port(billing));
    (void)snprintf(worker_path, sizeof(worker_path), "OCR_WORKER_PATH=%s", worker);
    ocr = service_process_start(
        getenv("OCR_PROGRAM"),
        (const char *const[]){"OCR_LISTEN=127.0.0.1:0", "OCR_ADMIN_LISTEN=127.0.0.1:0",
                              "OCR_WORKERS=2", "OCR_INSPECTORS=1", "OCR_LEASE=2s",
                              "OCR_NEURAL_PATH=/nonexistent", database, target, worker_path, NULL});
    channel = open_channel(ocr);
    /* It serves before its first worker runs, and says until then that it is not healthy. */
    assert_int_equal(rpc_channel_wait_ready(channel, time_mono_after_ms(CALL_MS), &st), STATUS_OK);
}

static int end_ocr(int signal_number)
{
    rpc_channel_free(TAKE(channel));
    return service_process_end(TAKE(ocr), signal_number);
}

static struct db *open_db(const char *role)
{
    const struct db_options options = {
        .conninfo = database_url(role), .schema = role, .application_name = "test"};
    struct db *db = NULL;
    struct status st;

    assert_int_equal(db_open(&options, &db, &st), STATUS_OK);
    return db;
}

static int open_group(void **state)
{
    rpc_start();
    start_billing();
    start_ocr(getenv("FAKE_WORKER"));
    billing_channel = open_channel(billing);
    ocr_data.db = open_db("ocr");
    billing_data.db = open_db("billing");
    return 0;
}

static int close_group(void **state)
{
    db_close(ocr_data.db);
    db_close(billing_data.db);
    rpc_channel_free(billing_channel);
    int ocr_status = end_ocr(SIGTERM);
    int billing_status = service_process_end(billing, SIGTERM);
    rpc_stop();
    if (ocr_status != 0 || billing_status != 0)
        (void)fprintf(stderr, "ocr ended with %d, billing with %d\n", ocr_status, billing_status);
    return ocr_status != 0 || billing_status != 0;
}

static int open_test(void **state)
{
    arena = arena_new(ARENA_MAX_BYTES);
    ocr_data.arena = arena;
    token = NULL;
    /* What earlier tests used up does not count. */
    fixture_execute(&billing_data,
                    "UPDATE plan SET day_cap_credits = 100000, jobs_at_once = 0, "
                    "requests_per_minute = 0 WHERE name = 'anonymous'",
                    NULL);
    return arena == NULL;
}

static int close_test(void **state)
{
    arena_free(arena);
    return 0;
}

/* --- calls --- */

static struct rpc_call_options call_options(void)
{
    static struct rpc_metadata_entry entry;
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_MS)};

    if (token != NULL) {
        const char *value = arena_printf(arena, "Bearer %s", token);
        entry = (struct rpc_metadata_entry){"authorization", str_of(value)};
        options.metadata = (struct rpc_metadata){&entry, 1};
    }
    return options;
}

/* The part of a submission that is to be sent first. */
typedef enum { OPTIONS_FIRST, FILE_FIRST } part_order;

static status_code submit_bytes(const Options *options, struct str file, part_order order,
                                Submitted **ret_submitted, struct status *st)
{
    const struct rpc_call_options how = call_options();
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    Submitted *submitted = NULL;

    TRY(rpc_stream_open(channel, &submit_job, &how, arena, &stream, st));
    for (int step = 0; step < 2; step++) {
        Ocrmesh__Ocr__V1__SubmitJobRequest part = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__INIT;
        struct status ignored;
        if ((step == 0) == (order == OPTIONS_FIRST)) {
            part.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_OPTIONS;
            part.options = (Options *)options;
            if (options != NULL && rpc_stream_write(stream, &part, &ignored) != STATUS_OK)
                break;
            continue;
        }
        for (size_t at = 0; at < file.n; at += CHUNK_BYTES) {
            part.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_CHUNK;
            part.chunk.data = (uint8_t *)file.p + at;
            part.chunk.len = file.n - at < CHUNK_BYTES ? file.n - at : CHUNK_BYTES;
            if (rpc_stream_write(stream, &part, &ignored) != STATUS_OK)
                break;
        }
    }
    struct status ignored;
    (void)!rpc_stream_close_write(stream, &ignored);
    (void)!rpc_stream_read(stream, &submitted, &ignored);
    TRY(rpc_stream_finish(stream, st));
    *ret_submitted = submitted;
    return STATUS_OK;
}

static const Submitted *submit(const Options *options, const char *script)
{
    Submitted *submitted = NULL;
    struct status st = {0};

    if (submit_bytes(options, str_of(script), OPTIONS_FIRST, &submitted, &st) != STATUS_OK)
        fail_msg("refused: %s %s", st.reason, st.message);
    assert_non_null(submitted);
    return submitted;
}

static int64_t count_everything(void)
{
    return fixture_integer(&ocr_data,
                           "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM page_task) + "
                           "(SELECT count(*) FROM blob) + (SELECT count(*) FROM submission)",
                           NULL);
}

static int64_t count_open_reservations(void)
{
    return fixture_integer(&billing_data, "SELECT count(*) FROM reservation WHERE state = 'open'",
                           NULL);
}

/* Callers see a cancelled job as ended before it is settled. */
static void wait_until_settled(void)
{
    int64_t end = time_mono_after_ms(CALL_MS);

    while (fixture_integer(&ocr_data, "SELECT count(*) FROM job WHERE finish_time IS NULL", NULL) >
           0)
        assert_true(time_mono() < end);
}

/* Refused, and nothing is left behind. */
static struct status assert_refused(const Options *options, const char *script, status_code code,
                                    const char *reason)
{
    int64_t before = count_everything();
    Submitted *submitted;
    struct status st = {0};

    assert_int_equal(submit_bytes(options, str_of(script), OPTIONS_FIRST, &submitted, &st), code);
    assert_string_equal(st.reason, reason);
    assert_int_equal(count_everything(), before);
    assert_int_equal(count_open_reservations(), 0);
    return st;
}

/* Watches until the end; the last message's job. */
static const Job *watch(const char *job_id, int *ret_pages_told)
{
    Ocrmesh__Ocr__V1__WatchJobRequest request = OCRMESH__OCR__V1__WATCH_JOB_REQUEST__INIT;
    const struct rpc_call_options how = call_options();
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    const Job *last = NULL;
    int64_t revision = 0;
    int told = 0;
    struct status st = {0};

    request.job_id = (char *)job_id;
    assert_int_equal(rpc_stream_open(channel, &watch_job, &how, arena, &stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    for (;;) {
        const Ocrmesh__Ocr__V1__WatchJobResponse *message = NULL;
        if (rpc_stream_read(stream, &message, &st) != STATUS_OK || message == NULL)
            break;
        assert_true(message->job->revision > revision);
        revision = message->job->revision;
        told += (int)message->n_ended_page_indexes;
        assert_int_equal(message->n_ended_pages, message->n_ended_page_indexes);
        for (size_t i = 0; i < message->n_ended_pages; i++)
            assert_true(message->ended_pages[i]->revision <= revision &&
                        (i == 0 || message->ended_pages[i - 1]->revision <
                                       message->ended_pages[i]->revision));
        last = message->job;
    }
    if (rpc_stream_finish(stream, &st) != STATUS_OK)
        fail_msg("the watch ended: %s", st.message);
    assert_non_null(last);
    if (ret_pages_told != NULL)
        *ret_pages_told = told;
    return last;
}

static status_code call_job(const struct rpc_method *method, const char *job_id, Job **ret_job,
                            struct status *st)
{
    Ocrmesh__Ocr__V1__GetJobRequest get = OCRMESH__OCR__V1__GET_JOB_REQUEST__INIT;
    Ocrmesh__Ocr__V1__CancelJobRequest cancel = OCRMESH__OCR__V1__CANCEL_JOB_REQUEST__INIT;
    Ocrmesh__Ocr__V1__DeleteJobRequest delete = OCRMESH__OCR__V1__DELETE_JOB_REQUEST__INIT;
    const struct rpc_call_options how = call_options();
    const void *request = method == &get_job      ? (void *)&get
                          : method == &cancel_job ? (void *)&cancel
                                                  : (void *)&delete;
    void *reply = NULL;

    get.job_id = cancel.job_id = delete.job_id = (char *)job_id;
    TRY(rpc_unary(channel, method, &how, request, arena, &reply, st));
    if (ret_job != NULL)
        *ret_job = method == &get_job ? ((Ocrmesh__Ocr__V1__GetJobResponse *)reply)->job
                                      : ((Ocrmesh__Ocr__V1__CancelJobResponse *)reply)->job;
    return STATUS_OK;
}

/* Texts of the pages that come, joined by "|". */
static status_code read_texts(const char *job_id, bool allow_partial, const char **ret_texts,
                              struct status *st)
{
    Ocrmesh__Ocr__V1__GetDocumentRequest request = OCRMESH__OCR__V1__GET_DOCUMENT_REQUEST__INIT;
    const struct rpc_call_options how = call_options();
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    const char *texts = "";

    request.job_id = (char *)job_id;
    request.allow_partial = allow_partial;
    TRY(rpc_stream_open(channel, &get_document, &how, arena, &stream, st));
    TRY(rpc_stream_write(stream, &request, st));
    TRY(rpc_stream_close_write(stream, st));
    for (;;) {
        const Ocrmesh__Ocr__V1__GetDocumentResponse *part = NULL;
        if (rpc_stream_read(stream, &part, st) != STATUS_OK || part == NULL)
            break;
        if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE)
            texts = arena_printf(arena, "%s%s|", texts,
                                 part->page->error != NULL ? part->page->error->reason
                                                           : part->page->text);
    }
    TRY(rpc_stream_finish(stream, st));
    *ret_texts = texts;
    return STATUS_OK;
}

/* A new account becomes the caller. */
static void sign_up(void)
{
    Ocrmesh__Billing__V1__CreateAccountRequest request =
        OCRMESH__BILLING__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__CreateAccountResponse *reply = NULL;
    struct status st = {0};
    char name[RANDOM_ID_SIZE];

    token = NULL;
    const struct rpc_call_options how = call_options();
    random_id(name);
    request.email = arena_printf(arena, "%s@example.org", name);
    request.password = (char *)"correct horse battery";
    request.client_address = (char *)"127.0.0.1";
    if (rpc_unary(billing_channel, &create_account, &how, &request, arena, &reply, &st) !=
        STATUS_OK)
        fail_msg("no account: %s", st.message);
    token = reply->token;
}

static int64_t charged(const char *job_id)
{
    return fixture_integer(&billing_data,
                           "SELECT coalesce(sum(charged_pages), 0)::bigint FROM reservation "
                           "WHERE request_id = $1 AND state = 'committed'",
                           job_id);
}

/* --- the main way --- */

static void test_a_job_goes_from_upload_to_document(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    const char *texts;
    struct status st = {0};
    int told;

    options.file_name = (char *)"folder/scan.pdf";
    options.language = (char *)"de";
    const Submitted *submitted = submit(&options, "pages 3");
    assert_int_equal(submitted->price_credits, 3);
    assert_string_equal(submitted->job->file_name, "scan.pdf");
    assert_string_equal(submitted->job->media_type, "text/x-script");
    const Job *job = watch(submitted->job->job_id, &told);

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE);
    assert_int_equal(told, 3);
    assert_int_equal(job->usage->pages, 3);
    assert_int_equal(job->usage->credits, 3);
    assert_int_equal(charged(job->job_id), 3);
    assert_int_equal(read_texts(job->job_id, false, &texts, &st), STATUS_OK);
    assert_string_equal(texts, arena_printf(arena, "page 0 of %s|page 1 of %s|page 2 of %s|",
                                            job->job_id, job->job_id, job->job_id));
    assert_int_equal(fixture_integer(&ocr_data, "SELECT count(*) FROM blob", NULL), 0);
}

static void test_options_may_follow_the_file(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    Submitted *submitted;
    struct status st = {0};

    options.page_ranges = (char *)"2,-1";
    assert_int_equal(submit_bytes(&options, STR("pages 5"), FILE_FIRST, &submitted, &st),
                     STATUS_OK);
    const Job *job = watch(submitted->job->job_id, NULL);

    assert_int_equal(job->page_count, 2);
    assert_int_equal(charged(job->job_id), 2);
}

static void test_only_pages_that_were_read_are_charged(void **state)
{
    const char *texts;
    struct status st = {0};
    const Submitted *submitted = submit(NULL, "pages 3\nfail-at 1 CORRUPT\ndie-at 2");
    const Job *job = watch(submitted->job->job_id, NULL);

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE);
    assert_int_equal(job->n_failed_page_indexes, 2);
    assert_int_equal(charged(job->job_id), 1);
    assert_int_equal(read_texts(job->job_id, false, &texts, &st), STATUS_OK);
    assert_string_equal(
        texts, arena_printf(arena, "page 0 of %s|PAGE_CORRUPT|WORKER_CRASHED|", job->job_id));
}

static void test_a_job_without_a_page_that_could_be_read_is_failed(void **state)
{
    const Submitted *submitted = submit(NULL, "pages 1\nfail-at 0 CORRUPT");
    const Job *job = watch(submitted->job->job_id, NULL);

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED);
    assert_string_equal(job->error->reason, "PAGE_CORRUPT");
    assert_int_equal(charged(job->job_id), 0);
}

/* --- refusals --- */

static void test_refused_submissions_leave_nothing_behind(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;

    assert_refused(NULL, "", STATUS_INVALID_ARGUMENT, "NO_FILE");
    assert_refused(NULL, "refuse UNSUPPORTED_TYPE", STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE");
    assert_refused(NULL, "die", STATUS_INVALID_ARGUMENT, "CORRUPT");
    options.tier = OCRMESH__OCR__V1__TIER__TIER_VLM;
    assert_refused(&options, "pages 1", STATUS_UNAVAILABLE, "ENGINE_UNAVAILABLE");
    options.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    options.page_ranges = (char *)"9";
    assert_refused(&options, "pages 1", STATUS_INVALID_ARGUMENT, "INVALID_FIELD");
    options.page_ranges = (char *)"";
    options.request_id = (char *)"refused";
    assert_refused(&options, "refuse CORRUPT", STATUS_INVALID_ARGUMENT, "CORRUPT");
}

/* API: B3. */
static void test_more_pages_than_the_plans_cap_are_refused(void **state)
{
    struct status st = assert_refused(NULL, "pages 6", STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP");

    assert_string_equal(status_get_info(&st, "used"), "6");
    assert_string_equal(status_get_info(&st, "cap"), "5");
    assert_string_equal(status_get_info(&st, "period"), "file");
}

static void test_a_callers_quota_is_asked_for(void **state)
{
    fixture_execute(&billing_data, "UPDATE plan SET day_cap_credits = 1 WHERE name = 'anonymous'",
                    NULL);
    assert_refused(NULL, "pages 3", STATUS_RESOURCE_EXHAUSTED, "OUT_OF_PAGES");
}

static void test_a_file_over_the_plans_size_is_refused_as_it_comes(void **state)
{
    char *bytes = arena_calloc(arena, 3, FILE_MAX_BYTES);
    Submitted *submitted;
    struct status st = {0};

    fixture_execute(&billing_data,
                    "UPDATE plan SET bytes_per_file = 1048576 WHERE name = 'anonymous'", NULL);
    status_code code =
        submit_bytes(NULL, (struct str){bytes, 3 * FILE_MAX_BYTES}, OPTIONS_FIRST, &submitted, &st);
    fixture_execute(&billing_data,
                    "UPDATE plan SET bytes_per_file = 52428800 WHERE name = 'anonymous'", NULL);

    assert_int_equal(code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "TOO_LARGE");
}

static void test_jobs_at_once_are_limited(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    struct status st = {0};

    options.request_id = (char *)"at once";
    fixture_execute(&billing_data, "UPDATE plan SET jobs_at_once = 1 WHERE name = 'anonymous'",
                    NULL);
    const Submitted *submitted = submit(&options, "pages 1\nhang-at 0");
    Submitted *second;
    assert_int_equal(submit_bytes(NULL, STR("pages 1"), OPTIONS_FIRST, &second, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_true(st.retry_after_ms > 0);
    /* Who asks for the one that is at work makes no other. */
    const Submitted *repeated = submit(&options, "pages 1\nhang-at 0");
    assert_true(repeated->is_replayed);
    assert_string_equal(repeated->job->job_id, submitted->job->job_id);
    assert_int_equal(call_job(&cancel_job, submitted->job->job_id, NULL, &st), STATUS_OK);
    wait_until_settled();
}

/* A caller who is gone frees its place when the service has noticed. */
static void wait_until_uploads_are_taken(void)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    int64_t end = time_mono_after_ms(CALL_MS);
    Submitted *submitted;
    struct status st;

    options.validate_only = true;
    while (submit_bytes(&options, STR("pages 1"), OPTIONS_FIRST, &submitted, &st) != STATUS_OK)
        assert_true(time_mono() < end);
}

static void test_slow_uploads_keep_nobody_else_from_being_served(void **state)
{
    struct rpc_call_options how = call_options();
    struct rpc_stream *slow[SLOW_UPLOADS] = {0};
    struct status st = {0}, ignored;
    Submitted *submitted;
    Job *job;

    how.deadline = time_mono_after_ms(3 * CALL_MS); /* none ends before who waits gives up */
    for (int i = 0; i < SLOW_UPLOADS; i++)
        assert_int_equal(rpc_stream_open(channel, &submit_job, &how, arena, &slow[i], &st),
                         STATUS_OK);
    /* It comes after all of them, so that GetJob then finds the service as they have left it. */
    status_code code = submit_bytes(NULL, STR("pages 1"), OPTIONS_FIRST, &submitted, &st);
    assert_int_equal(call_job(&get_job, "0123456789abcdef0123456789abcdef", &job, &ignored),
                     STATUS_NOT_FOUND);
    assert_int_equal(code, STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "RATE_LIMITED");
    assert_true(st.retry_after_ms > 0);
    for (int i = 0; i < SLOW_UPLOADS; i++)
        rpc_stream_free(slow[i]);
    wait_until_uploads_are_taken();
}

static void test_a_wrong_token_is_never_anonymous(void **state)
{
    Submitted *submitted;
    struct status st = {0};

    token = "no-such-token";
    assert_int_equal(submit_bytes(NULL, STR("pages 1"), OPTIONS_FIRST, &submitted, &st),
                     STATUS_UNAUTHENTICATED);
    assert_string_equal(st.reason, "INVALID_TOKEN");
}

/* API: B17. */
static void test_validate_only_keeps_and_charges_nothing(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    int64_t before = count_everything();

    options.validate_only = 1;
    options.page_ranges = (char *)"1-3";
    const Submitted *submitted = submit(&options, "pages 5");

    assert_int_equal(submitted->price_credits, 3);
    assert_int_equal(submitted->job->page_count, 3);
    assert_string_equal(submitted->job->job_id, "");
    assert_int_equal(count_everything(), before);
    assert_int_equal(count_open_reservations(), 0);
}

/* --- request ids. API: B16 --- */

static void test_a_repeated_request_id_gets_the_first_job(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;

    options.request_id = (char *)"repeated";
    const Submitted *first = submit(&options, "pages 2");
    assert_false(first->is_replayed);
    const Submitted *second = submit(&options, "pages 2");
    assert_true(second->is_replayed);
    assert_string_equal(second->job->job_id, first->job->job_id);
    assert_int_equal(second->price_credits, 2);
    watch(first->job->job_id, NULL);

    assert_int_equal(charged(first->job->job_id), 2);
}

/* Asking for a price does not use the id up. */
static void test_a_request_id_is_free_after_validate_only(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;

    options.request_id = (char *)"validated";
    options.validate_only = 1;
    submit(&options, "pages 2");
    options.validate_only = 0;
    const Submitted *submitted = submit(&options, "pages 2");

    assert_false(submitted->is_replayed);
    watch(submitted->job->job_id, NULL);
}

static void test_a_request_id_is_for_one_file(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;

    options.request_id = (char *)"one-file";
    const Submitted *first = submit(&options, "pages 2");
    watch(first->job->job_id, NULL);
    assert_refused(&options, "pages 1", STATUS_INVALID_ARGUMENT, "IDEMPOTENCY_KEY_REUSED");
}

/* --- whose it is. API: B8 --- */

static void test_an_accounts_job_is_hidden_from_others(void **state)
{
    struct status st = {0};
    Job *job;

    sign_up();
    const char *owner = token;
    const Submitted *submitted = submit(NULL, "pages 1");
    watch(submitted->job->job_id, NULL);
    sign_up();
    assert_int_equal(call_job(&get_job, submitted->job->job_id, &job, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_NOT_FOUND");
    const char *texts;
    assert_int_equal(read_texts(submitted->job->job_id, false, &texts, &st), STATUS_NOT_FOUND);
    assert_int_equal(call_job(&delete_job, submitted->job->job_id, NULL, &st), STATUS_NOT_FOUND);
    token = NULL;
    assert_int_equal(call_job(&get_job, submitted->job->job_id, &job, &st), STATUS_NOT_FOUND);
    token = owner;
    assert_int_equal(call_job(&get_job, submitted->job->job_id, &job, &st), STATUS_OK);
}

static void test_an_account_lists_its_jobs(void **state)
{
    Ocrmesh__Ocr__V1__ListJobsRequest request = OCRMESH__OCR__V1__LIST_JOBS_REQUEST__INIT;
    Ocrmesh__Ocr__V1__ListJobsResponse *list = NULL;
    struct status st = {0};

    assert_int_equal(rpc_unary(channel, &list_jobs,
                               &(struct rpc_call_options){.deadline = time_mono_after_ms(CALL_MS)},
                               &request, arena, &list, &st),
                     STATUS_UNAUTHENTICATED);
    sign_up();
    const char *ids[3];
    for (int i = 0; i < 3; i++) {
        ids[i] = submit(NULL, "pages 1")->job->job_id;
        watch(ids[i], NULL);
    }
    const struct rpc_call_options how = call_options();
    request.page_size = 2;
    assert_int_equal(rpc_unary(channel, &list_jobs, &how, &request, arena, &list, &st), STATUS_OK);
    assert_int_equal(list->n_jobs, 2);
    assert_string_equal(list->jobs[0]->job_id, ids[2]);
    request.page_token = list->next_page_token;
    assert_int_equal(rpc_unary(channel, &list_jobs, &how, &request, arena, &list, &st), STATUS_OK);
    assert_int_equal(list->n_jobs, 1);
    assert_string_equal(list->jobs[0]->job_id, ids[0]);
    assert_string_equal(list->next_page_token, "");
    request.page_token = (char *)"x";
    assert_int_equal(rpc_unary(channel, &list_jobs, &how, &request, arena, &list, &st),
                     STATUS_INVALID_ARGUMENT);
}

/* --- the middle of a job --- */

static void test_a_document_is_not_there_before_its_end(void **state)
{
    struct status st = {0};
    const char *texts;
    const Submitted *submitted = submit(NULL, "pages 2\nhang-at 1");
    const char *id = submitted->job->job_id;

    assert_int_equal(read_texts(id, false, &texts, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "JOB_NOT_DONE");
    assert_int_equal(read_texts(id, true, &texts, &st), STATUS_OK);
    Job *job;
    assert_int_equal(call_job(&cancel_job, id, &job, &st), STATUS_OK);
    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED);
    wait_until_settled();
}

static void test_a_deleted_job_is_gone(void **state)
{
    struct status st = {0};
    Job *job;
    const Submitted *submitted = submit(NULL, "pages 3");

    assert_int_equal(call_job(&delete_job, submitted->job->job_id, NULL, &st), STATUS_OK);
    assert_int_equal(call_job(&get_job, submitted->job->job_id, &job, &st), STATUS_NOT_FOUND);
    assert_int_equal(call_job(&delete_job, submitted->job->job_id, NULL, &st), STATUS_NOT_FOUND);
    wait_until_settled();
    assert_int_equal(fixture_integer(&ocr_data, "SELECT count(*) FROM job WHERE id = $1",
                                     submitted->job->job_id),
                     0);
}

/* Whose jobs they are makes no difference to other services. */
static void test_services_are_told_which_jobs_are_missing(void **state)
{
    Ocrmesh__Ocr__V1__FindMissingJobsRequest request =
        OCRMESH__OCR__V1__FIND_MISSING_JOBS_REQUEST__INIT;
    Ocrmesh__Ocr__V1__FindMissingJobsResponse *found = NULL;
    struct status st = {0};

    sign_up();
    const char *deleted = submit(NULL, "pages 1")->job->job_id;
    char *ids[] = {submit(NULL, "pages 1")->job->job_id, (char *)deleted};
    watch(deleted, NULL);
    assert_int_equal(call_job(&delete_job, deleted, NULL, &st), STATUS_OK);
    token = NULL;
    const struct rpc_call_options how = call_options();
    request.job_ids = ids;
    request.n_job_ids = 2;
    assert_int_equal(rpc_unary(channel, &find_missing_jobs, &how, &request, arena, &found, &st),
                     STATUS_OK);
    assert_int_equal(found->n_missing_job_ids, 1);
    assert_string_equal(found->missing_job_ids[0], deleted);

    char *too_many[1001];
    for (size_t i = 0; i < ARRAY_LENGTH(too_many); i++)
        too_many[i] = ids[0];
    request.job_ids = too_many;
    request.n_job_ids = ARRAY_LENGTH(too_many);
    assert_int_equal(rpc_unary(channel, &find_missing_jobs, &how, &request, arena, &found, &st),
                     STATUS_INVALID_ARGUMENT);
    ids[1] = (char *)"{},'; DROP TABLE job";
    request.job_ids = ids;
    request.n_job_ids = 2;
    assert_int_equal(rpc_unary(channel, &find_missing_jobs, &how, &request, arena, &found, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "job_ids");
}

static void test_what_nobody_knows_is_not_found(void **state)
{
    static const char *const ids[] = {"", "x", "0123456789abcdef0123456789abcdef",
                                      "'; DROP TABLE job; --"};
    struct status st = {0};
    Job *job;

    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        assert_int_equal(call_job(&get_job, ids[i], &job, &st), STATUS_NOT_FOUND);
        assert_string_equal(st.reason, "JOB_NOT_FOUND");
    }
}

static int64_t count_doubts(void)
{
    return fixture_integer(&ocr_data, "SELECT count(*) FROM reservation_doubt", NULL);
}

/* As billing may do it after nobody waits any more. */
static void open_late(void)
{
    static const struct rpc_method open = {&ocrmesh__billing__v1__billing_service__descriptor,
                                           "OpenReservation", RPC_UNARY};
    Ocrmesh__Billing__V1__OpenReservationRequest request =
        OCRMESH__BILLING__V1__OPEN_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__OpenReservationResponse *response = NULL;
    const struct rpc_call_options how = call_options();
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    static const struct db_statement doubts = {"", "SELECT job_id FROM reservation_doubt"};
    struct status st = {0};

    assert_int_equal(
        db_query(ocr_data.db, time_mono_after_ms(CALL_MS), &doubts, DB_NO_PARAMS, &rows, &st),
        STATUS_OK);
    request.request_id = (char *)db_text_copy(rows, 0, 0, arena);
    request.principal_key = (char *)"127.0.0.1";
    request.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    request.pages = 3;
    assert_int_equal(rpc_unary(billing_channel, &open, &how, &request, arena, &response, &st),
                     STATUS_OK);
}

/* Else its pages would be held until it expires, in two hours. */
static void test_a_reservation_whose_answer_was_lost_is_released(void **state)
{
    const struct rpc_call_options how = call_options();
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    Ocrmesh__Ocr__V1__SubmitJobRequest part = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__INIT;
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;
    int64_t end = time_mono_after_ms(CALL_MS);
    Submitted *submitted = NULL;
    struct status st = {0};

    options.request_id = (char *)"lost answer";
    part.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_OPTIONS;
    part.options = &options;
    assert_int_equal(rpc_stream_open(channel, &submit_job, &how, arena, &stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &part, &st), STATUS_OK);
    while (fixture_integer(&ocr_data, "SELECT count(*) FROM submission WHERE request_id = $1",
                           options.request_id) == 0)
        assert_true(time_mono() < end); /* billing has said who calls */
    service_process_signal(billing, SIGSTOP);
    part.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_CHUNK;
    part.chunk = (ProtobufCBinaryData){strlen("pages 3"), (uint8_t *)"pages 3"};
    assert_int_equal(rpc_stream_write(stream, &part, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    (void)!rpc_stream_read(stream, &submitted, &st);
    const status_code code = rpc_stream_finish(stream, &st);
    rpc_stream_free(TAKE(stream)); /* before its channel goes with the process */
    service_process_signal(billing, SIGCONT);
    assert_true(code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(count_doubts(), 1);

    open_late();
    assert_int_equal(count_open_reservations(), 1);
    fixture_execute(&ocr_data, "UPDATE reservation_doubt SET due_time = now()", NULL);
    assert_int_equal(end_ocr(SIGTERM), 0); /* it looks at its start, and every 15 s */
    start_ocr(getenv("FAKE_WORKER"));
    end = time_mono_after_ms(CALL_MS);
    while (count_doubts() > 0)
        assert_true(time_mono() < end);
    assert_int_equal(count_open_reservations(), 0);
}

/* Show 2 of the kill tests, in small: nothing is lost, and it is charged once. */
static void test_a_killed_process_loses_nothing(void **state)
{
    fixture_execute(&billing_data, "UPDATE plan SET pages_per_file = 1000 WHERE name = 'anonymous'",
                    NULL);
    const Submitted *submitted = submit(NULL, "pages 300");
    const char *id = submitted->job->job_id;
    int64_t end = time_mono_after_ms(CALL_MS);
    while (fixture_integer(&ocr_data, "SELECT pages_done FROM job WHERE id = $1", id) < 20)
        assert_true(time_mono() < end);
    assert_int_equal(end_ocr(SIGKILL), 128 + SIGKILL);
    start_ocr(getenv("FAKE_WORKER"));
    const Job *job = watch(id, NULL);
    fixture_execute(&billing_data, "UPDATE plan SET pages_per_file = 5 WHERE name = 'anonymous'",
                    NULL);

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE);
    assert_int_equal(job->pages_done, 300);
    assert_int_equal(job->n_failed_page_indexes, 0);
    assert_int_equal(charged(id), 300);
    assert_int_equal(fixture_integer(&ocr_data, "SELECT count(*) FROM page WHERE job_id = $1", id),
                     300);
}

typedef Ocrmesh__Document__V1__PageImageKind ImageKind;
enum {
    PREVIEW = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_PREVIEW,
    RENDITION = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION,
    FIGURE = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE,
};

/* What is said first, and all bytes after it, in the test's arena. */
static status_code read_image(const char *job_id, uint32_t page_index, int kind,
                              uint32_t block_index,
                              const Ocrmesh__Document__V1__PageImage **ret_image,
                              struct str *ret_bytes, struct status *st)
{
    Ocrmesh__Ocr__V1__GetPageImageRequest request = OCRMESH__OCR__V1__GET_PAGE_IMAGE_REQUEST__INIT;
    const struct rpc_call_options how = call_options();
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    const Ocrmesh__Document__V1__PageImage *image = NULL;
    char *bytes = NULL;
    size_t length = 0;

    request.job_id = (char *)job_id;
    request.page_index = page_index;
    request.kind = (ImageKind)kind;
    request.block_index = block_index;
    TRY(rpc_stream_open(channel, &get_page_image, &how, arena, &stream, st));
    TRY(rpc_stream_write(stream, &request, st));
    TRY(rpc_stream_close_write(stream, st));
    for (;;) {
        const Ocrmesh__Ocr__V1__GetPageImageResponse *part = NULL;
        if (rpc_stream_read(stream, &part, st) != STATUS_OK || part == NULL)
            break;
        if (part->part_case == OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_IMAGE) {
            assert_null(image);
            image = part->image;
            bytes = arena_alloc(arena, (size_t)image->size_bytes + 1);
            assert_non_null(bytes);
        } else {
            assert_non_null(image);
            assert_true(length + part->chunk.len <= (size_t)image->size_bytes);
            memcpy(bytes + length, part->chunk.data, part->chunk.len);
            length += part->chunk.len;
        }
    }
    TRY(rpc_stream_finish(stream, st));
    assert_non_null(image);
    assert_int_equal(length, image->size_bytes);
    *ret_image = image;
    *ret_bytes = (struct str){bytes, length};
    return STATUS_OK;
}

static void test_the_real_worker_reads_a_picture(void **state)
{
    const char *sample = getenv("SAMPLE_IMAGE");
    char *bytes = arena_alloc(arena, FILE_MAX_BYTES);
    const char *texts;
    struct status st = {0};
    Submitted *submitted;
    const Ocrmesh__Document__V1__PageImage *preview = NULL, *rendition = NULL;
    struct str preview_bytes = {0}, rendition_bytes = {0};

    assert_non_null(sample);
    int fd = open(sample, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes, FILE_MAX_BYTES);
    assert_true(size > 0 && close(fd) == 0);
    assert_int_equal(end_ocr(SIGTERM), 0);
    start_ocr(getenv("OCR_WORKER"));
    assert_int_equal(
        submit_bytes(NULL, (struct str){bytes, (size_t)size}, OPTIONS_FIRST, &submitted, &st),
        STATUS_OK);
    const Job *job = watch(submitted->job->job_id, NULL);
    assert_int_equal(read_texts(job->job_id, false, &texts, &st), STATUS_OK);
    assert_int_equal(read_image(job->job_id, 0, PREVIEW, 0, &preview, &preview_bytes, &st),
                     STATUS_OK);
    assert_int_equal(read_image(job->job_id, 0, RENDITION, 0, &rendition, &rendition_bytes, &st),
                     STATUS_OK);
    assert_int_equal(call_job(&delete_job, job->job_id, NULL, &st), STATUS_OK);
    assert_refused(NULL, "neither picture nor PDF", STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE");
    assert_int_equal(end_ocr(SIGTERM), 0);
    start_ocr(getenv("FAKE_WORKER"));

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE);
    assert_string_equal(job->media_type, "image/png");
    assert_string_equal(job->engine->name, "tesseract");
    assert_true(job->mean_confidence > 0.8F);
    assert_non_null(strstr(texts, "Harbour Street"));
    assert_int_equal(charged(job->job_id), 1);
    assert_memory_equal(preview_bytes.p, "\xff\xd8\xff", 3);
    assert_int_equal(rendition->encoding,
                     OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG_ROWS);
    assert_true(preview->width <= 1600 && preview->height <= 1600);
    assert_int_equal(rendition_bytes.n, rendition->size_bytes);
}

/* --- what can be asked for --- */

static void test_languages_and_tools_are_listed(void **state)
{
    Ocrmesh__Ocr__V1__ListLanguagesRequest languages =
        OCRMESH__OCR__V1__LIST_LANGUAGES_REQUEST__INIT;
    Ocrmesh__Ocr__V1__ListToolsRequest tools = OCRMESH__OCR__V1__LIST_TOOLS_REQUEST__INIT;
    Ocrmesh__Ocr__V1__ListLanguagesResponse *language_list = NULL;
    Ocrmesh__Ocr__V1__ListToolsResponse *tool_list = NULL;
    const struct rpc_call_options how = call_options();
    struct status st = {0};

    assert_int_equal(
        rpc_unary(channel, &list_languages, &how, &languages, arena, &language_list, &st),
        STATUS_OK);
    assert_true(language_list->n_languages > 100);
    assert_int_equal(rpc_unary(channel, &list_tools, &how, &tools, arena, &tool_list, &st),
                     STATUS_OK);
    assert_true(tool_list->n_tools >= 10);
    for (size_t i = 0; i < tool_list->n_tools; i++)
        assert_true(tool_list->tools[i]->n_formats > 0);
}

static void test_the_queue_is_told(void **state)
{
    Ocrmesh__Ocr__V1__GetQueueRequest request = OCRMESH__OCR__V1__GET_QUEUE_REQUEST__INIT;
    Ocrmesh__Ocr__V1__GetQueueResponse *queue = NULL;
    const struct rpc_call_options how = call_options();
    struct status st = {0};

    assert_int_equal(rpc_unary(channel, &get_queue, &how, &request, arena, &queue, &st), STATUS_OK);

    assert_int_equal(queue->n_queues, 2);
    assert_int_equal(queue->queues[0]->tier, OCRMESH__OCR__V1__TIER__TIER_CPU);
}

/* --- pictures of pages --- */

static void assert_no_image(const char *job_id, uint32_t page_index, int kind, const char *reason)
{
    const Ocrmesh__Document__V1__PageImage *image;
    struct str bytes;
    struct status st = {0};

    assert_int_equal(read_image(job_id, page_index, kind, 0, &image, &bytes, &st),
                     STATUS_NOT_FOUND);
    assert_string_equal(st.reason, reason);
}

static int64_t count_renditions(void)
{
    return fixture_integer(&ocr_data, "SELECT count(*) FROM blob WHERE key LIKE 'rendition/%'",
                           NULL);
}

static void test_pictures_of_pages_are_kept(void **state)
{
    enum { RENDITION_BYTES = 1300000 };
    const Ocrmesh__Document__V1__PageImage *image = NULL;
    struct str bytes = {0};
    struct status st = {0};

    const Submitted *submitted = submit(NULL, "pages 2\npictures-at 0 1300000");
    const Job *job = watch(submitted->job->job_id, NULL);
    assert_true(job->retains_renditions);

    assert_int_equal(read_image(job->job_id, 0, 0, 0, &image, &bytes, &st), STATUS_OK);
    assert_true(str_equal(bytes, STR("preview")));
    assert_int_equal(read_image(job->job_id, 0, RENDITION, 0, &image, &bytes, &st), STATUS_OK);
    assert_int_equal(bytes.n, RENDITION_BYTES);
    for (size_t i = 0; i < bytes.n; i++)
        assert_int_equal(bytes.p[i], 'r');
    assert_int_equal(read_image(job->job_id, 0, FIGURE, 3, &image, &bytes, &st), STATUS_OK);
    assert_true(str_equal(bytes, STR("figure")));
    assert_int_equal(image->encoding,
                     OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG);
    assert_no_image(job->job_id, 0, FIGURE, "PAGE_IMAGE_NOT_FOUND");
    assert_no_image(job->job_id, 1, PREVIEW, "PAGE_IMAGE_NOT_FOUND");
    assert_no_image(job->job_id, 7, PREVIEW, "PAGE_IMAGE_NOT_FOUND");
    assert_int_equal(read_image(job->job_id, 0, 9, 0, &image, &bytes, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(call_job(&delete_job, job->job_id, NULL, &st), STATUS_OK);
}

static void test_pictures_go_with_their_job(void **state)
{
    struct status st = {0};

    const Submitted *submitted = submit(NULL, "pages 3\npictures-at 0 600000\npictures-at 2 10");
    const Job *job = watch(submitted->job->job_id, NULL);
    assert_int_equal(count_renditions(), 2);
    assert_int_equal(call_job(&delete_job, job->job_id, NULL, &st), STATUS_OK);

    assert_int_equal(count_renditions(), 0);
    assert_int_equal(fixture_integer(&ocr_data,
                                     "SELECT count(*) FROM blob_chunk WHERE blob_key LIKE "
                                     "'rendition/%'",
                                     NULL),
                     0);
    assert_no_image(job->job_id, 0, PREVIEW, "JOB_NOT_FOUND");
}

static void test_pictures_of_a_cancelled_job_are_not_kept(void **state)
{
    struct status st = {0};
    Job *job = NULL;

    sign_up();
    const Submitted *submitted = submit(NULL, "pages 7\npictures-at 0 10\nhang-at 1\nhang-at 2");
    const char *id = submitted->job->job_id;
    int64_t end = time_mono_after_ms(CALL_MS);
    while (count_renditions() == 0)
        assert_true(time_mono() < end);
    assert_int_equal(call_job(&cancel_job, id, &job, &st), STATUS_OK);
    assert_false(job->retains_renditions);
    wait_until_settled();

    assert_int_equal(count_renditions(), 0);
    assert_no_image(id, 0, PREVIEW, "PAGE_IMAGE_NOT_FOUND");
    assert_int_equal(call_job(&delete_job, id, NULL, &st), STATUS_OK);
}

static void test_no_pictures_are_kept_of_who_wants_none(void **state)
{
    Options options = OCRMESH__OCR__V1__JOB_OPTIONS__INIT;

    options.discard_renditions = true;
    const Submitted *submitted = submit(&options, "pages 1\npictures-at 0 10");
    const Job *job = watch(submitted->job->job_id, NULL);

    assert_int_equal(job->state, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE);
    assert_false(job->retains_renditions);
    assert_int_equal(count_renditions(), 0);
    assert_no_image(job->job_id, 0, PREVIEW, "PAGE_IMAGE_NOT_FOUND");
}

static void test_pictures_are_for_who_may_see_the_job(void **state)
{
    sign_up();
    const Submitted *submitted = submit(NULL, "pages 1\npictures-at 0 10");
    const Job *job = watch(submitted->job->job_id, NULL);
    struct status st = {0};
    const char *owner = token;

    sign_up();
    assert_no_image(job->job_id, 0, PREVIEW, "JOB_NOT_FOUND");
    token = NULL;
    assert_no_image(job->job_id, 0, PREVIEW, "JOB_NOT_FOUND");
    token = owner;
    assert_int_equal(call_job(&delete_job, job->job_id, NULL, &st), STATUS_OK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_test, close_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_job_goes_from_upload_to_document),
        TEST(test_options_may_follow_the_file),
        TEST(test_only_pages_that_were_read_are_charged),
        TEST(test_a_job_without_a_page_that_could_be_read_is_failed),
        TEST(test_refused_submissions_leave_nothing_behind),
        TEST(test_more_pages_than_the_plans_cap_are_refused),
        TEST(test_a_callers_quota_is_asked_for),
        TEST(test_a_file_over_the_plans_size_is_refused_as_it_comes),
        TEST(test_jobs_at_once_are_limited),
        TEST(test_slow_uploads_keep_nobody_else_from_being_served),
        TEST(test_a_wrong_token_is_never_anonymous),
        TEST(test_validate_only_keeps_and_charges_nothing),
        TEST(test_a_repeated_request_id_gets_the_first_job),
        TEST(test_a_request_id_is_free_after_validate_only),
        TEST(test_a_request_id_is_for_one_file),
        TEST(test_an_accounts_job_is_hidden_from_others),
        TEST(test_an_account_lists_its_jobs),
        TEST(test_a_document_is_not_there_before_its_end),
        TEST(test_a_deleted_job_is_gone),
        TEST(test_services_are_told_which_jobs_are_missing),
        TEST(test_what_nobody_knows_is_not_found),
        TEST(test_a_reservation_whose_answer_was_lost_is_released),
        TEST(test_a_killed_process_loses_nothing),
        TEST(test_the_real_worker_reads_a_picture),
        TEST(test_languages_and_tools_are_listed),
        TEST(test_the_queue_is_told),
        TEST(test_pictures_of_pages_are_kept),
        TEST(test_pictures_go_with_their_job),
        TEST(test_pictures_of_a_cancelled_job_are_not_kept),
        TEST(test_no_pictures_are_kept_of_who_wants_none),
        TEST(test_pictures_are_for_who_may_see_the_job),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, open_group, close_group);
}
