/* What a model's settings must be, and a whole reply of one, through attempts that fail. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/endpoint/completion.h"
#include "lib/endpoint/endpoint.h"
#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"

enum { LONG_MS = 60000 };

#define URL  "http://llm:8000/v1"
#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define REPLY                                                                                      \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"choices\": [{\"message\": {\"content\": \"It opens at nine.\"}, \"finish_reason\": "       \
    "\"stop\"}]}"

static void assert_refused(const char *url, const char *model, const char *key,
                           const char *variable)
{
    struct status st = {0};

    assert_int_equal(completion_check("OCR_VLM", url, model, key, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "CONFIG");
    assert_memory_equal(st.message, variable, strlen(variable));
    assert_null(strstr(st.message, "s3cret"));
}

static void test_settings_that_cannot_be_are_refused_by_their_names(void **state)
{
    char long_name[COMPLETION_MODEL_MAX + 2] = "";
    struct status st = {0};

    memset(long_name, 'm', COMPLETION_MODEL_MAX);
    assert_int_equal(completion_check("OCR_VLM", URL, long_name, "", &st), STATUS_OK);
    long_name[COMPLETION_MODEL_MAX] = 'm';
    assert_refused(URL, long_name, "", "OCR_VLM_MODEL ");
    assert_refused(URL, "", "", "OCR_VLM_MODEL ");
    assert_refused("ftp://llm/v1", "m", "", "OCR_VLM_URL ");
    assert_refused("http://a:s3cret@llm/v1", "m", "", "OCR_VLM_URL ");
    assert_refused(URL, "m", "s3cret\n", "OCR_VLM_API_KEY ");
}

static void test_a_reply_is_read_whole_after_an_attempt_that_failed(void **state)
{
    static const struct scripted_answer answers[] = {{BUSY, false}, {REPLY, false}};
    struct scripted_server *server = scripted_server_start(answers, 2);
    struct http_client *client = http_client_new();
    struct endpoint *endpoint = endpoint_new(&(struct endpoint_settings){
        .name = "test",
        .api_key = "",
        .ca_file = "",
        .connect_ms = LONG_MS,
        .first_byte_ms = LONG_MS,
        .stall_ms = LONG_MS,
        .calls_max = 1,
        .retries = 1,
        .breaker_failures = 2,
        .breaker_pause_ms = LONG_MS,
    });
    struct completion completion;
    struct status st = {0};
    struct buf url;

    assert_true(completion_url(scripted_server_url(server), &url));
    completion_init(&completion);
    struct endpoint_call call = {
        .url = url.data, .body = STR("{}"), .client = client, .timeout_ms = LONG_MS};
    completion_take(&completion, &call);
    if (endpoint_call(endpoint, &call, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_true(str_equal(completion.text, STR("It opens at nine.")));
    assert_memory_equal(scripted_server_request(server, 1), "POST /chat/completions ", 23);

    completion_deinit(&completion);
    buf_deinit(&url);
    endpoint_free(endpoint);
    http_client_free(client);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_that_cannot_be_are_refused_by_their_names),
        cmocka_unit_test(test_a_reply_is_read_whole_after_an_attempt_that_failed),
    };
    struct status st = {0};

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
