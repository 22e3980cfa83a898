/*
 * The real bridge process under TLS, asked by curl over HTTP/1.1 and HTTP/2.
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

#include "bridge/http/tests/certificate.h"
#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

enum {
    PATH_BYTES = 64,
    URL_BYTES = 128,
    UPLOAD_BYTES = 40 << 20,
    UPLOAD_GROWTH_MAX_KIB = 8 << 10,
    DOWNLOAD_GROWTH_MAX_KIB = 16 << 10,
};

static const char *const protocols[] = {"--http1.1", "--http2"};

static char folder[] = "/tmp/ocrmesh-test-tls-XXXXXX";
static char certificate_file[PATH_BYTES], key_file[PATH_BYTES], upload_file[PATH_BYTES];
static struct fake_mesh *mesh;
static struct service_process *bridge;
static int tls_port;
static char certificate[128], key[128]; /* settings */

static int start(void **state)
{
    assert_non_null(mkdtemp(folder));
    (void)snprintf(certificate_file, PATH_BYTES, "%s/certificate.pem", folder);
    (void)snprintf(key_file, PATH_BYTES, "%s/key.pem", folder);
    (void)snprintf(upload_file, PATH_BYTES, "%s/upload", folder);
    certificate_write(certificate_file, key_file);
    (void)snprintf(certificate, sizeof(certificate), "BRIDGE_TLS_CERTIFICATE=%s", certificate_file);
    (void)snprintf(key, sizeof(key), "BRIDGE_TLS_KEY=%s", key_file);
    const char *const settings[] = {
        "BRIDGE_TLS_LISTEN=127.0.0.1:0", certificate, key, "BRIDGE_HSTS=365d", NULL,
    };

    bridge_process_start_all(settings, &mesh, &bridge);
    tls_port = (int)service_process_logged_number(bridge, "tls_port");
    return 0;
}

static int stop(void **state)
{
    int status = bridge_process_end_all(mesh, bridge);

    (void)unlink(certificate_file);
    (void)unlink(key_file);
    (void)unlink(upload_file);
    (void)rmdir(folder);
    return status;
}

#define ASK(answer, path, ...)                                                                     \
    ask((answer), (path),                                                                          \
        (const char *const[]){"--cacert", certificate_file, __VA_ARGS__ __VA_OPT__(, ) NULL})

static void ask(struct http_answer *answer, const char *path, const char *const *arguments)
{
    char url[URL_BYTES];

    (void)snprintf(url, sizeof(url), "https://localhost:%d%s", tls_port, path);
    http_client_curl_url(url, arguments, answer);
}

static void test_both_protocols_are_served_and_told_to_stay_with_tls(void **state)
{
    static const char *const versions[] = {"1.2", "1.3"};

    for (size_t i = 0; i < 4; i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/done/", protocols[i / 2], "--tls-max", versions[i % 2]);
        assert_int_equal(answer.status, 200);
        assert_false(answer.is_cut);
        assert_int_equal(strncmp(answer.head.data, i / 2 == 0 ? "http/1.1" : "http/2", 6), 0);
        assert_string_equal(http_answer_header(&answer, "strict-transport-security"),
                            "max-age=31536000");
        http_answer_deinit(&answer);
    }
}

/* RFC 6797 §7.2. */
static void test_the_plain_port_says_nothing_of_it(void **state)
{
    struct http_answer answer;

    http_client_curl(service_process_port(bridge), "/healthz", (const char *const[]){NULL},
                     &answer);
    assert_int_equal(answer.status, 200);
    assert_null(http_answer_header(&answer, "strict-transport-security"));
    http_answer_deinit(&answer);
}

/* Sanitizers keep freed memory back, so that sizes mean nothing under them. */
static void assert_grew_less(int64_t before_kib, int64_t max_kib)
{
    int64_t growth_kib = service_process_peak_kib(bridge) - before_kib;

    print_message("grew by %lld KiB\n", (long long)growth_kib);
    if (getenv("OCRMESH_SANITIZED") == NULL)
        assert_true(growth_kib < max_kib);
}

