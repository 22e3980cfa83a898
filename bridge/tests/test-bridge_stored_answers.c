/*
 * Answers that are kept and go out again: to clients that read as they like, of the real bridge
 * process before services of fixed answers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

#define TEN     "/api/v1/ocr/" FAKE_TEN "/"
#define GET_TEN "GET " TEN " HTTP/1.1\r\nHost: a\r\n\r\n"

enum {
    PIPELINED = 60, /* answers of 130 KB: more than two sockets hold */
    CLIENTS = 4,
};

static const char *const protocols[] = {"--http1.1", "--http2-prior-knowledge"};

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    static const char *const settings[] = {NULL};

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

static void assert_same_field(const struct http_answer *a, const struct http_answer *b,
                              const char *name)
{
    const char *value = http_answer_header(a, name);
    char kept[FAKE_TEXT_MAX];

    (void)snprintf(kept, sizeof(kept), "%s", value != NULL ? value : "none");
    value = http_answer_header(b, name);
    assert_string_equal(kept, value != NULL ? value : "none");
}

/* The same bytes and fields as before, without another reading, in each coding. */
static void test_a_job_that_is_done_is_read_once(void **state)
{
    static const char *const codings[] = {"accept-encoding: identity", "accept-encoding: gzip",
                                          "accept-encoding: br"};

    for (size_t i = 0; i < ARRAY_LENGTH(codings); i++) {
        struct http_answer first, again;
        int before = fake_mesh_readings(mesh);

        ASK(&first, "/api/v1/ocr/" FAKE_MORTAL "/", "--http1.1", "-H", codings[i]);
        for (size_t j = 0; j < ARRAY_LENGTH(protocols); j++) {
            ASK(&again, "/api/v1/ocr/" FAKE_MORTAL "/", protocols[j], "-H", codings[i]);
            assert_int_equal(again.status, 200);
            assert_false(again.is_cut);
            assert_int_equal(again.body.length, first.body.length);
            assert_memory_equal(again.body.data, first.body.data, first.body.length);
            assert_same_field(&first, &again, "etag");
            assert_same_field(&first, &again, "content-encoding");
            assert_same_field(&first, &again, "content-type");
            assert_same_field(&first, &again, "x-credits-charged");
            http_answer_deinit(&again);
        }
        assert_int_equal(fake_mesh_readings(mesh) - before, 1);
        http_answer_deinit(&first);
    }
}

static void test_a_job_that_changed_is_read_again(void **state)
{
    struct http_answer answer;

    for (int i = 1; i <= 3; i++) {
        char wanted[FAKE_TEXT_MAX];

        fake_mesh_set_changes(mesh, i);
        (void)snprintf(wanted, sizeof(wanted), "change %d", i);
        ASK(&answer, "/api/v1/ocr/" FAKE_MORTAL "/", "--http1.1");
        assert_non_null(strstr(answer.body.data, wanted));
        http_answer_deinit(&answer);
    }
    fake_mesh_set_changes(mesh, 0);
}

/* Whether this bridge deleted it or another: the service is asked each time. */
static void test_a_job_that_was_deleted_is_not_found_at_once(void **state)
{
    struct http_answer answer;

    ASK(&answer, "/api/v1/ocr/" FAKE_MORTAL "/", "--http1.1");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    ASK(&answer, "/api/v1/ocr/" FAKE_MORTAL "/", "--http1.1", "-X", "DELETE");
    assert_int_equal(answer.status, 204);
    http_answer_deinit(&answer);
    ASK(&answer, "/api/v1/ocr/" FAKE_MORTAL "/", "--http1.1");
    assert_int_equal(answer.status, 404);
    http_answer_deinit(&answer);
}

static void assert_same_body(const struct http_answer *answer, const struct http_answer *wanted)
{
    assert_int_equal(answer->status, 200);
    assert_false(answer->is_cut);
    assert_int_equal(answer->body.length, wanted->body.length);
    assert_memory_equal(answer->body.data, wanted->body.data, wanted->body.length);
}

/* The first one is written down, the next ones go out as they lie. */
static void test_pipelined_answers_come_whole_and_in_order(void **state)
{
    struct http_answer first, answer;
    int client = http_client_connect(service_process_port(bridge));

    ASK(&first, TEN, "--http1.1");
    for (int i = 0; i < PIPELINED; i++)
        http_client_send_text(client, GET_TEN);
    http_client_send_text(client, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < PIPELINED; i++) {
        http_client_read(client, &answer);
        assert_same_body(&answer, &first);
        http_answer_deinit(&answer);
    }
    http_client_read(client, &answer);
    assert_true(answer.body.length < first.body.length);
    http_answer_deinit(&answer);
    http_answer_deinit(&first);
    (void)close(client);
}

/* A kept answer outlives its place while sockets still take it; half of the clients leave. */
static void test_an_answer_on_its_way_outlives_its_place(void **state)
{
    struct http_answer first, answer;
    int clients[CLIENTS];
    char byte;

    ASK(&first, TEN, "--http1.1");
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = http_client_connect(service_process_port(bridge));
        for (int j = 0; j < PIPELINED; j++)
            http_client_send_text(clients[i], GET_TEN);
        assert_int_equal(recv(clients[i], &byte, 1, MSG_PEEK), 1);
    }
    fake_mesh_set_changes(mesh, 1);
    ASK(&answer, TEN, "--http1.1"); /* takes the place */
    assert_same_body(&answer, &first);
    http_answer_deinit(&answer);
    for (int i = 0; i < CLIENTS / 2; i++)
        (void)close(clients[i]);
    for (int i = CLIENTS / 2; i < CLIENTS; i++) {
        for (int j = 0; j < PIPELINED; j++) {
            http_client_read(clients[i], &answer);
            assert_same_body(&answer, &first);
            http_answer_deinit(&answer);
        }
        (void)close(clients[i]);
    }
    fake_mesh_set_changes(mesh, 0);
    http_answer_deinit(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_that_is_done_is_read_once),
        cmocka_unit_test(test_a_job_that_changed_is_read_again),
        cmocka_unit_test(test_a_job_that_was_deleted_is_not_found_at_once),
        cmocka_unit_test(test_pipelined_answers_come_whole_and_in_order),
        cmocka_unit_test(test_an_answer_on_its_way_outlives_its_place),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
