/* Questions to a server that plays recorded answers: what reaches the user, and what does not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/http/tests/scripted_server.h"
#include "services/chat/model/model.h"
#include "services/chat/model/tests/model_fixture.h"

enum { LONG_MS = 60000, SHORT_MS = 80, SEEN_MAX_BYTES = 1 << 20, LINE_BYTES = 1 << 20 };

#define HEAD      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define SAY(text) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define STOP      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE                                                                                      \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":310,\"completion_tokens\":21}}\n\n"
#define DONE       "data: [DONE]\n\n"
#define GOOD_CLAIM "The total due is $215.00 [P1: \\\"Total due: $215.00\\\"]. "
#define GOOD       {HEAD SAY(GOOD_CLAIM) SAY("The tenant may not sublet [P2].") STOP USAGE DONE, false}

struct stand {
    struct model_fixture document;
    struct scripted_server *server;
    struct chat_model *model;
    struct chat_model_caller *caller;
    struct question question;
    struct buf deltas;
    size_t delta_count, deltas_wanted;
    struct answer answer;
    struct status st;
};

static void open_stand(struct stand *stand, const struct scripted_answer *answers, size_t count)
{
    struct status st;
    bool is_silent = false;

    /* Only a server that falls silent is not waited for: others may be slow on a busy machine. */
    for (size_t i = 0; i < count; i++)
        is_silent = is_silent || answers[i].holds;
    *stand = (struct stand){.server = scripted_server_start(answers, count),
                            .question = {.text = STR("What is due?"), .language = "en"},
                            .deltas_wanted = SIZE_MAX};
    model_fixture_open(&stand->document);
    buf_init(&stand->deltas, SEEN_MAX_BYTES);
    assert_int_equal(chat_model_new(
                         &(struct chat_model_settings){
                             .url = scripted_server_url(stand->server),
                             .model = "played",
                             .endpoint.api_key = "s3cret",
                             .endpoint.ca_file = "",
                             .context_tokens = 8192,
                             .answer_tokens = 512,
                             .endpoint.connect_ms = LONG_MS,
                             .endpoint.first_byte_ms = LONG_MS,
                             .endpoint.stall_ms = is_silent ? SHORT_MS : LONG_MS,
                             .total_ms = LONG_MS,
                             .endpoint.calls_max = 2,
                             .endpoint.retries = 1,
                             .endpoint.breaker_failures = 3,
                             .endpoint.breaker_pause_ms = LONG_MS,
                         },
                         &stand->model, &st),
                     STATUS_OK);
    assert_int_equal(chat_model_caller_new(stand->model, &stand->caller, &st), STATUS_OK);
}

static void close_stand(struct stand *stand)
{
    chat_model_caller_free(stand->caller);
    chat_model_free(stand->model);
    scripted_server_stop(stand->server);
    buf_deinit(&stand->deltas);
    model_fixture_close(&stand->document);
}

static bool on_delta(void *arg, struct str piece)
{
    struct stand *stand = arg;

    assert_true(buf_append(&stand->deltas, piece.p, piece.n));
    return ++stand->delta_count < stand->deltas_wanted;
}

static status_code ask(struct stand *stand)
{
    struct chat_model_question question = {.question = &stand->question,
                                           .index = stand->document.index,
                                           .hits = stand->document.hits,
                                           .hit_count = stand->document.hit_count,
                                           .deadline_ns = TIME_NEVER,
                                           .on_delta = on_delta,
                                           .arg = stand};

    buf_clear(&stand->deltas);
    stand->delta_count = 0;
    return chat_model_answer(stand->caller, &question, stand->document.arena, &stand->answer,
                             &stand->st);
}

static void assert_answer(struct stand *stand, const char *content, size_t citations)
{
    if (ask(stand) != STATUS_OK)
        fail_msg("%s", stand->st.message);
    assert_int_equal(stand->answer.content.n, strlen(content));
    assert_memory_equal(stand->answer.content.p, content, strlen(content));
    assert_int_equal(stand->answer.citation_count, citations);
    assert_int_equal(stand->answer.is_grounded, citations > 0);
    assert_string_equal(stand->deltas.data, content);
}

