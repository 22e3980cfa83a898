#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"
#include "lib/http/tests/scripted_server.h"

enum { LONG_MS = 60000, SHORT_MS = 50 };

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n"

struct caller {
    struct http_client *client;
    struct buf body;
    size_t wanted_bytes; /* until there is enough; 0: all */
};

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct caller *caller = arg;

    assert_int_equal(answer->status, 200);
    assert_true(buf_append(&caller->body, piece.p, piece.n));
    return caller->wanted_bytes == 0 || caller->body.length < caller->wanted_bytes;
}

static int set_up(void **state)
{
    struct caller *caller = calloc(1, sizeof(*caller));

    assert_non_null(caller);
    caller->client = http_client_new();
    assert_non_null(caller->client);
    buf_init(&caller->body, 1 << 20);
    *state = caller;
    return 0;
}

static int tear_down(void **state)
{
    struct caller *caller = *state;

    http_client_free(caller->client);
    buf_deinit(&caller->body);
    free(caller);
    return 0;
}

static struct http_request request_to(struct caller *caller, const char *url)
{
    return (struct http_request){
        .url = url,
        .body = STR("{\"a\": 1}"),
        .content_type = "application/json",
        .bearer_token = "s3cret",
        .ca_file = "",
        .times = {.connect_ms = LONG_MS,
                  .first_byte_ms = LONG_MS,
                  .stall_ms = LONG_MS,
                  .deadline_ns = time_mono_after_ms(LONG_MS)},
        .body_max_bytes = 1000,
        .on_body = on_body,
        .arg = caller,
    };
}

