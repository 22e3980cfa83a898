/*
 * The real bridge process, and what it does around every answer: content codings, cross-origin
 * requests, the way to HTTP/2 in the clear, proxies.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http2_frames.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

static const char *const protocols[] = {"--http1.1", "--http2-prior-knowledge", "--http2"};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    static const char *const settings[] = {
        "BRIDGE_CORS_ORIGINS=https://app.example, http://localhost:3000",
        "BRIDGE_TRUSTED_PROXIES=127.0.0.1",
        "BRIDGE_PROXY_HEADER=forwarded",
        NULL,
    };

    bridge_process_start_all(settings, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

#define ASK(answer, path, ...)                                                                     \
    http_client_curl(service_process_port(bridge), (path),                                         \
                     (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, (answer))

/* --- content codings --- */

static void test_documents_come_back_the_same_from_each_coding(void **state)
{
    static const struct {
        const char *coding, *protocol;
        bool is_known; /* coded, it is short enough to be kept, and its length is known then */
    } cases[] = {
        {"gzip", "--http1.1", false},
        {"br", "--http2-prior-knowledge", false},
        {"gzip", "--http2", true},
    };
    struct http_answer plain, coded;

    ASK(&plain, "/api/v1/ocr/many/");
    http_answer_assert_header(&plain, "vary", "origin");
    http_answer_assert_header(&plain, "content-encoding", NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *coding = cases[i].coding;
        char accept[64];

        (void)snprintf(accept, sizeof(accept), "Accept-Encoding: %s", coding);
        ASK(&coded, "/api/v1/ocr/many/", cases[i].protocol, "--compressed", "-H", accept);
        assert_int_equal(coded.status, 200);
        assert_false(coded.is_cut);
        http_answer_assert_header(&coded, "content-encoding", coding);
        assert_true((http_answer_header(&coded, "content-length") != NULL) == cases[i].is_known);
        assert_int_equal(coded.body.length, plain.body.length);
        assert_memory_equal(coded.body.data, plain.body.data, plain.body.length);
        http_answer_deinit(&coded);
    }
    http_answer_deinit(&plain);
}

static void test_a_short_answer_has_a_length_or_is_left_as_it_is(void **state)
{
    struct http_answer plain, coded;

    ASK(&coded, "/healthz", "-H", "Accept-Encoding: br");
    http_answer_assert_header(&coded, "content-encoding", NULL);
    http_answer_assert_header(&coded, "content-length", "16");
    assert_non_null(strstr(coded.head.data, "vary: accept-encoding\r\n"));
    http_answer_deinit(&coded);

    ASK(&plain, "/api/v1/schemas/job.json");
    ASK(&coded, "/api/v1/schemas/job.json", "-H", "Accept-Encoding: gzip");
    http_answer_assert_header(&coded, "content-encoding", "gzip");
    assert_int_equal(atoll(http_answer_header(&coded, "content-length")), coded.body.length);
    assert_true(coded.body.length < plain.body.length / 2);
    http_answer_deinit(&plain);
    http_answer_deinit(&coded);
}

/* RFC 9110 §8.8.3.3: a strong tag is of one coding; each of them gets its 304. */
static void test_each_coding_has_an_entity_tag_of_its_own(void **state)
{
    static const char *const accepts[] = {"Accept-Encoding: identity", "Accept-Encoding: gzip",
                                          "Accept-Encoding: br"};
    char tags[3][128];

    for (size_t i = 0; i < ARRAY_LENGTH(accepts); i++) {
        struct http_answer answer;
        char condition[sizeof(tags) + 64];

        ASK(&answer, "/api/v1/schemas/job.json", "-H", accepts[i]);
        (void)snprintf(tags[i], sizeof(tags[i]), "%s", http_answer_header(&answer, "etag"));
        http_answer_deinit(&answer);
        assert_int_equal(tags[i][0], '"');

        (void)snprintf(condition, sizeof(condition), "If-None-Match: \"other\", %s", tags[i]);
        ASK(&answer, "/api/v1/schemas/job.json", "-H", accepts[i], "-H", condition);
        assert_int_equal(answer.status, 304);
        http_answer_assert_header(&answer, "etag", tags[i]);
        assert_int_equal(answer.body.length, 0);
        http_answer_deinit(&answer);
    }
    assert_string_not_equal(tags[0], tags[1]);
    assert_string_not_equal(tags[1], tags[2]);
}

