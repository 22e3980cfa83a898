/* Replies of servers, and texts that go round in circles. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/endpoint/repetition.h"
#include "lib/endpoint/reply.h"

#define STREAM "text/event-stream"
#define WHOLE  "application/json"

#define CHUNK(delta) "data: {\"choices\":[{\"index\":0,\"delta\":" delta "}]}\n\n"
#define STOPPED      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"

/* Feeds an answer in pieces of so many bytes. */
static status_code read_reply(const char *media_type, const char *answer, size_t piece,
                              char *ret_text, size_t size, struct status *st)
{
    struct reply reply;
    struct str text;
    struct str rest = str_of(answer);

    reply_init(&reply);
    while (rest.n > 0) {
        size_t length = rest.n < piece ? rest.n : piece;
        if (!reply_feed(&reply, media_type, (struct str){rest.p, length}))
            break;
        rest.p += length;
        rest.n -= length;
    }
    status_code code = reply_end(&reply, &text, st);
    if (code == STATUS_OK)
        (void)snprintf(ret_text, size, "%.*s", (int)text.n, text.p);
    reply_deinit(&reply);
    return code;
}

static void assert_text(const char *media_type, const char *answer, const char *wanted)
{
    char text[256];
    struct status st;

    for (size_t piece = 1; piece < 60; piece += 7) {
        assert_int_equal(read_reply(media_type, answer, piece, text, sizeof(text), &st), STATUS_OK);
        assert_string_equal(text, wanted);
    }
}

static void assert_fails(const char *media_type, const char *answer, status_code wanted)
{
    char text[256];
    struct status st = {0};

    assert_int_equal(read_reply(media_type, answer, 1000, text, sizeof(text), &st), wanted);
    assert_true(st.message[0] != '\0');
}

/* As vLLM, llama.cpp and Ollama stream: a role first, nulls, counts of tokens at the end. */
static void test_streams_are_put_together(void **state)
{
    assert_text(STREAM,
                ": ping\n\n" CHUNK("{\"role\":\"assistant\",\"content\":null}")
                    CHUNK("{\"content\":\"# Gr\"}") CHUNK("{\"content\":\"\\u00fc\\u00dfe\"}")
                        STOPPED
                "data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\ndata: [DONE]\n\n",
                "# Gr\u00fc\u00dfe");
    assert_text(STREAM, CHUNK("{\"content\":\"no reason\"}") "data: [DONE]\n\n", "no reason");
    assert_text(STREAM, STOPPED, "");
}

static void test_a_whole_answer_is_read_too(void **state)
{
    assert_text(WHOLE,
                "{\"choices\":[{\"message\":{\"content\":\"text\"},\"finish_reason\":\"stop\"}]}",
                "text");
}

static void test_tokens_are_counted_as_the_server_does(void **state)
{
    struct reply reply;

    reply_init(&reply);
    assert_true(reply_feed(&reply, STREAM, STR(CHUNK("{\"content\":\"x\"}") STOPPED)));
    assert_int_equal(reply.prompt_tokens, 0);
    assert_true(reply_feed(
        &reply, STREAM,
        STR("data: "
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":41,\"completion_tokens\":7}}\n\n")));
    assert_int_equal(reply.prompt_tokens, 41);
    assert_int_equal(reply.completion_tokens, 7);
    /* Nonsense is not added up. */
    assert_true(reply_feed(
        &reply, STREAM,
        STR("data: "
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":1e99}}\n\n")));
    assert_int_equal(reply.prompt_tokens, 0);
    assert_int_equal(reply.completion_tokens, 0);
    reply_deinit(&reply);
}

static void test_what_is_no_answer_is_refused(void **state)
{
    assert_fails("text/html", "<p>Log in</p>", STATUS_DATA_LOSS);
    assert_fails("", "{}", STATUS_DATA_LOSS);
    assert_fails(WHOLE, "{}", STATUS_DATA_LOSS);
    assert_fails(WHOLE, "[1]", STATUS_DATA_LOSS);
    assert_fails(WHOLE, "", STATUS_DATA_LOSS);
    assert_fails(WHOLE, "{\"choices\":[{\"message\":{\"content\":7}}]}", STATUS_DATA_LOSS);
    assert_fails(WHOLE, "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}", STATUS_DATA_LOSS);
    assert_fails(STREAM, "data: nonsense\n\n", STATUS_DATA_LOSS);
    assert_fails(STREAM, "data: {\"error\":{\"message\":\"no\"}}\n\n", STATUS_INTERNAL);
}

