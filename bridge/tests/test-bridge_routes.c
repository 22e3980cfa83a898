/*
 * The real bridge process between curl, over HTTP/1.1 and HTTP/2, and services of fixed answers.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

enum {
    UPLOAD_BYTES = 200 * 1000 * 1000,
    GROWTH_MAX_KIB = 8 * 1024,
    DOCUMENT_GROWTH_MAX_KIB =
        32 * 1024, /* malloc's own ups and downs; the document is far larger */
    PIECE_BYTES = 256 * 1024,
    CANCEL_TIMEOUT_MS = 60000,
    EARLY_REFUSALS = 40,
};

static const char *const protocols[] = {"--http1.1", "--http2-prior-knowledge"};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    static const char *const settings[] = {"BRIDGE_TRUSTED_PROXIES=127.0.0.0/8", NULL};

    bridge_process_start_all(settings, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

#define ASK(answer, path, ...)                                                                     \
    http_client_curl(service_process_port(bridge), (path),                                         \
                     (const char *const[]){__VA_ARGS__, NULL}, (answer))

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    assert_non_null(text);
    return text;
}

/* A file of `size_bytes` in the temporary folder; removed by its user. */
static void make_file(char path[static 64], size_t size_bytes)
{
    (void)snprintf(path, 64, "/tmp/test-bridge-XXXXXX");
    int fd = mkstemp(path);
    char piece[4096];

    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(piece); i++)
        piece[i] = (char)i;
    for (size_t left = size_bytes; left > 0;) {
        size_t count = left < sizeof(piece) ? left : sizeof(piece);

        assert_int_equal(write(fd, piece, count), (ssize_t)count);
        left -= count;
    }
    (void)close(fd);
}

static uint64_t sum_of(size_t size_bytes)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < size_bytes; i++)
        sum += (unsigned char)(i % 4096);
    return sum;
}

/* API: B22; draft-ietf-httpapi-ratelimit-headers. */
static void test_every_answer_tells_rate_and_credits(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *credits; /* NULL: the answer is about no job */
    } cases[] = {
        {"/api/v1/ocr/" FAKE_DONE "/", 200, "7"},
        {"/api/v1/ocr/" FAKE_PENDING "/", 200, "0"},
        {"/api/v1/ocr/" FAKE_DONE "/download/?format=txt", 200, "0"},
        {"/api/v1/ocr/unknown/", 404, "0"},
        {"/api/v1/languages/", 501, NULL},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;

        ASK(&answer, cases[i].path, protocols[i % ARRAY_LENGTH(protocols)]);
        assert_int_equal(answer.status, cases[i].status);
        http_answer_assert_header(&answer, "ratelimit-policy", "\"requests\";q=60;w=60");
        http_answer_assert_header(&answer, "ratelimit", "\"requests\";r=58;t=2");
        if (cases[i].credits != NULL)
            http_answer_assert_header(&answer, "x-credits-charged", cases[i].credits);
        else
            assert_null(http_answer_header(&answer, "x-credits-charged"));
        http_answer_deinit(&answer);
    }
}

/* What nobody is counted for, or nobody was asked about, has no rate to tell. */
static void test_who_is_not_counted_is_told_no_rate(void **state)
{
    static const struct {
        const char *path;
        int status;
    } cases[] = {{"/healthz", 200}, {"/api/v1/schemas/job.json", 200}, {"/api/v1/nothing/", 404}};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;

        ASK(&answer, cases[i].path, "-H", "Authorization: Bearer " FAKE_TOKEN_FAST);
        assert_int_equal(answer.status, cases[i].status);
        assert_null(http_answer_header(&answer, "ratelimit"));
        http_answer_deinit(&answer);
    }
}

/* API: B2, B5. */
static void test_too_many_requests_are_429_before_the_body_is_read(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;
        struct fake_submission before, after;

        fake_mesh_submission(mesh, &before);
        ASK(&answer, "/api/v1/ocr/", protocols[i], "-H", "Authorization: Bearer " FAKE_TOKEN_FAST,
            "-F", "file=PNG;filename=done;type=image/png", "-F", "language=ja");
        assert_int_equal(answer.status, 429);
        http_answer_assert_header(&answer, "retry-after", "2");
        http_answer_assert_header(&answer, "ratelimit-policy", "\"requests\";q=60;w=60");
        http_answer_assert_header(&answer, "ratelimit", "\"requests\";r=0;t=60");
        http_answer_assert_header(&answer, "x-credits-charged", "0");
        json_t *body = http_answer_json(&answer);
        assert_string_equal(text_of(body, "code"), "rate_limited");
        json_decref(body);
        http_answer_deinit(&answer);
        fake_mesh_submission(mesh, &after);
        assert_memory_equal(&before, &after, sizeof(before));
    }
}