static void test_a_document_that_breaks_off_is_cut_off_in_each_coding(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/broken/", protocols[i], "-H", "Accept-Encoding: gzip");
        assert_true(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

static void test_head_tells_what_is_not_coded(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/schemas/job.json", "--head", "-H", "Accept-Encoding: gzip");
    assert_int_equal(answer.status, 200);
    http_answer_assert_header(&answer, "content-encoding", NULL);
    assert_non_null(strstr(answer.head.data, "vary: accept-encoding\r\n"));
    http_answer_deinit(&answer);
}

/* So that a client can go on with what it has. */
static void test_a_file_whose_parts_can_be_had_is_not_coded(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/done/download/?format=txt", "-H", "Accept-Encoding: gzip, br");
    assert_int_equal(answer.status, 200);
    http_answer_assert_header(&answer, "accept-ranges", "bytes");
    http_answer_assert_header(&answer, "content-encoding", NULL);
    http_answer_deinit(&answer);
}

/* --- cross-origin requests --- */

static void test_listed_origins_may_read_answers(void **state)
{
    static const struct {
        const char *origin, *allowed;
    } cases[] = {
        {"Origin: https://app.example", "https://app.example"},
        {"Origin: http://localhost:3000", "http://localhost:3000"},
        {"Origin: https://app.example.evil.example", NULL},
        {"Origin: http://app.example", NULL},
        {"Origin: null", NULL},
        {"X-None: 1", NULL},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        static const char *const paths[] = {"/api/v1/ocr/done/", "/nothing"};

        for (size_t j = 0; j < ARRAY_LENGTH(paths); j++) { /* errors, too, are for them to read */
            struct http_answer answer;

            ASK(&answer, paths[j], "-H", cases[i].origin);
            http_answer_assert_header(&answer, "access-control-allow-origin", cases[i].allowed);
            http_answer_assert_header(&answer, "access-control-allow-credentials", NULL);
            http_answer_assert_header(&answer, "vary", "origin");
            http_answer_deinit(&answer);
        }
    }
}

static void test_a_preflight_is_answered(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/", "-X", "OPTIONS", "-H", "Origin: https://app.example", "-H",
        "Access-Control-Request-Method: POST", "-H",
        "Access-Control-Request-Headers: authorization,idempotency-key");
    assert_int_equal(answer.status, 204);
    http_answer_assert_header(&answer, "access-control-allow-origin", "https://app.example");
    http_answer_assert_header(&answer, "access-control-allow-methods", "POST, GET, HEAD, OPTIONS");
    assert_non_null(
        strstr(http_answer_header(&answer, "access-control-allow-headers"), "authorization"));
    http_answer_assert_header(&answer, "access-control-max-age", "7200");
    http_answer_deinit(&answer);

    ASK(&answer, "/api/v1/ocr/", "-X", "OPTIONS", "-H", "Origin: https://other.example", "-H",
        "Access-Control-Request-Method: POST");
    assert_int_equal(answer.status, 204);
    http_answer_assert_header(&answer, "allow", "POST, GET, HEAD, OPTIONS");
    http_answer_assert_header(&answer, "access-control-allow-origin", NULL);
    http_answer_assert_header(&answer, "access-control-allow-methods", NULL);
    http_answer_deinit(&answer);

    ASK(&answer, "/nothing", "-X", "OPTIONS");
    assert_int_equal(answer.status, 404);
    http_answer_deinit(&answer);
}

/* --- HTTP/2 in the clear, by Upgrade (RFC 7540 §3.2) --- */

#define UPGRADE                                                                                    \
    "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"                           \
    "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"

/* curl --http2 does so, too: the other tests have it among their protocols. */
static void test_a_request_becomes_stream_1_and_others_follow(void **state)
{
    static struct http2_frame frame;
    int fd = http_client_connect(service_process_port(bridge));
    int statuses[4] = {0};
    struct http_answer answer;

    /* All at once: what follows the head is HTTP/2 already. */
    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\n" UPGRADE NGHTTP2_CLIENT_MAGIC);
    http2_frames_send(fd, NGHTTP2_SETTINGS, 0, 0, STR(""));
    http2_frames_send(fd, NGHTTP2_HEADERS, 5, 3,
                      STR("\x82\x86\x04\x08/nothing\x41\x01"
                          "a"));
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 101);
    http_answer_assert_header(&answer, "upgrade", "h2c");
    http_answer_deinit(&answer);
    while (statuses[1] == 0 || statuses[3] == 0) {
        assert_true(http2_frames_read(fd, &frame));
        if (frame.type == NGHTTP2_HEADERS)
            statuses[frame.stream] = http2_frames_status(&frame);
    }
    assert_int_equal(statuses[1], 200);
    assert_int_equal(statuses[3], 404);
    (void)close(fd);
}

