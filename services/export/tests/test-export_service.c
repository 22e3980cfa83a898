/*
 * The real export process between a client and an ocr service of fixed documents.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "grpc/health/v1/health.pb-c.h"
#include "lib/base/clock.h"
#include "lib/rpc/client.h"
#include "lib/testing/service_process.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"
#include "services/export/format.h"
#include "services/export/tests/fake_ocr.h"

enum {
    CALL_TIMEOUT_MS = 60000,
    FILE_MAX_BYTES = 256 << 20,
};

static const struct rpc_method list_formats = {&ocrmesh__export__v1__export_service__descriptor,
                                               "ListFormats", RPC_UNARY};
static const struct rpc_method export_document = {&ocrmesh__export__v1__export_service__descriptor,
                                                  "ExportDocument", RPC_SERVER_STREAM};
static const struct rpc_method health_watch = {&grpc__health__v1__health__descriptor, "Watch",
                                               RPC_SERVER_STREAM};

static struct fake_ocr *ocr;
static struct service_process *process;
static struct rpc_channel *channel;

static bool start_process(void)
{
    struct rpc_channel_options options = {0};
    char ocr_target[64], own_target[64];
    struct status st = {0};

    (void)snprintf(ocr_target, sizeof(ocr_target), "OCR_TARGET=dns:///127.0.0.1:%d",
                   fake_ocr_port(ocr));
    process = service_process_start(getenv("OCRMESH_EXPORT_PROGRAM"),
                                    (const char *const[]){"EXPORT_LISTEN=127.0.0.1:0",
                                                          "EXPORT_ADMIN_LISTEN=127.0.0.1:0",
                                                          "LOG_LEVEL=info", ocr_target, NULL});
    (void)snprintf(own_target, sizeof(own_target), "dns:///127.0.0.1:%d",
                   service_process_port(process));
    options.target = own_target;
    return rpc_channel_new(&options, &channel, &st) == STATUS_OK;
}

/* SIGTERM; the exit status. */
static int stop_process(void)
{
    int status = service_process_end(TAKE(process), SIGTERM);

    rpc_channel_free(TAKE(channel));
    return status;
}

/* One export as a client sees it. */
struct download {
    struct arena *arena;
    struct rpc_stream *stream;
    char file_name[256];
    char media_type[128];
    char entity_tag[128];
    struct buf bytes;
    size_t chunks;
    size_t largest_chunk;
    int64_t size_bytes; /* as measured */
};