/* Nothing reaches the user. */
static void assert_fails(struct stand *stand, status_code code)
{
    assert_int_equal(ask(stand), code);
    assert_int_equal(stand->deltas.length, 0);
    assert_true(stand->st.message[0] != '\0');
}

static void assert_one_fails(struct scripted_answer answer, status_code code)
{
    struct stand stand;

    open_stand(&stand, &answer, 1);
    assert_fails(&stand, code);
    close_stand(&stand);
}

static void assert_metric(struct stand *stand, const char *line)
{
    struct buf out;

    buf_init(&out, SEEN_MAX_BYTES);
    chat_model_write_metrics(stand->model, &out);
    if (strstr(out.data, line) == NULL)
        fail_msg("no %s in:\n%s", line, out.data);
    assert_null(strstr(out.data, "s3cret"));
    buf_deinit(&out);
}

static void test_a_good_answer_is_handed_on_sentence_by_sentence(void **state)
{
    static const struct scripted_answer answers[] = {GOOD};
    struct stand stand;

    open_stand(&stand, answers, 1);
    assert_answer(&stand, "The total due is $215.00 (p. 1). The tenant may not sublet (p. 2).", 2);
    assert_int_equal(stand.delta_count, 2);
    const char *request = scripted_server_request(stand.server, 0);
    assert_non_null(strstr(request, "POST /chat/completions"));
    assert_non_null(strstr(request, "Authorization: Bearer s3cret"));
    assert_metric(&stand, "ocrmesh_chat_model_tokens_total{of=\"prompt\"} 310\n");
    assert_metric(&stand, "ocrmesh_chat_model_tokens_total{of=\"completion\"} 21\n");
    assert_metric(&stand, "ocrmesh_chat_model_questions_total{end=\"answered\"} 1\n");
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"holds\"} 2\n");
    assert_metric(&stand, "ocrmesh_endpoint_calls_total{endpoint=\"llm\",end=\"ok\"} 1\n");
    close_stand(&stand);
}

static void test_a_server_that_does_not_stream_is_heard_too(void **state)
{
    static const struct scripted_answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
         "{\"choices\":[{\"message\":{\"content\":\"" GOOD_CLAIM "\"},\"finish_reason\":\"stop\"}],"
         "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}",
         false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    assert_answer(&stand, "The total due is $215.00 (p. 1).", 1);
    assert_metric(&stand, "ocrmesh_chat_model_tokens_total{of=\"completion\"} 6\n");
    close_stand(&stand);
}

static void test_what_does_not_hold_is_cut_out(void **state)
{
    static const struct scripted_answer answers[] = {
        {HEAD SAY("Here you are! ") SAY("The total due is $999.00 [P1]. ") SAY(GOOD_CLAIM)
             SAY("It is paid [P999]. ") SAY("See https://evil.example/215 [P1]. ")
                 SAY("The tax is 20% [P1: \\\"Tax: 20%\\\"].") STOP DONE,
         false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    assert_answer(&stand, "The total due is $215.00 (p. 1).", 1);
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"uncited\"} 1\n");
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"unknown_passage\"} 1\n");
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"wrong_quote\"} 1\n");
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"unsupported\"} 1\n");
    assert_metric(&stand, "ocrmesh_chat_model_sentences_total{verdict=\"foreign_markup\"} 1\n");
    close_stand(&stand);
}