/* curl before 8 has room for 32 KiB behind the 101. */
static void test_a_long_answer_waits_for_the_preface(void **state)
{
    static struct http2_frame frame;
    struct http_answer answer;
    int fd = http_client_connect(service_process_port(bridge));

    for (int i = 0; i < 2; i++) { /* the second one is there at once */
        ASK(&answer, "/api/v1/ocr/ten/", "--http2");
        assert_int_equal(answer.status, 200);
        assert_false(answer.is_cut);
        http_answer_deinit(&answer);
    }
    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\n" UPGRADE);
    http_client_read(fd, &answer);
    assert_int_equal(answer.status, 101);
    http_answer_deinit(&answer);
    assert_true(http_client_is_silent(fd, 200));
    http_client_send_text(fd, NGHTTP2_CLIENT_MAGIC);
    http2_frames_send(fd, NGHTTP2_SETTINGS, 0, 0, STR(""));
    assert_true(http2_frames_read(fd, &frame));
    (void)close(fd);
}

static void test_what_cannot_be_upgraded_is_answered_as_it_came(void **state)
{
    static const char *const requests[] = {
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nContent-Length: 1\r\n" UPGRADE "x",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
        struct http_answer answer;
        int fd = http_client_connect(service_process_port(bridge));

        http_client_send_text(fd, requests[i]);
        http_client_read(fd, &answer);
        assert_int_equal(answer.status, 200);
        http_answer_deinit(&answer);
        (void)close(fd);
    }
}

static void test_a_client_that_leaves_after_its_upgrade_is_no_harm(void **state)
{
    for (int i = 0; i < 20; i++) {
        int fd = http_client_connect(service_process_port(bridge));

        http_client_send_text(fd, "GET /api/v1/ocr/many/ HTTP/1.1\r\n" UPGRADE);
        if (i % 2 == 0)
            http_client_send_text(fd, "no preface");
        (void)close(fd);
    }
    struct http_answer answer;
    ASK(&answer, "/healthz", "--http2");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
}

/* --- proxies --- */

static void test_address_is_taken_from_forwarded_alone(void **state)
{
    struct http_answer answer;
    char value[FAKE_TEXT_MAX];

    ASK(&answer, "/api/v1/ocr/done/", "-H", "X-Forwarded-For: 198.51.100.1", "-H",
        "Forwarded: for=198.51.100.2, for=\"[2001:db8::7]:4711\";proto=https", "-H",
        "Forwarded: for=127.0.0.1");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    fake_mesh_header(mesh, "ocrmesh-client-address", value);
    assert_string_equal(value, "2001:db8::7");

    ASK(&answer, "/api/v1/ocr/done/", "-H", "X-Forwarded-For: 198.51.100.1");
    http_answer_deinit(&answer);
    fake_mesh_header(mesh, "ocrmesh-client-address", value);
    assert_string_equal(value, "127.0.0.1");
}

/* --- errors --- */

/* RFC 9457 beside the published body. */
static void test_a_problem_is_told_to_who_asks_for_it(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/nothing", "-H", "Accept: application/problem+json");
    assert_int_equal(answer.status, 404);
    http_answer_assert_header(&answer, "content-type", "application/problem+json");
    static const char *const members[] = {
        "\"type\":",  "\"title\":\"Not Found\"", "\"status\":404", "\"detail\":",
        "\"error\":", "\"code\":\"not_found\"",  "\"request_id\":"};
    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        if (strstr(answer.body.data, members[i]) == NULL)
            fail_msg("no %s in %s", members[i], answer.body.data);
    http_answer_deinit(&answer);

    ASK(&answer, "/nothing", "-H", "Accept: */*");
    http_answer_assert_header(&answer, "content-type", "application/json");
    assert_null(strstr(answer.body.data, "\"title\":"));
    http_answer_deinit(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_come_back_the_same_from_each_coding),
        cmocka_unit_test(test_a_short_answer_has_a_length_or_is_left_as_it_is),
        cmocka_unit_test(test_each_coding_has_an_entity_tag_of_its_own),
        cmocka_unit_test(test_a_document_that_breaks_off_is_cut_off_in_each_coding),
        cmocka_unit_test(test_head_tells_what_is_not_coded),
        cmocka_unit_test(test_a_file_whose_parts_can_be_had_is_not_coded),
        cmocka_unit_test(test_listed_origins_may_read_answers),
        cmocka_unit_test(test_a_preflight_is_answered),
        cmocka_unit_test(test_a_request_becomes_stream_1_and_others_follow),
        cmocka_unit_test(test_a_long_answer_waits_for_the_preface),
        cmocka_unit_test(test_what_cannot_be_upgraded_is_answered_as_it_came),
        cmocka_unit_test(test_a_client_that_leaves_after_its_upgrade_is_no_harm),
        cmocka_unit_test(test_address_is_taken_from_forwarded_alone),
        cmocka_unit_test(test_a_problem_is_told_to_who_asks_for_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