/* Whoever signs up, or in, may have an old token at hand. */
static void test_an_account_is_made_whatever_token_comes_along(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/account/", "-H", "Authorization: Bearer " FAKE_TOKEN_FAST, "--json",
        "{\"email\": \"ada@example.com\", \"password\": \"x\"}");
    assert_int_equal(answer.status, 501); /* the fake mesh makes none */
    http_answer_assert_header(&answer, "ratelimit", "\"requests\";r=58;t=2");
    http_answer_deinit(&answer);
}

/* The refusal is complete before the body is. */
static void test_early_refusal_is_read_every_time(void **state)
{
    for (size_t i = 0; i < EARLY_REFUSALS; i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/", protocols[i % ARRAY_LENGTH(protocols)], "-F",
            "file=@/dev/null;filename=done", "-F", "file=x", "-F", "language=de");
        assert_int_equal(answer.status, 400);
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

/* API: POST /api/v1/ocr/. */
static void test_short_job_is_answered_when_it_is_done(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr", protocols[i], "-F", "file=@/dev/null;filename=done", "-F",
            "file=x");
        assert_int_equal(answer.status, 400); /* two files */
        http_answer_deinit(&answer);

        ASK(&answer, "/api/v1/ocr/", protocols[i], "-H", "Authorization: Bearer " FAKE_TOKEN, "-F",
            "file=PNG;filename=done;type=image/png", "-F", "language=de", "-F", "tier=cpu", "-H",
            "Idempotency-Key: key-1");
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "location"), "/api/v1/ocr/done/");
        assert_string_equal(http_answer_header(&answer, "content-type"), "application/json");
        assert_string_equal(http_answer_header(&answer, "cache-control"), "private, no-store");
        json_t *job = http_answer_json(&answer);
        assert_string_equal(text_of(job, "uuid"), "done");
        assert_string_equal(text_of(job, "status"), "done");
        assert_string_equal(text_of(job, "text"), "first\nline\n\nsecond");
        json_decref(job);
        http_answer_deinit(&answer);

        struct fake_submission submission;
        char value[FAKE_TEXT_MAX];
        fake_mesh_submission(mesh, &submission);
        assert_string_equal(submission.language, "de");
        assert_string_equal(submission.request_id, "key-1");
        assert_int_equal(submission.bytes, 3);
        assert_int_equal(submission.sum, 'P' + 'N' + 'G');
        fake_mesh_header(mesh, "authorization", value);
        assert_string_equal(value, "Bearer " FAKE_TOKEN);
        fake_mesh_header(mesh, "ocrmesh-client-address", value);
        assert_string_equal(value, "127.0.0.1");
    }
}

/* The published order, and the fields of B10. */
static void test_job_has_the_published_members_in_their_order(void **state)
{
    static const char *const members[] = {
        "\"uuid\":",     "\"status\":",     "\"tier\":",
        "\"language\":", "\"page_count\":", "\"mean_confidence\":",
        "\"text\":",     "\"markdown\":",   "\"pages\":"};
    static const char *const more[] = {"pages_done", "created_at", "finished_at",  "expires_at",
                                       "warnings",   "usage",      "failed_pages", "engine"};
    struct http_answer answer;
    const char *at;

    ASK(&answer, "/api/v1/ocr/split/", "--http1.1");
    assert_int_equal(answer.status, 200);
    at = answer.body.data;
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        at = strstr(at, members[i]);
        assert_non_null(at);
    }
    json_t *job = http_answer_json(&answer);
    for (size_t i = 0; i < ARRAY_LENGTH(more); i++)
        assert_non_null(json_object_get(job, more[i]));

    /* The first page came in three messages; its blocks are together. */
    json_t *pages = json_object_get(job, "pages");
    assert_int_equal(json_array_size(pages), 2);
    json_t *page = json_array_get(pages, 0);
    assert_string_equal(text_of(page, "text"), "split \"page\"");
    json_t *blocks = json_object_get(page, "blocks");
    assert_int_equal(json_array_size(blocks), 3);
    assert_string_equal(text_of(json_array_get(blocks, 2), "text"), "c");
    assert_string_equal(text_of(json_array_get(blocks, 2), "kind"), "heading");
    json_t *bbox = json_object_get(json_array_get(blocks, 0), "bbox");
    assert_int_equal(json_integer_value(json_array_get(bbox, 3)), 40);
    json_t *second = json_array_get(pages, 1);
    assert_int_equal(json_integer_value(json_object_get(second, "index")), 1);
    assert_null(json_object_get(json_array_get(blocks, 0), "table"));
    json_t *table = json_object_get(json_array_get(json_object_get(second, "blocks"), 0), "table");
    assert_int_equal(json_integer_value(json_object_get(table, "column_count")), 5);
    json_t *cell = json_array_get(json_object_get(table, "cells"), 0);
    assert_int_equal(json_integer_value(json_object_get(cell, "column_span")), 3);
    assert_string_equal(text_of(cell, "text"), FAKE_TABLE);
    json_decref(job);
    http_answer_deinit(&answer);
}

