#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/admin/admin.h"

static bool is_ready = true;

static status_code check_ready(void *data, struct status *st)
{
    if (is_ready)
        return STATUS_OK;
    return FAIL(st, STATUS_UNAVAILABLE, NULL, "the database is away");
}

static void write_metrics(void *data, struct buf *out)
{
    assert_true(buf_printf(out, "calls_total %d\n", 7));
}

static struct admin_server *start(void)
{
    struct admin_server *server = NULL;
    struct status st = {0};
    struct admin_options options = {
        .address = "127.0.0.1:0", .check_ready = check_ready, .write_metrics = write_metrics};

    assert_int_equal(admin_server_start(&options, &server, &st), STATUS_OK);
    return server;
}

/* The whole answer to "METHOD PATH". */
static void request(const struct admin_server *server, const char *what,
                    char ret_answer[static 4096])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)admin_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char text[256];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    int length = snprintf(text, sizeof(text), "%s%s\r\n\r\n", what,
                          strstr(what, "HTTP/1.0") == NULL ? " HTTP/1.0" : "");
    assert_int_equal(write(fd, text, (size_t)length), length);
    size_t used = 0;
    for (ssize_t n; (n = read(fd, ret_answer + used, 4095 - used)) > 0;)
        used += (size_t)n;
    ret_answer[used] = '\0';
    close(fd);
}

static void assert_answer(const struct admin_server *server, const char *what,
                          const char *http_status, const char *content)
{
    char text[4096];

    request(server, what, text);
    if (strstr(text, http_status) == NULL || strstr(text, content) == NULL)
        fail_msg("%s answered: %s", what, text);
}

static void test_pages_answer(void **state)
{
    _cleanup_(admin_server_stopp) struct admin_server *server = start();

    assert_answer(server, "GET /healthz", " 200 ", "ok\n");
    assert_answer(server, "HEAD /healthz", " 200 ", "");
    assert_answer(server, "GET /metrics", " 200 ", "calls_total 7\n");
    assert_answer(server, "GET /metrics", "text/plain; version=0.0.4", "");
    assert_answer(server, "GET /metrics HTTP/1.0\r\nAccept: application/openmetrics-text",
                  "application/openmetrics-text; version=1.0.0", "calls_total 7\n# EOF\n");
    assert_answer(server, "GET /", " 404 ", "/readyz");
    assert_answer(server, "POST /metrics", " 405 ", "Allow: GET, HEAD");
}

static void test_readiness_follows_the_callback(void **state)
{
    _cleanup_(admin_server_stopp) struct admin_server *server = start();

    is_ready = true;
    assert_answer(server, "GET /readyz", " 200 ", "ready\n");
    is_ready = false;
    assert_answer(server, "GET /readyz", " 503 ", "the database is away\n");
    is_ready = true;
}

static void test_a_bad_address_is_refused(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "", "127.0.0.1:http:", "[::1]",
                                            "300.1.1.1:1"};

    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        struct admin_server *server = NULL;
        struct status st = {0};
        struct admin_options options = {.address = addresses[i], .check_ready = check_ready};
        if (admin_server_start(&options, &server, &st) != STATUS_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", addresses[i]);
        assert_null(server);
    }
}

static void test_a_port_in_use_is_refused(void **state)
{
    _cleanup_(admin_server_stopp) struct admin_server *server = start();
    struct admin_server *second = NULL;
    struct status st = {0};
    char address[32];

    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", admin_server_port(server));
    struct admin_options options = {.address = address, .check_ready = check_ready};
    assert_int_equal(admin_server_start(&options, &second, &st), STATUS_UNAVAILABLE);
    assert_non_null(strstr(st.message, address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_answer),
        cmocka_unit_test(test_readiness_follows_the_callback),
        cmocka_unit_test(test_a_bad_address_is_refused),
        cmocka_unit_test(test_a_port_in_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
