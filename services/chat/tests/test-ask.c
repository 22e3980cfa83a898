/* From a question to a checked answer, over pages made by hand. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/http/tests/scripted_server.h"
#include "lib/log/log.h"
#include "services/chat/ask.h"
#include "services/chat/model/model.h"
#include "services/chat/tests/page_fixture.h"

enum { ARENA_BYTES = 64 << 20, DELTAS_MAX = 4096, PAGES = 2, LONG_MS = 60000 };

typedef Ocrmesh__Document__V1__Page page_message;

struct fixture {
    struct arena *arena;
    struct buf bytes;
    struct document_index *index;
    page_message *pages[PAGES];
    int pages_read;
    struct buf deltas;
    bool has_gone;                    /* who takes the deltas */
    struct chat_model_caller *caller; /* NULL: there is no model */
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    static const char *const texts[PAGES] = {
        "The agreement is made between the harbour and Lindqvist Shipping.",
        "The monthly fee is 1250 euros and includes water and electricity.",
    };
    struct passages passages;
    struct status st = {0};

    log_start("test-chat-ask", LOG_ERROR + 1);
    fixture->arena = arena_new(ARENA_BYTES);
    buf_init(&fixture->bytes, DOCUMENT_INDEX_MAX_BYTES);
    buf_init(&fixture->deltas, DELTAS_MAX);
    for (uint32_t i = 0; i < PAGES; i++) {
        page_message *page = fixture->pages[i] = fixture_page(fixture->arena, i, "en");

        fixture_block(fixture->arena, page, KIND(PARAGRAPH), texts[i]);
        page->text = (char *)fixture_text(fixture->arena, page);
    }
    passages = fixture_passages(fixture->arena, fixture->pages, PAGES);
    assert_int_equal(document_index_build(&passages, &fixture->bytes, &st), STATUS_OK);
    assert_int_equal(document_index_open(buf_str(&fixture->bytes), &fixture->index, &st),
                     STATUS_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    document_index_free(fixture->index);
    buf_deinit(&fixture->deltas);
    buf_deinit(&fixture->bytes);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static status_code read_page(void *arg, uint32_t page_index, struct arena *arena,
                             const page_message **ret_page, struct status *st)
{
    struct fixture *fixture = arg;

    assert_true(page_index < PAGES);
    fixture->pages_read++;
    *ret_page = fixture->pages[page_index];
    return STATUS_OK;
}

static bool take_delta(void *arg, struct str piece)
{
    struct fixture *fixture = arg;

    return !fixture->has_gone && buf_append(&fixture->deltas, piece.p, piece.n);
}

static struct message ask(struct fixture *fixture, const char *text, int64_t *ret_dropped)
{
    const struct ask asked = {
        .index = fixture->index,
        .model = fixture->caller,
        .deadline_ns = TIME_NEVER,
        .text = str_of(text),
        .read_page = read_page,
        .on_delta = take_delta,
        .arg = fixture,
    };
    struct message answer;
    struct status st = {0};

    if (ask_answer(&asked, fixture->arena, &answer, ret_dropped, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_int_equal(fixture->deltas.length, answer.content.n);
    assert_memory_equal(fixture->deltas.data, answer.content.p, answer.content.n);
    return answer;
}

static void test_answer_has_its_page_and_only_that_is_read(void **state)
{
    struct fixture *fixture = *state;
    int64_t dropped;
    struct message answer = ask(fixture, "What is the monthly fee?", &dropped);

    assert_true(answer.is_grounded);
    assert_int_equal(answer.source, SOURCE_EXTRACTIVE);
    assert_non_null(memmem(answer.content.p, answer.content.n, "1250", 4));
    assert_int_equal(answer.citation_count, 1);
    assert_int_equal(answer.citations[0].page_index, 1);
    assert_int_equal(fixture->pages_read, 1);
    assert_int_equal(dropped, 0);
}

static void test_what_is_not_there_is_not_answered(void **state)
{
    struct fixture *fixture = *state;
    int64_t dropped;
    struct message answer = ask(fixture, "Who won the football championship?", &dropped);

    assert_false(answer.is_grounded);
    assert_int_equal(answer.citation_count, 0);
    assert_true(answer.content.n > 0);
    assert_int_equal(fixture->pages_read, 0);
}

/* Whatever became of the index: what the page does not say is not said. */
static void test_answer_that_is_not_on_its_page_never_leaves(void **state)
{
    struct fixture *fixture = *state;
    page_message *page = fixture->pages[1];
    int64_t dropped;

    page->blocks[0]->text = (char *)"The monthly fee is 9999 euros and includes nothing.";
    page->text = page->blocks[0]->text;
    struct message answer = ask(fixture, "What is the monthly fee?", &dropped);
    assert_false(answer.is_grounded);
    assert_int_equal(answer.citation_count, 0);
    assert_null(memmem(answer.content.p, answer.content.n, "1250", 4));
    assert_int_equal(dropped, 1);
}

static void test_caller_who_has_gone_ends_the_answer(void **state)
{
    struct fixture *fixture = *state;
    const struct ask asked = {
        .index = fixture->index,
        .text = STR("What is the monthly fee?"),
        .read_page = read_page,
        .on_delta = take_delta,
        .arg = fixture,
    };
    struct message answer;
    struct status st = {0};
    int64_t dropped;

    fixture->has_gone = true;
    assert_int_equal(ask_answer(&asked, fixture->arena, &answer, &dropped, &st), STATUS_CANCELLED);
}

static status_code has_no_time(void *arg, struct status *st)
{
    return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "no time is left");
}

static void test_an_answer_takes_no_longer_than_it_may(void **state)
{
    struct fixture *fixture = *state;
    const struct ask asked = {
        .index = fixture->index,
        .text = STR("What is the monthly fee?"),
        .read_page = read_page,
        .on_delta = take_delta,
        .check_wanted = has_no_time,
        .arg = fixture,
    };
    struct message answer;
    struct status st = {0};
    int64_t dropped;

    assert_int_equal(ask_answer(&asked, fixture->arena, &answer, &dropped, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(fixture->deltas.length, 0);
}

/* --- with a model that says what is played --- */

#define SAYS(text)                                                                                 \
    {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"              \
     "{\"choices\":[{\"message\":{\"content\":\"" text "\"},\"finish_reason\":\"stop\"}]}",        \
     false}

static struct message ask_model(struct fixture *fixture, const struct scripted_answer *played,
                                int64_t *ret_dropped)
{
    struct scripted_server *server = scripted_server_start(played, 1);
    const struct chat_model_settings settings = {
        .url = scripted_server_url(server),
        .model = "played",
        .endpoint.api_key = "",
        .endpoint.ca_file = "",
        .context_tokens = 4096,
        .answer_tokens = 512,
        .endpoint.connect_ms = LONG_MS,
        .endpoint.first_byte_ms = LONG_MS,
        .endpoint.stall_ms = LONG_MS,
        .total_ms = LONG_MS,
        .endpoint.calls_max = 1,
        .endpoint.breaker_failures = 1,
        .endpoint.breaker_pause_ms = LONG_MS,
    };
    struct chat_model *model;
    struct status st;

    assert_int_equal(chat_model_new(&settings, &model, &st), STATUS_OK);
    assert_int_equal(chat_model_caller_new(model, &fixture->caller, &st), STATUS_OK);
    struct message answer = ask(fixture, "What is the monthly fee?", ret_dropped);
    chat_model_caller_free(fixture->caller);
    chat_model_free(model);
    scripted_server_stop(server);
    return answer;
}

static void test_what_the_model_says_is_the_answer_where_it_holds(void **state)
{
    static const struct scripted_answer played = SAYS("The monthly fee is 1250 euros [P1].");
    struct fixture *fixture = *state;
    int64_t dropped;
    struct message answer = ask_model(fixture, &played, &dropped);

    assert_int_equal(answer.source, SOURCE_MODEL);
    assert_true(answer.is_grounded);
    assert_int_equal(answer.citation_count, 1);
    assert_int_equal(answer.citations[0].page_index, 1);
    assert_non_null(memmem(answer.content.p, answer.content.n, "1250 euros (p. 2).", 18));
    assert_int_equal(dropped, 0);
}

static void test_where_the_model_fails_the_document_speaks(void **state)
{
    static const struct scripted_answer played[] = {
        SAYS("The monthly fee is 9999 euros [P1]."),
        SAYS("It is 1250 euros [P999]."),
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false},
        {"garbage", false},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(played); i++) {
        int64_t dropped;
        buf_clear(&fixture->deltas);
        struct message answer = ask_model(fixture, &played[i], &dropped);
        assert_int_equal(answer.source, SOURCE_FALLBACK);
        assert_true(answer.is_grounded);
        assert_null(memmem(answer.content.p, answer.content.n, "9999", 4));
        assert_non_null(memmem(answer.content.p, answer.content.n, "1250", 4));
    }
}

static void test_a_model_that_does_not_know_is_believed(void **state)
{
    static const struct scripted_answer played = SAYS("NO_ANSWER");
    int64_t dropped;
    struct message answer = ask_model(*state, &played, &dropped);

    assert_int_equal(answer.source, SOURCE_MODEL);
    assert_false(answer.is_grounded);
    assert_int_equal(answer.citation_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answer_has_its_page_and_only_that_is_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_there_is_not_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_that_is_not_on_its_page_never_leaves, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_caller_who_has_gone_ends_the_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_takes_no_longer_than_it_may, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_the_model_says_is_the_answer_where_it_holds,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_where_the_model_fails_the_document_speaks, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_model_that_does_not_know_is_believed, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