/* API: B5. */
static void test_long_job_is_202_at_once(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/", "-F", "file=PDF;filename=pending");
    assert_int_equal(answer.status, 202);
    assert_string_equal(http_answer_header(&answer, "retry-after"), "2");
    assert_string_equal(http_answer_header(&answer, "location"), "/api/v1/ocr/pending/");
    json_t *job = http_answer_json(&answer);
    assert_string_equal(text_of(job, "status"), "pending");
    assert_string_equal(text_of(job, "text"), "");
    assert_int_equal(json_array_size(json_object_get(job, "pages")), 0);
    assert_true(json_is_real(json_object_get(job, "mean_confidence")));
    json_decref(job);
    http_answer_deinit(&answer);
}

static void test_short_job_is_waited_for_but_not_for_ever(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/", "-F", "file=PNG;filename=wait");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);

    /* FAKE_PENDING never ends. */
    ASK(&answer, "/api/v1/ocr/pending/?wait=1", "--http1.1");
    assert_int_equal(answer.status, 200);
    json_t *job = http_answer_json(&answer);
    assert_string_equal(text_of(job, "status"), "pending");
    json_decref(job);
    http_answer_deinit(&answer);
}

/* API: B13; RFC 7240. */
static void test_a_client_says_how_long_it_would_wait(void **state)
{
    static const struct {
        const char *path, *file, *prefer;
        int status;
        const char *applied; /* NULL: none */
    } cases[] = {
        {"/api/v1/ocr/", "file=PNG;filename=wait", "Prefer: respond-async", 202, "respond-async"},
        {"/api/v1/ocr/", "file=PNG;filename=wait", "Prefer: wait=0", 202, "wait=0"},
        {"/api/v1/ocr/", "file=PNG;filename=wait", "Prefer: respond-async, wait=\"60\"; a=b", 200,
         "wait=60"},
        {"/api/v1/ocr/", "file=PNG;filename=wait", "Prefer: wait=5, wait=0", 200, "wait=5"},
        {"/api/v1/ocr/", "file=PNG;filename=wait", "Prefer: wait=soon, safe", 200, NULL},
        {"/api/v1/ocr/", "file=PNG;filename=pending", "Prefer: wait=1", 202, "wait=1"},
        {"/api/v1/ocr/", "file=PNG;filename=pending", "Prefer: Respond-Async", 202,
         "respond-async"},
        {"/api/v1/ocr/?wait=0", "file=PNG;filename=wait", "Prefer: wait=5", 202, NULL},
        {"/api/v1/ocr/?wait=no", "file=PNG;filename=wait", "Prefer: wait=5", 400, NULL},
        {"/api/v1/ocr/?wait=-1", "file=PNG;filename=wait", "Prefer: wait=5", 400, NULL},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;

        ASK(&answer, cases[i].path, "-F", cases[i].file, "-H", cases[i].prefer);
        assert_int_equal(answer.status, cases[i].status);
        if (cases[i].applied != NULL)
            http_answer_assert_header(&answer, "preference-applied", cases[i].applied);
        else
            assert_null(http_answer_header(&answer, "preference-applied"));
        if (cases[i].status == 202)
            http_answer_assert_header(&answer, "retry-after", "2");
        http_answer_deinit(&answer);
    }
}

/* API: B13. */
static void test_unchanged_job_is_304(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;
        char condition[256];

        ASK(&answer, "/api/v1/ocr/done/", protocols[i]);
        assert_int_equal(answer.status, 200);
        (void)snprintf(condition, sizeof(condition), "If-None-Match: \"other\", %s",
                       http_answer_header(&answer, "etag"));
        http_answer_deinit(&answer);
        ASK(&answer, "/api/v1/ocr/done/", protocols[i], "-H", condition);
        assert_int_equal(answer.status, 304);
        assert_int_equal(answer.body.length, 0);
        http_answer_deinit(&answer);
        ASK(&answer, "/api/v1/ocr/done/", protocols[i], "-H", "If-None-Match: \"other\"");
        assert_int_equal(answer.status, 200);
        http_answer_deinit(&answer);
    }
}