static void download_ask(struct download *download,
                         const Ocrmesh__Export__V1__ExportDocumentRequest *request)
{
    struct rpc_metadata_entry headers[] = {
        {"authorization", STR("Bearer secret-token")},
        {"ocrmesh-client-address", STR("192.0.2.7")},
        {"ocrmesh-request-id", STR("request-1")},
    };
    struct rpc_call_options options = {
        .deadline = time_mono_after_ms(CALL_TIMEOUT_MS),
        .metadata = {headers, ARRAY_LENGTH(headers)},
    };
    struct status st = {0};

    *download = (struct download){0};
    buf_init(&download->bytes, FILE_MAX_BYTES);
    download->arena = arena_new(8 << 20);
    assert_int_equal(rpc_stream_open(channel, &export_document, &options, download->arena,
                                     &download->stream, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(download->stream, request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(download->stream, &st), STATUS_OK);
}

static void download_open(struct download *download, const char *job_id, const char *format)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;

    request.job_id = (char *)job_id;
    request.format = (char *)format;
    download_ask(download, &request);
}

/* Takes the next message; false when there is none. */
static bool download_read(struct download *download)
{
    Ocrmesh__Export__V1__ExportDocumentResponse *message;
    struct status st = {0};

    arena_reset(download->arena);
    assert_int_equal(rpc_stream_read(download->stream, &message, &st), STATUS_OK);
    if (message == NULL)
        return false;
    if (message->part_case == OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_ARTIFACT) {
        assert_int_equal(download->chunks, 0);
        (void)snprintf(download->file_name, sizeof(download->file_name), "%s",
                       message->artifact->file_name);
        (void)snprintf(download->media_type, sizeof(download->media_type), "%s",
                       message->artifact->media_type);
        (void)snprintf(download->entity_tag, sizeof(download->entity_tag), "%s",
                       message->artifact->entity_tag);
        return true;
    }
    assert_string_not_equal(download->file_name, "");
    if (message->part_case == OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_RESPONSE__PART_SIZE_BYTES) {
        download->size_bytes = message->size_bytes;
        return true;
    }
    download->chunks++;
    if (message->chunk.len > download->largest_chunk)
        download->largest_chunk = message->chunk.len;
    assert_true(buf_append(&download->bytes, message->chunk.data, message->chunk.len));
    return true;
}

static status_code download_finish(struct download *download, struct status *st)
{
    while (download_read(download))
        ;
    return rpc_stream_finish(download->stream, st);
}

static void download_close(struct download *download)
{
    rpc_stream_free(download->stream);
    arena_free(download->arena);
    buf_deinit(&download->bytes);
}

static void expect_file(const char *job_id, const char *format, const char *expected)
{
    struct download download;
    struct status st = {0};

    download_open(&download, job_id, format);
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    assert_int_equal(download.bytes.length, strlen(expected));
    assert_memory_equal(download.bytes.data, expected, strlen(expected));
    download_close(&download);
}

static void expect_failure(const char *job_id, const char *format, status_code code,
                           const char *reason)
{
    struct download download;
    struct status st = {0};

    download_open(&download, job_id, format);
    assert_int_equal(download_finish(&download, &st), code);
    assert_string_equal(st.reason, reason);
    assert_int_equal(download.bytes.length, 0);
    download_close(&download);
}

static void test_formats_are_listed(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    Ocrmesh__Export__V1__ListFormatsRequest request =
        OCRMESH__EXPORT__V1__LIST_FORMATS_REQUEST__INIT;
    Ocrmesh__Export__V1__ListFormatsResponse *response;
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    struct status st = {0};

    assert_int_equal(rpc_unary(channel, &list_formats, &options, &request, arena, &response, &st),
                     STATUS_OK);
    assert_int_equal(response->n_formats, format_count());
    assert_string_equal(response->formats[0]->name, "txt");
    assert_string_equal(response->formats[1]->media_type, "text/markdown; charset=utf-8");
    assert_string_equal(response->formats[2]->extension, ".json");
}

static void test_a_file_is_named_and_typed_before_its_bytes(void **state)
{
    struct download download;
    struct status st = {0};

    download_open(&download, FAKE_SPLIT, "md");
    assert_true(download_read(&download));
    assert_string_equal(download.file_name, "Rechnung März.md");
    assert_string_equal(download.media_type, "text/markdown; charset=utf-8");
    assert_string_equal(download.entity_tag, FAKE_SPLIT "-7-md3");
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    download_close(&download);
}

static void test_the_callers_identity_reaches_ocr(void **state)
{
    char value[FAKE_SEEN_MAX];

    expect_file(FAKE_EMPTY, "txt", "");
    fake_ocr_seen(ocr, "authorization", value);
    assert_string_equal(value, "Bearer secret-token");
    fake_ocr_seen(ocr, "ocrmesh-client-address", value);
    assert_string_equal(value, "192.0.2.7");
    fake_ocr_seen(ocr, "ocrmesh-request-id", value);
    assert_string_equal(value, "request-1");
}

static void test_a_page_in_several_messages_is_one_page(void **state)
{
    struct download download;
    struct status st = {0};

    expect_file(FAKE_SPLIT, "txt", "one\n\ftwo\n\fthree\n");
    download_open(&download, FAKE_SPLIT, "json");
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    json_t *file = json_loadb(download.bytes.data, download.bytes.length, 0, NULL);
    assert_non_null(file);
    json_t *pages = json_object_get(file, "pages");
    assert_int_equal(json_array_size(pages), 3);
    json_t *blocks = json_object_get(json_array_get(pages, 1), "blocks");
    assert_int_equal(json_array_size(blocks), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(json_string_value(json_object_get(json_array_get(blocks, i), "text"))[0],
                         'b' + (int)i);
    json_decref(file);
    download_close(&download);
}

static void test_three_hundred_pages_come_in_order(void **state)
{
    struct buf expected;

    buf_init(&expected, 1 << 20);
    for (int i = 1; i <= FAKE_MANY_PAGES; i++)
        assert_true(buf_printf(&expected, "%spage %d\n", i > 1 ? "\f" : "", i));
    expect_file(FAKE_MANY, "txt", expected.data);
    buf_deinit(&expected);
}

static void test_a_part_of_a_file_is_sent(void **state)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;
    struct download whole, part;
    struct status st = {0};

    download_open(&whole, FAKE_MANY, "json");
    assert_int_equal(download_finish(&whole, &st), STATUS_OK);
    request.job_id = (char *)FAKE_MANY;
    request.format = (char *)"json";
    request.first_byte = 1000;
    request.byte_limit = 5000;
    download_ask(&part, &request);
    assert_int_equal(download_finish(&part, &st), STATUS_OK);
    assert_int_equal(part.bytes.length, 5000);
    assert_memory_equal(part.bytes.data, whole.bytes.data + 1000, 5000);
    assert_string_equal(part.entity_tag, whole.entity_tag);
    download_close(&part);

    request.first_byte = (int64_t)whole.bytes.length - 3;
    download_ask(&part, &request);
    assert_int_equal(download_finish(&part, &st), STATUS_OK);
    assert_int_equal(part.bytes.length, 3);
    download_close(&part);

    request.byte_limit = -1;
    download_ask(&part, &request);
    assert_int_equal(download_finish(&part, &st), STATUS_INVALID_ARGUMENT);
    download_close(&part);
    download_close(&whole);
}

static void test_a_file_is_measured_without_its_bytes(void **state)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;
    struct download download;
    struct status st = {0};

    request.job_id = (char *)FAKE_BIG;
    request.format = (char *)"txt";
    request.measures_size = true;
    download_ask(&download, &request);
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    assert_int_equal(download.chunks, 0);
    assert_int_equal(download.size_bytes, (int64_t)FAKE_BIG_PAGES * (FAKE_BIG_PAGE_BYTES + 2) - 1);
    download_close(&download);
}