static void test_what_does_not_end_is_refused(void **state)
{
    assert_fails(STREAM, CHUNK("{\"content\":\"half\"}"), STATUS_DATA_LOSS);
    assert_fails(STREAM, "", STATUS_DATA_LOSS);
    assert_fails(STREAM,
                 "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":"
                 "\"length\"}]}\n\ndata: [DONE]\n\n",
                 STATUS_DATA_LOSS);
    assert_fails(WHOLE,
                 "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}",
                 STATUS_DATA_LOSS);
}

static void test_an_event_without_end_is_refused(void **state)
{
    static char event[REPLY_EVENT_MAX_BYTES + 100];

    memset(event, 'x', sizeof(event) - 1);
    memcpy(event, "data: ", 6);
    assert_fails(STREAM, event, STATUS_RESOURCE_EXHAUSTED);
}

static void test_a_loop_ends_the_reading_before_the_answer_ends(void **state)
{
    struct reply reply;
    struct str text;
    struct status st;
    bool goes_on = true;
    int fed = 0;

    reply_init(&reply);
    for (; goes_on && fed < 10000; fed++)
        goes_on = reply_feed(&reply, STREAM, STR(CHUNK("{\"content\":\"and so it goes on, \"}")));
    assert_true(fed < 200);
    assert_int_equal(reply_end(&reply, &text, &st), STATUS_ABORTED);
    reply_deinit(&reply);
}

static bool loops(const char *head, const char *round, int rounds, const char *tail)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    assert_true(buf_append_str(&text, head));
    for (int i = 0; i < rounds; i++)
        assert_true(buf_append_str(&text, round));
    assert_true(buf_append_str(&text, tail));
    bool is_loop = repetition_is_at_end(buf_str(&text));
    buf_deinit(&text);
    return is_loop;
}

static void test_loops_are_told_from_pages_that_repeat_themselves(void **state)
{
    static const char sentence[] = "The committee met on the third floor of the old town hall. ";

    assert_true(loops("A page.\n", sentence, 20, "The committee me"));
    assert_true(loops("", "| 0 | 0 |\n", 200, ""));
    assert_true(loops("", "\xe6\x9d\xb1\xe4\xba\xac", 200, ""));
    assert_true(loops("", ".", 5000, ""));
    /* A refrain, rows of zeros, leaders, an empty form. */
    assert_false(loops("A page.\n", sentence, 5, ""));
    assert_false(loops("Balance\n", "| 0 | 0 | 0 |\n", 12, ""));
    assert_false(loops("1.2 Scope ", ". ", 200, "17"));
    assert_false(loops("", "|  |  |  |\n", 60, ""));
    /* It is over: something else came after it. */
    assert_false(loops("", sentence, 20, "Then it went home and wrote the minutes."));
    assert_false(loops("", "", 0, ""));
}

static void test_running_text_is_no_loop(void **state)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        assert_true(buf_printf(&text, "word%d ", (int)random_below(1000)));
        assert_false(i % 100 == 0 && repetition_is_at_end(buf_str(&text)));
    }
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_are_put_together),
        cmocka_unit_test(test_a_whole_answer_is_read_too),
        cmocka_unit_test(test_tokens_are_counted_as_the_server_does),
        cmocka_unit_test(test_what_is_no_answer_is_refused),
        cmocka_unit_test(test_what_does_not_end_is_refused),
        cmocka_unit_test(test_an_event_without_end_is_refused),
        cmocka_unit_test(test_a_loop_ends_the_reading_before_the_answer_ends),
        cmocka_unit_test(test_loops_are_told_from_pages_that_repeat_themselves),
        cmocka_unit_test(test_running_text_is_no_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