static void test_failures_of_the_services_are_answered_by_the_table(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *code;
    } cases[] = {
        {"/api/v1/ocr/unknown/", 404, "job_not_found"},
        {"/api/v1/ocr/done/download/?format=doc", 400, "unknown_format"},
        {"/api/v1/ocr/done/download/", 400, "unknown_format"},
        {"/api/v1/ocr/pending/download/?format=txt", 409, "job_not_done"},
        {"/api/v1/ocr/?status=odd", 400, "invalid_field"},
        {"/api/v1/tools/", 501, "unimplemented"},
        {"/api/v1/nothing/", 404, "not_found"},
        {"/api/v1/ocr/done/?api_token=wrong%20token", 401, "invalid_token"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(protocols); j++) {
            struct http_answer answer;

            ASK(&answer, cases[i].path, protocols[j]);
            if (answer.status != cases[i].status)
                fail_msg("%d for %s", answer.status, cases[i].path);
            json_t *body = http_answer_json(&answer);
            assert_string_equal(text_of(body, "code"), cases[i].code);
            assert_string_equal(text_of(body, "request_id"),
                                http_answer_header(&answer, "x-request-id"));
            json_decref(body);
            http_answer_deinit(&answer);
        }
    }
}

static void test_unknown_language_is_refused_by_the_service(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/", "-F", "language=klingon", "-F", "file=PNG;filename=done");
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.body.data, "\"code\":\"unknown_language\""));
    assert_non_null(strstr(answer.body.data, "\"field\":\"language\""));
    http_answer_deinit(&answer);
}

static void test_wrong_method_is_405_with_allow(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/done", "-X", "PATCH");
    assert_int_equal(answer.status, 405);
    assert_string_equal(http_answer_header(&answer, "allow"), "GET, HEAD, DELETE, OPTIONS");
    http_answer_deinit(&answer);
}

static void test_head_has_the_fields_of_get_and_no_body(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/done/", protocols[i], "--head");
        assert_int_equal(answer.status, 200);
        assert_non_null(http_answer_header(&answer, "etag"));
        assert_int_equal(answer.body.length, 0);
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);
        ASK(&answer, "/api/v1/ocr/done/download/?format=txt", protocols[i], "--head");
        assert_int_equal(answer.status, 200);
        assert_non_null(http_answer_header(&answer, "content-disposition"));
        http_answer_deinit(&answer);
    }
}

/* API: B25; RFC 6266 §5. */
static void test_download_is_named_and_whole(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/done/download/?format=txt", protocols[i], "-L");
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "content-type"),
                            "text/plain; charset=utf-8");
        assert_string_equal(http_answer_header(&answer, "content-disposition"),
                            "attachment; filename=\"Rechnung _M_rz_.txt\"; "
                            "filename*=UTF-8''Rechnung%20%22M%C3%A4rz%22.txt");
        assert_string_equal(answer.body.data, "chunk\nchunk\nchunk\nchunk\n");
        http_answer_deinit(&answer);
        ASK(&answer, "/api/v1/ocr/done/download/?format=txt", protocols[i], "-H",
            "If-None-Match: \"tag-1\"");
        assert_int_equal(answer.status, 304);
        http_answer_deinit(&answer);
    }
}

#define FILE_PATH "/api/v1/ocr/done/download/?format=txt"

/* RFC 9110 §13.1. */
static void test_download_is_answered_by_its_entity_tag(void **state)
{
    static const struct {
        const char *field;
        int status;
    } cases[] = {
        {"If-None-Match: \"tag-1\"", 304},
        {"If-None-Match: W/\"tag-1\"", 304},
        {"If-None-Match: \"a\", \"tag-1\"", 304},
        {"If-None-Match: *", 304},
        {"If-None-Match: \"tag-2\"", 200},
        {"If-None-Match: tag-1", 200},
        {"If-Match: \"tag-1\"", 200},
        {"If-Match: *", 200},
        {"If-Match: \"tag-2\"", 412},
        {"If-Match: W/\"tag-1\"", 412},
    };
    static const char *const methods[] = {"-L", "--head"};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(methods); j++) {
            struct http_answer answer;

            ASK(&answer, FILE_PATH, methods[j], "-H", cases[i].field);
            if (answer.status != cases[i].status)
                fail_msg("%d for %s", answer.status, cases[i].field);
            if (answer.status != 412)
                assert_string_equal(http_answer_header(&answer, "etag"), "\"tag-1\"");
            http_answer_deinit(&answer);
        }
    }
}