/* Asks a server with one answer. */
static status_code ask(struct caller *caller, const char *bytes, struct http_answer *ret_answer,
                       struct status *st)
{
    const struct scripted_answer script[] = {{bytes, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    const struct http_request request = request_to(caller, scripted_server_url(server));

    return http_client_post(caller->client, &request, ret_answer, st);
}

static void assert_fails(struct caller *caller, const char *bytes, status_code wanted)
{
    struct http_answer answer;
    struct status st = {0};

    assert_int_equal(ask(caller, bytes, &answer, &st), wanted);
    assert_true(st.message[0] != '\0');
}

/* A name that has no address, and that no resolver is asked for: RFC 1035 §2.3.4 ends a label
 * at 63. */
#define NOWHERE "a234567890123456789012345678901234567890123456789012345678901234.invalid"

/* A name that has no address is called where the pin says; and a proxy is not asked. */
static void test_a_pinned_call_goes_where_the_pin_says(void **state)
{
    struct caller *caller = *state;
    const struct scripted_answer script[] = {{OK_HEAD "Content-Length: 2\r\n\r\nhi", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    const char *port = strrchr(scripted_server_url(server), ':') + 1;
    char url[SCRIPTED_URL_SIZE + sizeof(NOWHERE)];
    struct http_pin pin;
    struct http_answer answer;
    struct status st = {0};

    (void)snprintf(url, sizeof(url), "http://" NOWHERE ":%d/", atoi(port));
    (void)snprintf(pin.entry, sizeof(pin.entry), NOWHERE ":%d:127.0.0.1", atoi(port));
    struct http_request request = request_to(caller, url);
    assert_int_equal(http_client_post(caller->client, &request, &answer, &st), STATUS_UNAVAILABLE);

    request.pin = &pin;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
    status_code code = http_client_post(caller->client, &request, &answer, &st);
    (void)unsetenv("http_proxy");
    assert_int_equal(code, STATUS_OK);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(scripted_server_request(server, 0), "Host: " NOWHERE));
}

static void test_request_and_answer_pass_whole(void **state)
{
    struct caller *caller = *state;
    const struct scripted_answer script[] = {
        {OK_HEAD "Content-Length: 5\r\n\r\nhello", false},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", false},
    };
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 2);
    char url[SCRIPTED_URL_SIZE + 16];

    (void)snprintf(url, sizeof(url), "%s/v1/x?y=z", scripted_server_url(server));
    for (size_t i = 0; i < 2; i++) {
        const struct http_request request = request_to(caller, url);
        struct http_answer answer;
        struct status st;
        buf_clear(&caller->body);
        assert_int_equal(http_client_post(caller->client, &request, &answer, &st), STATUS_OK);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.media_type, "text/plain");
        assert_string_equal(buf_str(&caller->body).p, "hello");
        const char *sent = scripted_server_request(server, i);
        assert_non_null(strstr(sent, "POST /v1/x?y=z HTTP/1.1\r\n"));
        assert_non_null(strstr(sent, "Authorization: Bearer s3cret\r\n"));
        assert_non_null(strstr(sent, "Content-Type: application/json\r\n"));
        assert_null(strstr(sent, "Expect:"));
        assert_non_null(strstr(sent, "\r\n\r\n{\"a\": 1}"));
    }
}

static void test_other_statuses_are_told_without_their_bodies(void **state)
{
    struct caller *caller = *state;
    struct http_answer answer;
    struct status st;

    assert_int_equal(ask(caller,
                         "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nabc",
                         &answer, &st),
                     STATUS_OK);
    assert_int_equal(answer.status, 429);
    assert_int_equal(answer.retry_after_ms, 7000);
    assert_int_equal(ask(caller, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", &answer, &st),
                     STATUS_OK);
    assert_int_equal(answer.status, 503);
    assert_int_equal(caller->body.length, 0);
}

/* Whoever answers could else name any address of the network that this process is in. */
static void test_redirects_are_not_followed(void **state)
{
    struct caller *caller = *state;
    const struct scripted_answer aim_script[] = {{OK_HEAD "Content-Length: 2\r\n\r\nhi", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *aim =
        scripted_server_start(aim_script, 1);
    char bytes[256];
    struct http_answer answer;
    struct status st;

    (void)snprintf(bytes, sizeof(bytes),
                   "HTTP/1.1 307 Temporary\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n",
                   scripted_server_url(aim));
    assert_int_equal(ask(caller, bytes, &answer, &st), STATUS_OK);
    assert_int_equal(answer.status, 307);
    assert_int_equal(scripted_server_count(aim), 0);
}

static void test_what_breaks_off_is_data_loss(void **state)
{
    assert_fails(*state, OK_HEAD "Content-Length: 50\r\n\r\nhello", STATUS_DATA_LOSS);
    assert_fails(*state, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
                 STATUS_DATA_LOSS);
    assert_fails(*state, "", STATUS_DATA_LOSS);
    assert_fails(*state, "SSH-2.0-OpenSSH_9.2\r\n", STATUS_DATA_LOSS);
}

static void test_answers_are_bounded(void **state)
{
    static char large[HTTP_HEAD_MAX_BYTES + 1000] = "HTTP/1.1 200 OK\r\n";
    size_t length = strlen(large);

    while (length + 60 < sizeof(large))
        length += (size_t)snprintf(large + length, sizeof(large) - length, "X-Much: %040d\r\n", 7);
    assert_fails(*state, large, STATUS_RESOURCE_EXHAUSTED);

    length = (size_t)snprintf(large, sizeof(large), OK_HEAD "\r\n");
    memset(large + length, 'x', 2000);
    large[length + 2000] = '\0';
    assert_fails(*state, large, STATUS_RESOURCE_EXHAUSTED);
}

static void test_a_reader_that_has_enough_ends_the_call(void **state)
{
    struct caller *caller = *state;

    caller->wanted_bytes = 3;
    assert_fails(caller, OK_HEAD "Content-Length: 5\r\n\r\nhello", STATUS_ABORTED);
}

static void test_nobody_there_is_unavailable(void **state)
{
    struct caller *caller = *state;
    struct http_answer answer;
    struct status st;
    char url[SCRIPTED_URL_SIZE];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", scripted_closed_port());
    const struct http_request request = request_to(caller, url);
    assert_int_equal(http_client_post(caller->client, &request, &answer, &st), STATUS_UNAVAILABLE);
}

/* A server that speaks and then falls silent, against one short time and otherwise long ones. */
static void assert_times_out(struct caller *caller, const char *bytes, struct http_times times)
{
    const struct scripted_answer script[] = {{bytes, true}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    struct http_request request = request_to(caller, scripted_server_url(server));
    struct http_answer answer;
    struct status st;

    request.times = times;
    assert_int_equal(http_client_post(caller->client, &request, &answer, &st),
                     STATUS_DEADLINE_EXCEEDED);
}

static void test_each_time_is_watched(void **state)
{
    const int64_t end = time_mono_after_ms(LONG_MS);

    assert_times_out(*state, "", (struct http_times){LONG_MS, SHORT_MS, LONG_MS, end});
    assert_times_out(*state, OK_HEAD "\r\n", (struct http_times){LONG_MS, SHORT_MS, LONG_MS, end});
    assert_times_out(*state, OK_HEAD "\r\nhel",
                     (struct http_times){LONG_MS, LONG_MS, SHORT_MS, end});
    assert_times_out(*state, OK_HEAD "\r\nhel",
                     (struct http_times){LONG_MS, LONG_MS, LONG_MS, time_mono_after_ms(SHORT_MS)});
}

static void *interrupt_soon(void *arg)
{
    http_client_interrupt(arg);
    return NULL;
}

static void test_an_interruption_ends_call_and_sleep(void **state)
{
    struct caller *caller = *state;
    const struct scripted_answer script[] = {{OK_HEAD "\r\nhel", true}, {OK_HEAD "\r\n", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 2);
    const struct http_request request = request_to(caller, scripted_server_url(server));
    struct http_answer answer;
    struct status st;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, caller->client), 0);
    assert_int_equal(http_client_post(caller->client, &request, &answer, &st), STATUS_CANCELLED);
    pthread_join(thread, NULL);
    assert_false(http_client_sleep(caller->client, TIME_NEVER));
    assert_true(http_client_is_interrupted(caller->client));
    http_client_reset(caller->client);
    assert_true(http_client_sleep(caller->client, time_mono_after_ms(1)));
}

/* A server with a certificate for `address`, which is trusted or not. */
static status_code ask_tls(struct caller *caller, const char *address, bool is_trusted,
                           size_t *ret_requests, struct status *st)
{
    const struct scripted_answer script[] = {{OK_HEAD "Content-Length: 5\r\n\r\nhello", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start_tls(script, 1, address);
    struct http_request request = request_to(caller, scripted_server_url(server));
    struct http_answer answer;

    if (is_trusted)
        request.ca_file = scripted_server_ca_file(server);
    status_code code = http_client_post(caller->client, &request, &answer, st);
    *ret_requests = scripted_server_count(server);
    return code;
}

static void test_certificates_are_verified_before_anything_is_said(void **state)
{
    size_t requests;
    struct status st;

    assert_int_equal(ask_tls(*state, "127.0.0.1", true, &requests, &st), STATUS_OK);
    assert_int_equal(requests, 1);
    assert_int_equal(ask_tls(*state, "127.0.0.1", false, &requests, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(requests, 0);
    assert_int_equal(ask_tls(*state, "127.0.0.2", true, &requests, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(requests, 0);
}

static void test_urls_carry_no_secrets(void **state)
{
    assert_true(http_url_is_plain("http://127.0.0.1:8000/v1"));
    assert_true(http_url_is_plain("https://vision.example.com/v1/"));
    assert_true(http_url_is_plain("http://[::1]:8000"));
    assert_false(http_url_is_plain("https://user:secret@vision.example.com/v1"));
    assert_false(http_url_is_plain("https://user@vision.example.com/v1"));
    assert_false(http_url_is_plain("file:///etc/passwd"));
    assert_false(http_url_is_plain("vision.example.com/v1"));
    assert_false(http_url_is_plain("http://"));
    assert_false(http_url_is_plain("http://vision.example.com/#part"));
    assert_false(http_url_is_plain(""));
}

/* --- bodies that are read as they are sent --- */

enum { SENT_BYTES = 100000 };

struct sender {
    struct caller *caller;
    int64_t unreadable_from; /* no byte from there on; 0: all are there */
    char etag[32];
    char text[64]; /* of the answer */
};

static bool send_letters(void *arg, int64_t offset, char *bytes, size_t length)
{
    const struct sender *sender = arg;

    if (sender->unreadable_from > 0 && offset + (int64_t)length > sender->unreadable_from)
        return false;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)('a' + (offset + (int64_t)i) % 26);
    return true;
}

static bool keep_text(void *arg, const struct http_answer *answer, struct str piece)
{
    struct sender *sender = arg;

    (void)snprintf(sender->text, sizeof(sender->text), "%d %.*s", answer->status, (int)piece.n,
                   piece.p);
    return true;
}

static void keep_etag(void *arg, struct str name, struct str value)
{
    struct sender *sender = arg;

    if (str_equal_nocase(name, STR("etag")))
        (void)snprintf(sender->etag, sizeof(sender->etag), "%.*s", (int)value.n, value.p);
}

static struct http_request sending(struct sender *sender, const char *url)
{
    struct http_request request = request_to(sender->caller, url);

    request.on_send = send_letters;
    request.send_bytes = SENT_BYTES;
    request.content_type = NULL;
    request.on_body = keep_text;
    request.on_field = keep_etag;
    request.reads_refusals = true;
    request.arg = sender;
    return request;
}

static void test_a_body_is_read_as_it_is_sent(void **state)
{
    struct sender sender = {.caller = *state};
    const struct scripted_answer script[] = {
        {"HTTP/1.1 200 OK\r\nETag:  \"x1\" \r\nContent-Length: 0\r\n\r\n", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    const struct http_request request = sending(&sender, scripted_server_url(server));
    struct http_answer answer;
    struct status st = {0};

    assert_int_equal(http_client_call(sender.caller->client, "PUT", &request, &answer, &st),
                     STATUS_OK);
    const char *sent = scripted_server_request(server, 0);
    assert_memory_equal(sent, "PUT / HTTP/1.1\r\n", 16);
    assert_non_null(strstr(sent, "Content-Length: 100000\r\n"));
    assert_null(strstr(sent, "Content-Type"));
    const char *body = strstr(sent, "\r\n\r\n") + 4;
    assert_int_equal(strlen(body), SENT_BYTES);
    for (size_t i = 0; i < SENT_BYTES; i++)
        assert_int_equal(body[i], 'a' + i % 26);
    assert_string_equal(sender.etag, "\"x1\"");
}

static void test_what_cannot_be_read_is_not_sent(void **state)
{
    struct sender sender = {.caller = *state, .unreadable_from = 1000};
    const struct scripted_answer script[] = {{OK_HEAD "Content-Length: 0\r\n\r\n", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    const struct http_request request = sending(&sender, scripted_server_url(server));
    struct http_answer answer;
    struct status st = {0};

    assert_int_equal(http_client_call(sender.caller->client, "PUT", &request, &answer, &st),
                     STATUS_ABORTED);
}

static void test_an_answer_that_ends_within_its_head_is_none(void **state)
{
    assert_fails(*state, "HTTP/1.1 200 OK\r\nContent-Le", STATUS_DATA_LOSS);
    assert_fails(*state, "HTTP/1.1 204 No Content\r\nServer: x\r\n", STATUS_DATA_LOSS);
}

static void test_a_refusal_is_read_where_it_is_wanted(void **state)
{
    struct sender sender = {.caller = *state};
    const struct scripted_answer script[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nreason", false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    struct http_request request = sending(&sender, scripted_server_url(server));
    struct http_answer answer;
    struct status st = {0};

    request.on_send = NULL;
    request.body = (struct str){0};
    assert_int_equal(http_client_call(sender.caller->client, "DELETE", &request, &answer, &st),
                     STATUS_OK);
    assert_int_equal(answer.status, 403);
    assert_string_equal(sender.text, "403 reason");
    assert_memory_equal(scripted_server_request(server, 0), "DELETE / HTTP/1.1\r\n", 19);
}

int main(void)
{
    struct status st;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_pinned_call_goes_where_the_pin_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_request_and_answer_pass_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_statuses_are_told_without_their_bodies, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_redirects_are_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_breaks_off_is_data_loss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_that_has_enough_ends_the_call, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_there_is_unavailable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_time_is_watched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_interruption_ends_call_and_sleep, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_certificates_are_verified_before_anything_is_said,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_body_is_read_as_it_is_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_read_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_answer_that_ends_within_its_head_is_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_refusal_is_read_where_it_is_wanted, set_up,
                                        tear_down),
        cmocka_unit_test(test_urls_carry_no_secrets),
    };

    if (http_start(&st) != STATUS_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