static void test_options_of_another_format_are_refused(void **state)
{
    Ocrmesh__Export__V1__ExportDocumentRequest request =
        OCRMESH__EXPORT__V1__EXPORT_DOCUMENT_REQUEST__INIT;
    struct download download;
    struct status st = {0};

    request.job_id = (char *)FAKE_SPLIT;
    request.format = (char *)"md";
    request.has_byte_order_mark = true;
    download_ask(&download, &request);
    assert_int_equal(download_finish(&download, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.field, "has_byte_order_mark");
    assert_non_null(strstr(st.message, "csv"));
    download_close(&download);
}

static void test_an_empty_page_is_a_page(void **state)
{
    struct download download;
    struct status st = {0};

    download_open(&download, FAKE_EMPTY, "json");
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    json_t *file = json_loadb(download.bytes.data, download.bytes.length, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(file, "pages")), 1);
    json_decref(file);
    download_close(&download);
}

static void test_an_error_in_mid_stream_ends_the_file_with_its_reason(void **state)
{
    expect_failure(FAKE_BROKEN, "txt", STATUS_DATA_LOSS, FAKE_BROKEN_REASON);
}

static void test_refusals_of_ocr_are_passed_on(void **state)
{
    expect_failure(FAKE_PENDING, "txt", STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE");
    expect_failure("nobody", "txt", STATUS_NOT_FOUND, "JOB_NOT_FOUND");
}

static void test_a_failed_job_has_no_file(void **state)
{
    expect_failure(FAKE_FAILED, "json", STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE");
}

static void test_a_wrong_request_is_refused(void **state)
{
    expect_failure(FAKE_SPLIT, "exe", STATUS_INVALID_ARGUMENT, "UNKNOWN_FORMAT");
    expect_failure("", "txt", STATUS_INVALID_ARGUMENT, "INVALID_FIELD");
}

static void test_a_document_that_changes_between_passes_is_refused(void **state)
{
    struct download download;
    struct status st = {0};

    download_open(&download, FAKE_CHANGES, "json");
    assert_int_equal(download_finish(&download, &st), STATUS_ABORTED);
    assert_string_equal(st.reason, "DOCUMENT_CHANGED");
    download_close(&download);
}

static void test_an_ocr_service_that_says_nothing_is_an_internal_error(void **state)
{
    expect_failure(FAKE_SILENT, "txt", STATUS_INTERNAL, "");
}

static void test_a_page_beyond_the_limit_is_refused(void **state)
{
    expect_failure(FAKE_HUGE, "txt", STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE");
}

/* The client reads nothing for a while: ocr must not have sent more than fits into the transports'
 * windows and the one page in memory. Then the whole file is read. */
static void test_a_slow_reader_holds_ocr_back_and_memory_stays_bounded(void **state)
{
    struct download download;
    struct status st = {0};
    int64_t before_kib = service_process_peak_kib(process);
    int sent_before = fake_ocr_pages_sent(ocr);
    struct timespec pause = {.tv_nsec = 300 * NANOSECONDS_PER_MS};

    download_open(&download, FAKE_BIG, "txt");
    assert_true(download_read(&download));
    /* That nothing happens is seen by waiting alone. */
    (void)nanosleep(&pause, NULL);
    assert_in_range(fake_ocr_pages_sent(ocr) - sent_before, 1, 12);

    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    /* Each page ends in a newline, and form feeds stand between them. */
    assert_int_equal(download.bytes.length, (size_t)FAKE_BIG_PAGES * (FAKE_BIG_PAGE_BYTES + 2) - 1);
    assert_in_range(download.largest_chunk, 1, SINK_CHUNK_MAX_BYTES);
#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory */
    assert_in_range(service_process_peak_kib(process) - before_kib, 0, 24 << 10);
#endif
    (void)before_kib;
    download_close(&download);
}

static void test_a_client_that_goes_away_stops_the_reading(void **state)
{
    struct download download;

    download_open(&download, FAKE_BIG, "txt");
    assert_true(download_read(&download));
    rpc_stream_cancel(download.stream);
    download_close(&download);
    assert_true(fake_ocr_wait_cancelled(ocr, 1, CALL_TIMEOUT_MS));
}

/* An export that is under way when the process is told to end is finished first, for which it has
 * SERVICE_DRAIN_GRACE_MS. */
static void test_a_drain_lets_exports_finish(void **state)
{
    struct download download;
    struct status st = {0};

    download_open(&download, FAKE_LONG, "txt");
    assert_true(download_read(&download));
    service_process_signal(process, SIGTERM);
    assert_int_equal(download_finish(&download, &st), STATUS_OK);
    assert_int_equal(download.bytes.length,
                     (size_t)FAKE_LONG_PAGES * (FAKE_BIG_PAGE_BYTES + 2) - 1);
    download_close(&download);
    assert_int_equal(stop_process(), 0);
    assert_true(start_process());
}

static int watched_status(struct rpc_stream *watch)
{
    Grpc__Health__V1__HealthCheckResponse *message;
    struct status st = {0};

    assert_int_equal(rpc_stream_read(watch, &message, &st), STATUS_OK);
    assert_non_null(message);
    return (int)message->status;
}

static void test_health_follows_ocr(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    _cleanup_(rpc_stream_freep) struct rpc_stream *watch = NULL;
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    struct status st = {0};

    request.service = (char *)"ocrmesh.export.v1.ExportService";
    assert_int_equal(rpc_stream_open(channel, &health_watch, &options, arena, &watch, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(watch, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(watch, &st), STATUS_OK);
    assert_int_equal(watched_status(watch),
                     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);

    fake_ocr_free(TAKE(ocr));
    assert_int_equal(watched_status(watch),
                     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING);
    expect_failure(FAKE_EMPTY, "txt", STATUS_UNAVAILABLE, st.reason);
}

static int start(void **state)
{
    rpc_start();
    ocr = fake_ocr_new();
    return start_process() ? 0 : -1;
}

static int stop(void **state)
{
    int status = process != NULL ? stop_process() : -1;

    fake_ocr_free(TAKE(ocr));
    rpc_stop();
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_listed),
        cmocka_unit_test(test_a_file_is_named_and_typed_before_its_bytes),
        cmocka_unit_test(test_the_callers_identity_reaches_ocr),
        cmocka_unit_test(test_a_page_in_several_messages_is_one_page),
        cmocka_unit_test(test_three_hundred_pages_come_in_order),
        cmocka_unit_test(test_a_part_of_a_file_is_sent),
        cmocka_unit_test(test_a_file_is_measured_without_its_bytes),
        cmocka_unit_test(test_options_of_another_format_are_refused),
        cmocka_unit_test(test_an_empty_page_is_a_page),
        cmocka_unit_test(test_an_error_in_mid_stream_ends_the_file_with_its_reason),
        cmocka_unit_test(test_refusals_of_ocr_are_passed_on),
        cmocka_unit_test(test_a_failed_job_has_no_file),
        cmocka_unit_test(test_a_wrong_request_is_refused),
        cmocka_unit_test(test_a_document_that_changes_between_passes_is_refused),
        cmocka_unit_test(test_an_ocr_service_that_says_nothing_is_an_internal_error),
        cmocka_unit_test(test_a_page_beyond_the_limit_is_refused),
        cmocka_unit_test(test_a_slow_reader_holds_ocr_back_and_memory_stays_bounded),
        cmocka_unit_test(test_a_client_that_goes_away_stops_the_reading),
        cmocka_unit_test(test_a_drain_lets_exports_finish),
        cmocka_unit_test(test_health_follows_ocr),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