/* The file is "chunk\n" four times. RFC 9110 §14. */
static void test_ranges_of_a_download_are_sent(void **state)
{
    static const struct {
        const char *range;
        const char *content_range;
        const char *body;
    } cases[] = {
        {"Range: bytes=0-4", "bytes 0-4/24", "chunk"},
        {"Range: bytes=3-8", "bytes 3-8/24", "nk\nchu"},
        {"Range: bytes=20-", "bytes 20-23/24", "unk\n"},
        {"Range: bytes=-2", "bytes 22-23/24", "k\n"},
        {"Range: bytes=23-99", "bytes 23-23/24", "\n"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(protocols); j++) {
            struct http_answer answer;
            char length[8];

            ASK(&answer, FILE_PATH, protocols[j], "-H", cases[i].range);
            assert_int_equal(answer.status, 206);
            assert_string_equal(http_answer_header(&answer, "content-range"),
                                cases[i].content_range);
            assert_string_equal(answer.body.data, cases[i].body);
            (void)snprintf(length, sizeof(length), "%zu", answer.body.length);
            assert_string_equal(http_answer_header(&answer, "content-length"), length);
            assert_string_equal(http_answer_header(&answer, "etag"), "\"tag-1\"");
            http_answer_deinit(&answer);
        }
    }
}

static void test_a_range_that_the_file_has_not_is_416_with_its_size(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, FILE_PATH, protocols[i], "-H", "Range: bytes=24-");
        assert_int_equal(answer.status, 416);
        assert_string_equal(http_answer_header(&answer, "content-range"), "bytes */24");
        assert_non_null(strstr(answer.body.data, "\"code\":\"range_not_satisfiable\""));
        http_answer_deinit(&answer);
    }
}

static void test_a_range_that_does_not_apply_gives_the_whole_file(void **state)
{
    static const char *const fields[][4] = {
        {"-H", "Range: bytes=0-1,4-5", "-H", "X: y"},
        {"-H", "Range: pages=0-1", "-H", "X: y"},
        {"-H", "Range: bytes=0-1", "-H", "If-Range: \"tag-2\""},
        {"-H", "Range: bytes=0-1", "-H", "If-Range: W/\"tag-1\""},
        {"-H", "Range: bytes=0-1", "-H", "If-Range: Sat, 21 Nov 2026 08:00:00 GMT"},
    };
    struct http_answer answer;

    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        ASK(&answer, FILE_PATH, fields[i][0], fields[i][1], fields[i][2], fields[i][3]);
        if (answer.status != 200)
            fail_msg("%d for %s, %s", answer.status, fields[i][1], fields[i][3]);
        assert_int_equal(answer.body.length, 24);
        assert_string_equal(http_answer_header(&answer, "accept-ranges"), "bytes");
        http_answer_deinit(&answer);
    }
    ASK(&answer, FILE_PATH, "-H", "Range: bytes=0-1", "-H", "If-Range: \"tag-1\"");
    assert_int_equal(answer.status, 206);
    http_answer_deinit(&answer);
}

static void test_head_of_a_download_tells_its_length(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, FILE_PATH, protocols[i], "--head", "-H", "Range: bytes=0-1");
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_answer_header(&answer, "content-length"), "24");
        assert_string_equal(http_answer_header(&answer, "accept-ranges"), "bytes");
        assert_string_equal(http_answer_header(&answer, "content-type"),
                            "text/plain; charset=utf-8");
        assert_int_equal(answer.body.length, 0);
        http_answer_deinit(&answer);
    }
}

/* Half of one file and half of another must not come as one. */
static void test_a_document_that_changes_between_size_and_bytes_is_409(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/split/download/?format=txt", "-H", "Range: bytes=0-4");
    assert_int_equal(answer.status, 409);
    assert_non_null(strstr(answer.body.data, "\"code\":\"document_changed\""));
    http_answer_deinit(&answer);
}