static void test_uploads_and_documents_pass_in_bounded_memory(void **state)
{
    char argument[128];
    FILE *file = fopen(upload_file, "w");

    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), UPLOAD_BYTES), 0);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(argument, sizeof(argument), "file=@%s;filename=done", upload_file);
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;
        struct fake_submission submission;
        int64_t before_kib = service_process_memory_kib(bridge);

        ASK(&answer, "/api/v1/ocr/", protocols[i], "-F", argument);
        assert_int_equal(answer.status, 200);
        http_answer_deinit(&answer);
        fake_mesh_submission(mesh, &submission);
        assert_int_equal(submission.bytes, UPLOAD_BYTES);
        assert_grew_less(before_kib, UPLOAD_GROWTH_MAX_KIB);

        before_kib = service_process_memory_kib(bridge);
        ASK(&answer, "/api/v1/ocr/many/", protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_false(answer.is_cut);
        assert_true(answer.body.length > (size_t)FAKE_MANY_PAGES * FAKE_MANY_PAGE_BYTES);
        assert_grew_less(before_kib, DOWNLOAD_GROWTH_MAX_KIB);
        http_answer_deinit(&answer);
    }
}

static void test_a_document_that_breaks_off_is_cut_off(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
        struct http_answer answer;

        ASK(&answer, "/api/v1/ocr/broken/", protocols[i]);
        assert_int_equal(answer.status, 200);
        assert_true(answer.is_cut);
        http_answer_deinit(&answer);
    }
}

static void test_a_handshake_that_does_not_go_on_is_closed(void **state)
{
    static const char record[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    /* A bridge of its own: on a busy machine it would give up the others' handshakes. */
    const char *const settings[] = {"BRIDGE_TLS_LISTEN=127.0.0.1:0", certificate, key,
                                    "BRIDGE_HEAD_TIMEOUT=300ms", NULL};
    struct service_process *hasty = bridge_process_start(fake_mesh_port(mesh), settings);
    int port = (int)service_process_logged_number(hasty, "tls_port");
    int silent = http_client_connect(port), begun = http_client_connect(port);

    http_client_send(begun, record, sizeof(record) - 1);
    assert_true(http_client_is_closed(silent));
    assert_true(http_client_is_closed(begun));
    (void)close(silent);
    (void)close(begun);
    assert_int_equal(service_process_end(hasty, SIGTERM), 0);
}

static void test_plain_http_on_the_tls_port_is_no_crash(void **state)
{
    int fd = http_client_connect(tls_port);
    char alert[16];

    http_client_send_text(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_false(http_client_is_silent(fd, HTTP_CLIENT_TIMEOUT_MS));
    ssize_t count = read(fd, alert, sizeof(alert));
    assert_true(count <= 0 || alert[0] == 0x15); /* RFC 8446 §5.1: an alert */
    (void)close(fd);
    struct http_answer answer;
    ASK(&answer, "/healthz");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
}

/* The last one: it takes the certificate that the others know away. */
static void test_sighup_loads_a_new_certificate_and_keeps_the_old_for_a_bad_one(void **state)
{
    struct http_answer answer;
    char old[PATH_BYTES + 8];

    (void)snprintf(old, sizeof(old), "%s.old", certificate_file);
    assert_int_equal(rename(certificate_file, old), 0);
    service_process_signal(bridge, SIGHUP);
    service_process_wait_logged(bridge, "certificate not reloaded");
    assert_int_equal(link(old, certificate_file), 0);
    ASK(&answer, "/healthz");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);

    assert_int_equal(unlink(certificate_file), 0);
    certificate_write(certificate_file, key_file);
    service_process_signal(bridge, SIGHUP);
    service_process_wait_logged(bridge, "certificate reloaded");
    ASK(&answer, "/healthz");
    assert_int_equal(answer.status, 200);
    http_answer_deinit(&answer);
    ASK(&answer, "/healthz", "--cacert", old);
    assert_int_equal(answer.status, 0);
    http_answer_deinit(&answer);
    assert_int_equal(unlink(old), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_protocols_are_served_and_told_to_stay_with_tls),
        cmocka_unit_test(test_the_plain_port_says_nothing_of_it),
        cmocka_unit_test(test_uploads_and_documents_pass_in_bounded_memory),
        cmocka_unit_test(test_a_document_that_breaks_off_is_cut_off),
        cmocka_unit_test(test_a_handshake_that_does_not_go_on_is_closed),
        cmocka_unit_test(test_plain_http_on_the_tls_port_is_no_crash),
        cmocka_unit_test(test_sighup_loads_a_new_certificate_and_keeps_the_old_for_a_bad_one),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
