/* Translation by servers that play recorded answers, and by Apertium itself. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>

#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "services/ocr/translate/translate.h"

#define MODES "/usr/share/apertium/modes"

#define OK(body)                                                                                   \
    {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body, false}
#define STATUS(line) {"HTTP/1.1 " line "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false}
#define LANGUAGES                                                                                  \
    OK("[{\"code\":\"en\",\"name\":\"English\",\"targets\":[\"de\",\"fr\"]},"                      \
       "{\"code\":\"de\",\"name\":\"German\",\"targets\":[\"en\"]}]")
#define CHAT(content)                                                                              \
    OK("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":" content "}}]}")

#define HALF                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"choi"

enum { ARENA_MAX_BYTES = 16 << 20, LONG_MS = 20000, SHORT_MS = 50, BATCH_TEXTS = 60 };

struct stand {
    struct translate_settings settings;
    struct translator *translator;
    struct http_client *client;
    struct arena *arena;
    struct scripted_server *server;
};

static struct stand stand;

static int open_test(void **state)
{
    stand = (struct stand){
        .settings = {.chat_url = "",
                     .chat_model = "model",
                     .chat_key = "",
                     .libre_url = "",
                     .libre_key = "",
                     .ca_file = "",
                     .apertium_modes = "",
                     .apertium_program = getenv("APERTIUM_PROGRAM"),
                     .timeout_ms = LONG_MS,
                     .calls_max = 4,
                     .breaker_failures = 2,
                     .breaker_pause_ms = LONG_MS},
        .client = http_client_new(),
        .arena = arena_new(ARENA_MAX_BYTES),
    };
    return 0;
}

static int close_test(void **state)
{
    translator_free(stand.translator);
    http_client_free(stand.client);
    arena_free(stand.arena);
    if (stand.server != NULL)
        scripted_server_stop(stand.server);
    return 0;
}

static void start(void)
{
    struct status st;

    assert_int_equal(translator_new(&stand.settings, &stand.translator, &st), STATUS_OK);
}

static void start_libre(const struct scripted_answer *answers, size_t count)
{
    stand.server = scripted_server_start(answers, count);
    stand.settings.libre_url = scripted_server_url(stand.server);
    stand.settings.libre_key = "libre-secret";
    start();
}

static void start_chat(const struct scripted_answer *answers, size_t count)
{
    stand.server = scripted_server_start(answers, count);
    stand.settings.chat_url = scripted_server_url(stand.server);
    stand.settings.chat_key = "chat-secret";
    start();
}

static status_code translate(const char *from, const char *to, const char *const *texts,
                             size_t count, const char ***ret_texts, struct status *st)
{
    const struct translate_request request = {
        .source = from == NULL ? NULL : language_find(str_of(from)),
        .target = language_find(str_of(to)),
        .texts = texts,
        .count = count,
        .client = stand.client,
    };

    return translator_run(stand.translator, &request, stand.arena, ret_texts, st);
}

static const char *const hello[] = {"Good morning", "The house"};

static void test_libretranslate_translates_text_by_text(void **state)
{
    static const struct scripted_answer answers[] = {
        LANGUAGES, OK("{\"translatedText\":[\"Guten Morgen\",\"Das Haus\"]}")};
    const char **texts;
    struct status st;

    start_libre(answers, ARRAY_LENGTH(answers));
    assert_int_equal(translate("en", "de", hello, 2, &texts, &st), STATUS_OK);
    assert_string_equal(texts[0], "Guten Morgen");
    assert_string_equal(texts[1], "Das Haus");
    assert_non_null(strstr(scripted_server_request(stand.server, 0), "GET /languages HTTP/1.1"));
    const char *asked = scripted_server_request(stand.server, 1);
    assert_non_null(strstr(asked, "POST /translate HTTP/1.1"));
    assert_non_null(strstr(asked, "\"q\":[\"Good morning\",\"The house\"]"));
    assert_non_null(strstr(asked, "\"source\":\"en\",\"target\":\"de\",\"format\":\"text\""));
    assert_non_null(strstr(asked, "\"api_key\":\"libre-secret\""));
}

static void test_a_pair_that_works_is_accepted_and_others_are_refused_by_name(void **state)
{
    static const struct scripted_answer answers[] = {LANGUAGES};
    struct status st = {0};

    start_libre(answers, ARRAY_LENGTH(answers));
    assert_int_equal(translator_check(stand.translator, "auto", "de", &st), STATUS_OK);
    assert_int_equal(translator_check(stand.translator, "en", "fr", &st), STATUS_OK);
    assert_int_equal(translator_check(stand.translator, "ja+en", "de-AT", &st), STATUS_OK);
    assert_int_equal(translator_check(stand.translator, "ja", "de", &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNSUPPORTED_PAIR");
    assert_string_equal(st.field, "translate_to");
    assert_non_null(strstr(st.message, "en-de, en-fr, de-en"));
    assert_int_equal(translator_check(stand.translator, "auto", "ja", &st),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(translator_check(stand.translator, "auto", "germna", &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNKNOWN_LANGUAGE");
    assert_string_equal(st.field, "translate_to");
    assert_int_equal(scripted_server_count(stand.server), 1);
}

/* As Apertium's Norwegian pairs are, Bokmål and Nynorsk. */
static void test_a_pair_by_two_names_is_told_once(void **state)
{
    static const struct scripted_answer answers[] = {
        OK("[{\"code\":\"en\",\"targets\":[\"de\",\"deu\"]}]")};
    struct status st = {0};

    start_libre(answers, ARRAY_LENGTH(answers));
    assert_int_equal(translator_check(stand.translator, "ja", "de", &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(strrchr(st.message, ':'), ": en-de");
}

static void test_a_server_that_is_away_is_no_refusal_for_good(void **state)
{
    static const struct scripted_answer answers[] = {STATUS("503 Busy"), LANGUAGES};
    struct status st = {0};

    start_libre(answers, ARRAY_LENGTH(answers));
    assert_int_equal(translator_check(stand.translator, "en", "de", &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "TRANSLATOR_UNAVAILABLE");
    assert_int_equal(translator_check(stand.translator, "en", "de", &st), STATUS_OK);
}

static void *check_pair(void *arg)
{
    struct status *st = arg;

    (void)!translator_check(stand.translator, "en", "de", st);
    return NULL;
}

/* In a row they would be three questions, of a connection each. */
static void test_who_waits_for_a_silent_server_waits_once(void **state)
{
    static const struct scripted_answer answers[] = {{"", true}};
    struct status st[3] = {{0}};
    pthread_t threads[ARRAY_LENGTH(st)];

    stand.settings.timeout_ms = 3000; /* in which all three have begun to wait */
    start_libre(answers, ARRAY_LENGTH(answers));
    for (size_t i = 0; i < ARRAY_LENGTH(st); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, check_pair, &st[i]), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(st); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(st[i].code, STATUS_UNAVAILABLE);
    }
    assert_in_range(scripted_server_count(stand.server), 1, ARRAY_LENGTH(st) - 1);
}

static void test_nothing_configured_translates_nothing(void **state)
{
    struct status st = {0};

    start();
    assert_false(translator_is_there(stand.translator));
    assert_int_equal(translator_check(stand.translator, "en", "de", &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNSUPPORTED_PAIR");
}

static void test_a_chat_model_translates_any_pair(void **state)
{
    static const struct scripted_answer answers[] = {
        CHAT("\"```json\\n[\\\"Guten Morgen\\\",\\\"Das Haus\\\"]\\n```\"")};
    const char **texts;
    struct status st;

    start_chat(answers, ARRAY_LENGTH(answers));
    assert_int_equal(translator_check(stand.translator, "ja", "sw", &st), STATUS_OK);
    assert_int_equal(translate(NULL, "de", hello, 2, &texts, &st), STATUS_OK);
    assert_string_equal(texts[1], "Das Haus");
    const char *asked = scripted_server_request(stand.server, 0);
    assert_non_null(strstr(asked, "POST /chat/completions HTTP/1.1"));
    assert_non_null(strstr(asked, "Authorization: Bearer chat-secret"));
    assert_non_null(strstr(asked, "into German"));
}

/* As OCR_VLM_URL may, which is taken where there is no other. */
static void test_a_models_url_may_name_the_call_itself(void **state)
{
    static const struct scripted_answer answers[] = {CHAT("\"[\\\"Eins\\\",\\\"Zwei\\\"]\"")};
    char url[SCRIPTED_URL_SIZE + 32];
    const char **texts;
    struct status st;

    stand.server = scripted_server_start(answers, ARRAY_LENGTH(answers));
    (void)snprintf(url, sizeof(url), "%s/v1/chat/completions", scripted_server_url(stand.server));
    stand.settings.chat_url = url;
    start();
    assert_int_equal(translate("en", "de", hello, 2, &texts, &st), STATUS_OK);
    assert_non_null(strstr(scripted_server_request(stand.server, 0), "POST /v1/chat/completions "));
}

static void test_bad_settings_are_named_without_their_secrets(void **state)
{
    struct status st = {0};

    stand.settings.chat_url = "http://host/v1";
    stand.settings.chat_key = "s3cret\r\nX-Injected: 1";
    assert_int_equal(translator_new(&stand.settings, &stand.translator, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "OCR_TRANSLATE_API_KEY"));
    assert_null(strstr(st.message, "s3cret"));
}

/* Two failures in a row, as the stand's breaker has it; the other server goes on. */
static void test_a_server_that_dies_is_left_alone_and_the_next_one_asked(void **state)
{
    static const struct scripted_answer dead[] = {{"", false}};
    static const struct scripted_answer answers[] = {
        LANGUAGES, OK("{\"translatedText\":[\"Guten Morgen\",\"Das Haus\"]}")};
    struct scripted_server *chat = scripted_server_start(dead, 1);
    const char **texts;
    struct status st;
    struct buf out;

    stand.settings.chat_url = scripted_server_url(chat);
    start_libre(answers, ARRAY_LENGTH(answers));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(translate("en", "de", hello, 2, &texts, &st), STATUS_OK);
        assert_string_equal(texts[1], "Das Haus");
    }
    assert_int_equal(scripted_server_count(chat), 2);
    assert_int_equal(translate("en", "ja", hello, 2, &texts, &st), STATUS_UNAVAILABLE);
    assert_non_null(strstr(st.message, "the language model was asked, but it has failed"));
    buf_init(&out, 1 << 16);
    translator_write_metrics(stand.translator, &out);
    assert_non_null(strstr(out.data, "{by=\"chat\"} 0\n"));
    assert_non_null(strstr(out.data, "{by=\"libre\"} 4\n"));
    assert_non_null(strstr(out.data, "{by=\"none\"} 1\n"));
    buf_deinit(&out);
    scripted_server_stop(chat);
}

static void assert_fails(const struct scripted_answer *answer, status_code code)
{
    const char **texts;
    struct status st = {0};

    (void)open_test(NULL);
    stand.settings.timeout_ms = answer->holds ? SHORT_MS : LONG_MS;
    start_chat(answer, 1);
    assert_int_equal(translate("en", "de", hello, 2, &texts, &st), code);
    assert_null(strstr(st.message, "chat-secret"));
    (void)close_test(NULL);
}

static void test_broken_answers_are_none(void **state)
{
    static const struct {
        struct scripted_answer answer;
        status_code code;
    } cases[] = {
        {CHAT("\"[\\\"one alone\\\"]\""), STATUS_DATA_LOSS},
        {CHAT("\"[\\\"one\\\", 2]\""), STATUS_DATA_LOSS},
        {CHAT("\"I cannot do that.\""), STATUS_DATA_LOSS},
        {OK("{\"choices\":[]}"), STATUS_DATA_LOSS},
        {OK("not JSON"), STATUS_DATA_LOSS},
        {STATUS("401 Unauthorized"), STATUS_FAILED_PRECONDITION},
        {STATUS("429 Too Many Requests"), STATUS_UNAVAILABLE},
        {STATUS("500 Oops"), STATUS_UNAVAILABLE},
        {{"", false}, STATUS_DATA_LOSS},
        {{HALF, false}, STATUS_DATA_LOSS},
        {{HALF, true}, STATUS_DEADLINE_EXCEEDED},
        {{"", true}, STATUS_DEADLINE_EXCEEDED},
    };

    (void)close_test(NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_fails(&cases[i].answer, cases[i].code);
    (void)open_test(NULL);
}

static void test_an_interrupted_translation_ends(void **state)
{
    static const struct scripted_answer answers[] = {{"", true}};
    const char **texts;
    struct status st;

    start_chat(answers, ARRAY_LENGTH(answers));
    http_client_interrupt(stand.client);
    assert_int_equal(translate("en", "de", hello, 2, &texts, &st), STATUS_CANCELLED);
}

/* --- Apertium --- */

static void need_apertium(void)
{
    if (access(MODES "/eng-spa.mode", R_OK) != 0)
        skip();
    stand.settings.apertium_modes = MODES;
}

static void test_apertium_translates_its_pairs(void **state)
{
    static const char *const texts[] = {"The red house.", "Good morning",
                                        "Total: $5 [see ^page$ 2/3] \\ {x} <b> @"};
    const char **translated;
    struct status st = {0};

    need_apertium();
    start();
    assert_int_equal(translator_check(stand.translator, "en", "es-MX", &st), STATUS_OK);
    assert_int_equal(translator_check(stand.translator, "ja", "es", &st), STATUS_INVALID_ARGUMENT);
    if (translate("en", "es", texts, 3, &translated, &st) != STATUS_OK)
        fail_msg("not translated: %s", st.message);
    assert_string_equal(translated[0], "La casa roja.");
    assert_string_equal(translated[1], "Buenos días");
    assert_non_null(strstr(translated[2], "$5 ["));
    assert_non_null(strstr(translated[2], "^"));
    assert_non_null(strstr(translated[2], "\\ {x} <b> @"));
}

/* A table of hundreds of cells: a program that tells of each start. */
static void test_apertium_is_started_once_a_page(void **state)
{
    const char *texts[BATCH_TEXTS * 3];
    char folder[] = "/tmp/test-translate.XXXXXX";
    char program[sizeof(folder) + 10], starts[sizeof(folder) + 10];
    const char **translated;
    struct status st = {0};
    struct stat size;

    need_apertium();
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        texts[i] = "The house";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(program, sizeof(program), "%s/program", folder);
    (void)snprintf(starts, sizeof(starts), "%s/starts", folder);
    FILE *script = fopen(program, "w");
    assert_non_null(script);
    (void)fprintf(script, "#!/bin/sh\necho >>%s\nexec cat\n", starts);
    assert_int_equal(fclose(script), 0);
    assert_int_equal(chmod(program, 0700), 0);
    stand.settings.apertium_program = program;
    start();
    status_code code = translate("en", "es", texts, ARRAY_LENGTH(texts), &translated, &st);
    bool is_there = stat(starts, &size) == 0;
    (void)unlink(program);
    (void)unlink(starts);
    (void)rmdir(folder);
    assert_int_equal(code, STATUS_OK);
    assert_string_equal(translated[BATCH_TEXTS * 3 - 1], "The house");
    assert_true(is_there);
    assert_int_equal(size.st_size, 1);
}

static void test_apertium_is_ended_in_time(void **state)
{
    const char **translated;
    struct status st;

    need_apertium();
    stand.settings.timeout_ms = 1;
    start();
    assert_int_equal(translate("en", "es", hello, 2, &translated, &st), STATUS_DEADLINE_EXCEEDED);
}

static void test_a_missing_program_is_told(void **state)
{
    const char **translated;
    struct status st;

    need_apertium();
    stand.settings.apertium_program = "/nonexistent";
    start();
    assert_int_equal(translate("en", "es", hello, 2, &translated, &st), STATUS_UNAVAILABLE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_test, close_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_libretranslate_translates_text_by_text),
        TEST(test_a_pair_that_works_is_accepted_and_others_are_refused_by_name),
        TEST(test_a_pair_by_two_names_is_told_once),
        TEST(test_a_server_that_is_away_is_no_refusal_for_good),
        TEST(test_who_waits_for_a_silent_server_waits_once),
        TEST(test_nothing_configured_translates_nothing),
        TEST(test_a_chat_model_translates_any_pair),
        TEST(test_a_models_url_may_name_the_call_itself),
        TEST(test_bad_settings_are_named_without_their_secrets),
        TEST(test_a_server_that_dies_is_left_alone_and_the_next_one_asked),
        TEST(test_broken_answers_are_none),
        TEST(test_an_interrupted_translation_ends),
        TEST(test_apertium_translates_its_pairs),
        TEST(test_apertium_is_started_once_a_page),
        TEST(test_apertium_is_ended_in_time),
        TEST(test_a_missing_program_is_told),
    };
    struct status st;

    return http_start(&st) != STATUS_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