/* Never a silently short file. */
static void test_a_download_that_breaks_off_is_cut_off(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/broken/download/?format=txt", protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_true(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

/* API: B25. */
static void test_options_of_a_download_reach_the_service(void **state)
{
    static const struct {
        const char *query;
        const char *expected; /* NULL: refused, with `field` */
        const char *field;
    } cases[] = {
        {"&table=3&bom=true&escape_formulas=1", "3 1 1 0", NULL},
        {"&table=&bom=false&pdfa=0&unknown=1", "0 0 0 0", NULL},
        {"&pdfa=true", NULL, "pdfa"},
        {"&table=0", NULL, "table"},
        {"&table=4294967296", NULL, "table"},
        {"&table=first", NULL, "table"},
        {"&bom=yes", NULL, "bom"},
        {"&escape_formulas=no", NULL, "escape_formulas"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;
        char path[128], options[FAKE_TEXT_MAX];

        (void)snprintf(path, sizeof(path), "/api/v1/ocr/done/download/?format=txt%s",
                       cases[i].query);
        ASK(&answer, path, "-L");
        if (cases[i].expected != NULL) {
            assert_int_equal(answer.status, 200);
            fake_mesh_export_options(mesh, options);
            assert_string_equal(options, cases[i].expected);
        } else {
            assert_int_equal(answer.status, 400);
            json_t *body = http_answer_json(&answer);
            assert_string_equal(text_of(body, "code"), "invalid_field");
            assert_string_equal(text_of(body, "field"), cases[i].field);
            json_decref(body);
        }
        http_answer_deinit(&answer);
    }
}

/* What is short is held meanwhile; FAKE_MANY says that it has a page, and has 2,000. */
static void test_a_short_document_is_read_once_and_a_long_one_for_each_member(void **state)
{
    static const struct {
        const char *path;
        int readings;
    } cases[] = {
        {"/api/v1/ocr/" FAKE_DONE "/", 1},
        {"/api/v1/ocr/" FAKE_TEN "/", 1},
        {"/api/v1/ocr/" FAKE_MANY "/", 3},
    };

    fake_mesh_set_changes(mesh, 1); /* nothing is kept of what was asked for before */
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int before = fake_mesh_readings(mesh);
        struct http_answer answer;

        ASK(&answer, cases[i].path, "--http1.1");
        assert_int_equal(answer.status, 200);
        assert_false(answer.is_cut);
        json_t *job = http_answer_json(&answer);
        assert_non_null(job);
        assert_non_null(json_string_value(json_object_get(job, "markdown")));
        assert_true(json_array_size(json_object_get(job, "pages")) > 0);
        json_decref(job);
        assert_int_equal(fake_mesh_readings(mesh) - before, cases[i].readings);
        http_answer_deinit(&answer);
    }
    fake_mesh_set_changes(mesh, 0);
}

/* A body that breaks off must not look whole. */
static void test_document_that_breaks_off_is_cut_off(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/broken/", protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_true(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

/* A sign-in that is over must not come back with every request of the browser. */
static void test_a_cookie_that_is_not_known_is_taken_away(void **state)
{
    static const struct {
        const char *path, *header, *cookie;
        bool is_taken;
    } cases[] = {
        {"/api/v1/ocr/done/", "X-None: 1", "ocrmesh_session=ended", true},
        {"/api/v1/ocr/done/", "X-Forwarded-Proto: https", "__Host-ocrmesh_session=ended", true},
        {"/api/v1/ocr/done/", "Authorization: Bearer wrong", "ocrmesh_session=" FAKE_TOKEN, false},
        {"/api/v1/ocr/done/?api_token=wrong", "X-None: 1", "ocrmesh_session=" FAKE_TOKEN, false},
        {"/api/v1/ocr/done/?api_token=wrong", "X-None: 1", "other=1", false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct http_answer answer;

        ASK(&answer, cases[i].path, "-H", cases[i].header, "-b", cases[i].cookie);
        assert_int_equal(answer.status, 401);
        const char *set = http_answer_header(&answer, "set-cookie");
        assert_int_equal(set != NULL, cases[i].is_taken);
        if (set != NULL) {
            assert_int_equal(strncmp(set, cases[i].cookie, strlen(cases[i].cookie) - 5), 0);
            assert_non_null(strstr(set, "=; Path=/; Max-Age=0;"));
        }
        http_answer_deinit(&answer);
    }
}

/* API: B9. */
static void test_token_in_the_query_works_and_is_not_logged(void **state)
{
    struct http_answer answer;
    char value[FAKE_TEXT_MAX];

    ASK(&answer, "/api/v1/ocr/done/?api_token=" FAKE_TOKEN, "--http1.1");
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_answer_header(&answer, "referrer-policy"), "no-referrer");
    http_answer_deinit(&answer);
    fake_mesh_header(mesh, "authorization", value);
    assert_string_equal(value, "Bearer " FAKE_TOKEN);
    assert_true(service_process_has_logged(bridge, "/api/v1/ocr/done/"));
    assert_false(service_process_has_logged(bridge, FAKE_TOKEN));
    assert_false(service_process_has_logged(bridge, "api_token"));
}

static void test_address_is_taken_from_a_trusted_proxy(void **state)
{
    struct http_answer answer;
    char value[FAKE_TEXT_MAX];

    ASK(&answer, "/api/v1/ocr/done/", "-H", "X-Forwarded-For: 198.51.100.1, 203.0.113.9", "-H",
        "X-Forwarded-For: 127.0.0.2");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    fake_mesh_header(mesh, "ocrmesh-client-address", value);
    assert_string_equal(value, "203.0.113.9");
}

/* --- memory --- */

/* Sanitizers keep freed memory back, so that sizes mean nothing under them. */
static void assert_grew_less(int64_t before_kib, int64_t max_kib)
{
    int64_t growth_kib = service_process_peak_kib(bridge) - before_kib;

    print_message("grew by %lld KiB\n", (long long)growth_kib);
    if (getenv("OCRMESH_SANITIZED") == NULL)
        assert_true(growth_kib < max_kib);
}

static void test_200_mb_upload_grows_the_bridge_by_less_than_8_mib(void **state)
{
    char path[64], argument[128];

    make_file(path, UPLOAD_BYTES);
    (void)snprintf(argument, sizeof(argument), "file=@%s;filename=done", path);
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;
        struct fake_submission submission;
        int64_t before_kib = service_process_memory_kib(bridge);

        ASK(&answer, "/api/v1/ocr/", protocols[i], "-F", argument);
        assert_int_equal(answer.status, 200);
        http_answer_deinit(&answer);
        fake_mesh_submission(mesh, &submission);
        assert_int_equal(submission.bytes, UPLOAD_BYTES);
        assert_int_equal(submission.sum, sum_of(UPLOAD_BYTES));
        assert_grew_less(before_kib, GROWTH_MAX_KIB);
    }
    (void)unlink(path);
}

/* While the service does not read, neither does the bridge. */
static void test_upload_waits_for_the_service(void **state)
{
    static char piece[PIECE_BYTES];
    int64_t before_kib = service_process_memory_kib(bridge);
    size_t sent = 0;
    int fd = http_client_connect(service_process_port(bridge));

    fake_mesh_shut_gate(mesh);
    http_client_send_text(fd, "POST /api/v1/ocr/ HTTP/1.1\r\nHost: a\r\n"
                              "Content-Type: multipart/form-data; boundary=cut\r\n"
                              "Content-Length: 200000000\r\n\r\n"
                              "--cut\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n");
    /* Until nothing has gone for half a second. */
    for (int quiet = 0; quiet < 10;) {
        size_t count = http_client_try_send(fd, piece, sizeof(piece));

        sent += count;
        quiet = count > 0 ? 0 : quiet + 1;
        if (count == 0)
            (void)http_client_is_silent(fd, 50);
    }
    assert_true(sent < 32 << 20); /* what the two sockets and the RPC's windows hold */
    assert_grew_less(before_kib, GROWTH_MAX_KIB);
    int cancelled = fake_mesh_cancelled(mesh);
    (void)close(fd);
    fake_mesh_open_gate(mesh);
    assert_true(fake_mesh_wait_cancelled(mesh, cancelled + 1, CANCEL_TIMEOUT_MS));
}

/* A client that does not read holds the document back, and one that leaves ends it. */
static void test_long_document_waits_for_its_reader(void **state)
{
    int64_t before_kib = service_process_memory_kib(bridge);
    int cancelled = fake_mesh_cancelled(mesh);
    int fd = http_client_connect(service_process_port(bridge));

    http_client_send_text(fd, "GET /api/v1/ocr/many/ HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)http_client_is_silent(fd, HTTP_CLIENT_TIMEOUT_MS);
    assert_grew_less(before_kib, GROWTH_MAX_KIB);
    (void)close(fd);
    assert_true(fake_mesh_wait_cancelled(mesh, cancelled + 1, CANCEL_TIMEOUT_MS));
}

static void test_two_thousand_pages_come_whole_in_bounded_memory(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        int64_t before_kib = service_process_memory_kib(bridge);
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/many/", protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_false(answer.is_cut);
        assert_true(answer.body.length > (size_t)4 * FAKE_MANY_PAGES * FAKE_MANY_PAGE_BYTES);
        json_t *job = http_answer_json(&answer);
        assert_int_equal(json_array_size(json_object_get(job, "pages")), FAKE_MANY_PAGES);
        json_decref(job);
        http_answer_deinit(&answer);
        assert_grew_less(before_kib, DOCUMENT_GROWTH_MAX_KIB);
    }
}

/* --- the end; the last test, for it ends the process --- */

static void test_drain_lets_a_request_finish_and_takes_no_other(void **state)
{
    struct http_answer answer;
    int port = service_process_port(bridge);
    int busy = http_client_connect(port);
    int kept[] = {http_client_connect(port), http_client_connect(port)};
    int idle = kept[0], active = kept[1];

    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        http_client_send_text(kept[i], "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        http_client_read(kept[i], &answer);
        http_answer_deinit(&answer);
    }
    http_client_send_text(busy, "GET /api/v1/ocr/pending/?wait=5 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(http_client_is_silent(busy, 200));
    service_process_signal(bridge, SIGTERM);
    /* A request on a connection that was kept finds it open, and is told that it closes. */
    bool is_told = false;
    while (!is_told) {
        http_client_send_text(active, "GET /api/v1/ocr/done/ HTTP/1.1\r\nHost: a\r\n\r\n");
        http_client_read(active, &answer);
        assert_int_equal(answer.status, 200);
        is_told = http_answer_header(&answer, "connection") != NULL;
        http_answer_deinit(&answer);
    }
    assert_true(http_client_is_closed(active));
    (void)close(active);
    assert_true(http_client_is_closed(idle));
    http_client_read(busy, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_answer_header(&answer, "connection"), "close");
    http_answer_deinit(&answer);
    assert_true(http_client_is_closed(busy));
    (void)close(idle);
    (void)close(busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_tells_rate_and_credits),
        cmocka_unit_test(test_who_is_not_counted_is_told_no_rate),
        cmocka_unit_test(test_too_many_requests_are_429_before_the_body_is_read),
        cmocka_unit_test(test_an_account_is_made_whatever_token_comes_along),
        cmocka_unit_test(test_early_refusal_is_read_every_time),
        cmocka_unit_test(test_short_job_is_answered_when_it_is_done),
        cmocka_unit_test(test_job_has_the_published_members_in_their_order),
        cmocka_unit_test(test_long_job_is_202_at_once),
        cmocka_unit_test(test_short_job_is_waited_for_but_not_for_ever),
        cmocka_unit_test(test_a_client_says_how_long_it_would_wait),
        cmocka_unit_test(test_unchanged_job_is_304),
        cmocka_unit_test(test_failures_of_the_services_are_answered_by_the_table),
        cmocka_unit_test(test_unknown_language_is_refused_by_the_service),
        cmocka_unit_test(test_wrong_method_is_405_with_allow),
        cmocka_unit_test(test_head_has_the_fields_of_get_and_no_body),
        cmocka_unit_test(test_download_is_named_and_whole),
        cmocka_unit_test(test_download_is_answered_by_its_entity_tag),
        cmocka_unit_test(test_ranges_of_a_download_are_sent),
        cmocka_unit_test(test_a_range_that_the_file_has_not_is_416_with_its_size),
        cmocka_unit_test(test_a_range_that_does_not_apply_gives_the_whole_file),
        cmocka_unit_test(test_head_of_a_download_tells_its_length),
        cmocka_unit_test(test_a_document_that_changes_between_size_and_bytes_is_409),
        cmocka_unit_test(test_a_download_that_breaks_off_is_cut_off),
        cmocka_unit_test(test_options_of_a_download_reach_the_service),
        cmocka_unit_test(test_a_short_document_is_read_once_and_a_long_one_for_each_member),
        cmocka_unit_test(test_document_that_breaks_off_is_cut_off),
        cmocka_unit_test(test_a_cookie_that_is_not_known_is_taken_away),
        cmocka_unit_test(test_token_in_the_query_works_and_is_not_logged),
        cmocka_unit_test(test_address_is_taken_from_a_trusted_proxy),
        cmocka_unit_test(test_200_mb_upload_grows_the_bridge_by_less_than_8_mib),
        cmocka_unit_test(test_upload_waits_for_the_service),
        cmocka_unit_test(test_long_document_waits_for_its_reader),
        cmocka_unit_test(test_two_thousand_pages_come_whole_in_bounded_memory),
        cmocka_unit_test(test_drain_lets_a_request_finish_and_takes_no_other),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