static void test_a_model_that_does_not_know_says_so(void **state)
{
    static const struct scripted_answer answers[] = {
        {HEAD SAY("NO_") SAY("ANSWER.") STOP DONE, false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    stand.question.language = "de";
    assert_answer(&stand, answer_refusal("de"), 0);
    assert_metric(&stand, "ocrmesh_chat_model_questions_total{end=\"refused\"} 1\n");
    close_stand(&stand);
}

static void test_an_answer_of_which_nothing_holds_is_none(void **state)
{
    assert_one_fails((struct scripted_answer){HEAD SAY("The total is zero [P3].") STOP DONE, false},
                     STATUS_DATA_LOSS);
    assert_one_fails((struct scripted_answer){HEAD SAY("It is $5 [P999].") STOP DONE, false},
                     STATUS_DATA_LOSS);
    assert_one_fails((struct scripted_answer){HEAD STOP DONE, false}, STATUS_DATA_LOSS);
}

static void test_garbage_is_no_answer(void **state)
{
    assert_one_fails((struct scripted_answer){HEAD "data: {nonsense\n\n", false}, STATUS_DATA_LOSS);
    assert_one_fails((struct scripted_answer){"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                              "Connection: close\r\n\r\n<h1>Log in</h1>",
                                              false},
                     STATUS_DATA_LOSS);
    assert_one_fails((struct scripted_answer){"not http at all", false}, STATUS_DATA_LOSS);
    assert_one_fails(
        (struct scripted_answer){HEAD "data: {\"error\":{\"message\":\"no\"}}\n\n", false},
        STATUS_INTERNAL);
}

static void test_an_error_status_is_no_answer(void **state)
{
    assert_one_fails((struct scripted_answer){"HTTP/1.1 401 No\r\nContent-Length: 0\r\n"
                                              "Connection: close\r\n\r\n",
                                              false},
                     STATUS_FAILED_PRECONDITION);
    assert_one_fails((struct scripted_answer){"HTTP/1.1 302 Go\r\nLocation: http://evil.example\r\n"
                                              "Content-Length: 0\r\nConnection: close\r\n\r\n",
                                              false},
                     STATUS_FAILED_PRECONDITION);
}

static void test_a_busy_server_is_asked_again(void **state)
{
    static const struct scripted_answer answers[] = {
        {"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
         false},
        GOOD};
    struct stand stand;

    open_stand(&stand, answers, 2);
    assert_answer(&stand, "The total due is $215.00 (p. 1). The tenant may not sublet (p. 2).", 2);
    close_stand(&stand);
}

static void test_a_line_of_a_mebibyte_is_no_answer(void **state)
{
    static char answer[sizeof(HEAD) + LINE_BYTES + 100];

    memcpy(answer, HEAD "data: ", sizeof(HEAD "data: "));
    memset(answer + strlen(answer), 'x', LINE_BYTES);
    assert_one_fails((struct scripted_answer){answer, false}, STATUS_RESOURCE_EXHAUSTED);
}

static void test_a_sentence_without_end_is_no_answer(void **state)
{
    struct buf answer;
    char word[32];

    buf_init(&answer, SEEN_MAX_BYTES);
    assert_true(buf_append_str(&answer, HEAD));
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(word, sizeof(word), "w%d ", i * 7919 % 10007);
        assert_true(buf_printf(
            &answer, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n",
            word));
    }
    assert_one_fails((struct scripted_answer){answer.data, false}, STATUS_RESOURCE_EXHAUSTED);
    buf_deinit(&answer);
}

static void test_what_was_checked_stays_when_the_stream_breaks_off(void **state)
{
    static const struct scripted_answer answers[] = {
        {HEAD SAY(GOOD_CLAIM) SAY("The tenant may not sublet [P2"), false},
        {HEAD SAY(GOOD_CLAIM) SAY("The tenant may not sublet [P2"), true},
    };
    struct stand stand;

    open_stand(&stand, answers, ARRAY_LENGTH(answers));
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
        assert_answer(&stand, "The total due is $215.00 (p. 1).", 1);
    assert_metric(&stand, "ocrmesh_chat_model_questions_total{end=\"cut\"} 2\n");
    close_stand(&stand);
}

static void test_a_stall_before_any_sentence_is_no_answer(void **state)
{
    assert_one_fails((struct scripted_answer){HEAD SAY("The total"), true},
                     STATUS_DEADLINE_EXCEEDED);
}

static void test_a_loop_ends_the_answer(void **state)
{
    struct buf answer;
    struct stand stand;

    buf_init(&answer, SEEN_MAX_BYTES);
    assert_true(buf_append_str(&answer, HEAD SAY(GOOD_CLAIM)));
    for (int i = 0; i < 2000; i++)
        assert_true(buf_append_str(&answer, SAY("It is so and it is so. ")));
    struct scripted_answer answers[] = {{answer.data, true}};
    open_stand(&stand, answers, 1);
    assert_answer(&stand, "The total due is $215.00 (p. 1).", 1);
    assert_metric(&stand, "ocrmesh_endpoint_calls_total{endpoint=\"llm\",end=\"loops\"} 1\n");
    close_stand(&stand);
    buf_deinit(&answer);
}

static void test_a_sentence_is_said_once(void **state)
{
    static const struct scripted_answer answers[] = {
        {HEAD SAY(GOOD_CLAIM) SAY(GOOD_CLAIM) SAY(GOOD_CLAIM) STOP DONE, false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    assert_answer(&stand, "The total due is $215.00 (p. 1).", 1);
    close_stand(&stand);
}

static void test_a_server_that_fails_is_left_alone(void **state)
{
    static const struct scripted_answer answers[] = {{HEAD "data: nonsense\n\n", false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    for (int i = 0; i < 3; i++)
        assert_fails(&stand, STATUS_DATA_LOSS);
    assert_fails(&stand, STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(stand.server), 3);
    close_stand(&stand);
}

static void test_who_does_not_listen_ends_the_call(void **state)
{
    static const struct scripted_answer answers[] = {
        {HEAD SAY(GOOD_CLAIM) SAY("The tenant may not sublet [P2].\\n"), true}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    stand.deltas_wanted = 1;
    assert_int_equal(ask(&stand), STATUS_CANCELLED);
    assert_int_equal(stand.delta_count, 1);
    close_stand(&stand);
}

static void test_an_interrupted_caller_asks_nothing(void **state)
{
    static const struct scripted_answer answers[] = {GOOD};
    struct stand stand;

    open_stand(&stand, answers, 1);
    chat_model_caller_interrupt(stand.caller);
    assert_fails(&stand, STATUS_CANCELLED);
    assert_metric(&stand, "ocrmesh_chat_model_questions_total{end=\"cancelled\"} 1\n");
    close_stand(&stand);
}

static void test_wrong_settings_are_named(void **state)
{
    struct chat_model_settings settings = {.url = "",
                                           .model = "",
                                           .endpoint.api_key = "",
                                           .endpoint.ca_file = "",
                                           .context_tokens = 2048,
                                           .answer_tokens = 512};
    struct chat_model *model;
    struct status st;

    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_OK);
    assert_null(model);
    settings.url = "ftp://x";
    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "CHAT_LLM_URL"));
    settings.url = "http://127.0.0.1:1";
    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "CHAT_LLM_MODEL"));
    settings.model = "m";
    settings.answer_tokens = 1025;
    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "CHAT_LLM_TOKENS"));
    settings.answer_tokens = 512;
    settings.endpoint.api_key = "with space";
    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_FAILED_PRECONDITION);
    assert_null(strstr(st.message, "with space"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_answer_is_handed_on_sentence_by_sentence),
        cmocka_unit_test(test_a_server_that_does_not_stream_is_heard_too),
        cmocka_unit_test(test_what_does_not_hold_is_cut_out),
        cmocka_unit_test(test_a_model_that_does_not_know_says_so),
        cmocka_unit_test(test_an_answer_of_which_nothing_holds_is_none),
        cmocka_unit_test(test_garbage_is_no_answer),
        cmocka_unit_test(test_an_error_status_is_no_answer),
        cmocka_unit_test(test_a_busy_server_is_asked_again),
        cmocka_unit_test(test_a_line_of_a_mebibyte_is_no_answer),
        cmocka_unit_test(test_a_sentence_without_end_is_no_answer),
        cmocka_unit_test(test_what_was_checked_stays_when_the_stream_breaks_off),
        cmocka_unit_test(test_a_stall_before_any_sentence_is_no_answer),
        cmocka_unit_test(test_a_loop_ends_the_answer),
        cmocka_unit_test(test_a_sentence_is_said_once),
        cmocka_unit_test(test_a_server_that_fails_is_left_alone),
        cmocka_unit_test(test_who_does_not_listen_ends_the_call),
        cmocka_unit_test(test_an_interrupted_caller_asks_nothing),
        cmocka_unit_test(test_wrong_settings_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
