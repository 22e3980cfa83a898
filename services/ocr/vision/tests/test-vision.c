/* Settings, attempts and turns; how answers fail, tests/e2e/test_vision.py shows with a whole mesh.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "services/ocr/vision/vision.h"

enum { LONG_MS = 60000 };

#define GOOD                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"               \
    "{\"choices\":[{\"message\":{\"content\":\"text\"},\"finish_reason\":\"stop\"}]}"
#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

static struct vision_settings settings_for(const char *url)
{
    return (struct vision_settings){
        .url = url,
        .model = "model-vl",
        .endpoint.api_key = "s3cret",
        .endpoint.ca_file = "",
        .prompt = "Read \"this\"",
        .endpoint.connect_ms = LONG_MS,
        .endpoint.first_byte_ms = LONG_MS,
        .endpoint.stall_ms = LONG_MS,
        .total_ms = LONG_MS,
        .tokens_max = 100,
        .image_side_max = 2048,
        .endpoint.calls_max = 1,
        .endpoint.retries = 1,
        .endpoint.breaker_failures = 2,
        .endpoint.breaker_pause_ms = LONG_MS,
    };
}

/* Everything that is needed to ask a server. */
struct stand {
    struct vision *vision;
    struct vision_caller *caller;
};

static struct stand open_stand(const char *url)
{
    const struct vision_settings settings = settings_for(url);
    struct stand stand;
    struct status st;

    assert_int_equal(vision_new(&settings, &stand.vision, &st), STATUS_OK);
    assert_int_equal(vision_caller_new(stand.vision, &stand.caller, &st), STATUS_OK);
    return stand;
}

static void close_stand(struct stand *stand)
{
    vision_caller_free(stand->caller);
    vision_free(stand->vision);
}

static status_code ask(struct stand *stand, struct str *ret_text, struct status *st)
{
    return vision_read(stand->caller, STR("\x01\x02\xff"), "image/jpeg", ret_text, st);
}

static void assert_refused(struct vision_settings settings, const char *variable)
{
    struct vision *vision;
    struct status st = {0};

    assert_int_equal(vision_new(&settings, &vision, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "CONFIG");
    assert_non_null(strstr(st.message, variable));
    assert_null(strstr(st.message, "s3cret"));
}

static void test_bad_settings_are_named_without_their_secrets(void **state)
{
    struct vision_settings settings = settings_for("http://s3cret:s3cret@host/v1");
    struct vision *vision;
    struct status st;

    assert_refused(settings, "OCR_VLM_URL");
    settings = settings_for("ftp://host");
    assert_refused(settings, "OCR_VLM_URL");
    settings = settings_for("http://host/v1");
    settings.model = "";
    assert_refused(settings, "OCR_VLM_MODEL");
    settings = settings_for("http://host/v1");
    settings.endpoint.api_key = "s3cret\r\nX-Injected: 1";
    assert_refused(settings, "OCR_VLM_API_KEY");
    settings = settings_for("");
    assert_int_equal(vision_new(&settings, &vision, &st), STATUS_OK);
    assert_null(vision);
}

static void test_the_question_holds_picture_and_prompt(void **state)
{
    const struct scripted_answer script[] = {{GOOD, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    struct stand stand = open_stand(scripted_server_url(server));
    struct str text;
    struct status st;

    assert_int_equal(ask(&stand, &text, &st), STATUS_OK);
    assert_true(str_equal(text, STR("text")));
    const char *sent = scripted_server_request(server, 0);
    assert_non_null(strstr(sent, "POST /chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\"url\":\"data:image/jpeg;base64,AQL/\""));
    assert_non_null(strstr(sent, "\"text\":\"Read \\\"this\\\"\""));
    assert_non_null(strstr(sent, "\"model\":\"model-vl\""));
    assert_non_null(strstr(sent, "\"max_tokens\":100"));
    close_stand(&stand);
}

static void test_a_url_may_name_the_call_itself(void **state)
{
    const struct scripted_answer script[] = {{GOOD, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    static const char *const paths[] = {"/v1", "/v1/", "/v1/chat/completions",
                                        "/v1/chat/completions/"};
    struct status st;
    struct str text;

    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        char url[SCRIPTED_URL_SIZE + 32];
        (void)snprintf(url, sizeof(url), "%s%s", scripted_server_url(server), paths[i]);
        struct stand stand = open_stand(url);
        assert_int_equal(ask(&stand, &text, &st), STATUS_OK);
        assert_non_null(strstr(scripted_server_request(server, i), "POST /v1/chat/completions "));
        close_stand(&stand);
    }
}

static void test_a_busy_server_is_asked_again_and_then_left_alone(void **state)
{
    const struct scripted_answer script[] = {{BUSY, false}, {GOOD, false}, {BUSY, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 3);
    struct stand stand = open_stand(scripted_server_url(server));
    struct str text;
    struct status st;

    assert_int_equal(ask(&stand, &text, &st), STATUS_OK);
    assert_int_equal(scripted_server_count(server), 2);
    assert_int_not_equal(ask(&stand, &text, &st), STATUS_OK);
    assert_int_equal(scripted_server_count(server), 4);
    /* Two failures in a row: the breaker is open. */
    assert_int_equal(ask(&stand, &text, &st), STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(server), 4);
    close_stand(&stand);
}

static void *read_until_interrupted(void *arg)
{
    struct stand *stand = arg;
    struct str text;
    struct status st;

    assert_int_equal(ask(stand, &text, &st), STATUS_CANCELLED);
    return NULL;
}

static void test_who_waits_for_a_turn_can_be_interrupted(void **state)
{
    const struct scripted_answer script[] = {{"", true}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(script, 1);
    struct stand first = open_stand(scripted_server_url(server));
    struct stand second = {.vision = first.vision};
    pthread_t threads[2];
    struct status st;

    assert_int_equal(vision_caller_new(second.vision, &second.caller, &st), STATUS_OK);
    assert_int_equal(pthread_create(&threads[0], NULL, read_until_interrupted, &first), 0);
    scripted_server_wait(server, 1); /* it has the only turn, and keeps it */
    assert_int_equal(pthread_create(&threads[1], NULL, read_until_interrupted, &second), 0);
    vision_caller_interrupt(second.caller);
    pthread_join(threads[1], NULL);
    vision_caller_interrupt(first.caller);
    pthread_join(threads[0], NULL);
    assert_int_equal(scripted_server_count(server), 1);
    vision_caller_free(second.caller);
    close_stand(&first);
}

int main(void)
{
    struct status st;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_settings_are_named_without_their_secrets),
        cmocka_unit_test(test_the_question_holds_picture_and_prompt),
        cmocka_unit_test(test_a_url_may_name_the_call_itself),
        cmocka_unit_test(test_a_busy_server_is_asked_again_and_then_left_alone),
        cmocka_unit_test(test_who_waits_for_a_turn_can_be_interrupted),
    };

    if (http_start(&st) != STATUS_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
