#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/base/trace_context.h"
#include "lib/log/log.h"

static FILE *capture;
static int real_stderr = -1;

static void capture_begin(void)
{
    capture = tmpfile();
    assert_non_null(capture);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(capture), STDERR_FILENO) >= 0);
}

/* What was written since capture_begin(), parsed by another program's JSON reader; NULL when there
 * was nothing. Asserts that it was one line. */
static json_t *capture_end(void)
{
    char text[8192];

    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    rewind(capture);
    size_t length = fread(text, 1, sizeof(text) - 1, capture);
    fclose(capture);
    if (length == 0)
        return NULL;
    assert_true(length <= 4096);
    text[length] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    json_error_t error;
    json_t *line = json_loads(text, 0, &error);
    if (line == NULL)
        fail_msg("%s in %s", error.text, text);
    return line;
}

static const char *string_of(json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

static void test_a_line_is_one_json_object(void **state)
{
    log_start("tester", LOG_INFO);
    capture_begin();
    log_write(LOG_WARNING, "job done", LOG_STRING("job_id", "a\"b\\c\n\x01"),
              LOG_INTEGER("pages", -7), LOG_REAL("seconds", 0.5), LOG_STRING("nothing", NULL),
              LOG_REAL("nan", 0.0 / 0.0));
    json_t *line = capture_end();

    assert_string_equal(string_of(line, "level"), "warning");
    assert_string_equal(string_of(line, "service"), "tester");
    assert_string_equal(string_of(line, "message"), "job done");
    assert_string_equal(string_of(line, "job_id"), "a\"b\\c\n\x01");
    assert_int_equal(json_integer_value(json_object_get(line, "pages")), -7);
    assert_true(json_real_value(json_object_get(line, "seconds")) == 0.5);
    assert_true(json_is_null(json_object_get(line, "nothing")));
    assert_true(json_is_null(json_object_get(line, "nan")));
    assert_int_equal(strlen(string_of(line, "time")), strlen("2026-01-31T09:08:07.123456Z"));
    json_decref(line);
}

static void test_a_line_tells_the_trace_that_the_thread_works_for(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                    &context));
    log_start("tester", LOG_INFO);
    struct trace_context before = trace_context_swap(context);
    capture_begin();
    log_write(LOG_INFO, "within");
    json_t *within = capture_end();
    (void)trace_context_swap(before);
    capture_begin();
    log_write(LOG_INFO, "after");
    json_t *after = capture_end();

    assert_string_equal(string_of(within, "trace_id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(string_of(within, "span_id"), "00f067aa0ba902b7");
    assert_null(json_object_get(after, "trace_id"));
    json_decref(within);
    json_decref(after);
}

static void test_a_line_below_the_level_is_not_written(void **state)
{
    log_start("tester", LOG_WARNING);
    capture_begin();
    log_write(LOG_INFO, "quiet");
    assert_null(capture_end());
    log_start("tester", LOG_INFO);
}

static void test_bytes_that_are_no_utf8_are_replaced(void **state)
{
    capture_begin();
    /* Overlong '/', a surrogate, a cut sequence, and one that is right. */
    log_write(LOG_INFO, "m", LOG_STRING("k", "\xc0\xaf \xed\xa0\x80 \xe2\x82 \xe2\x82\xac"));
    json_t *line = capture_end();

#define R "\xef\xbf\xbd"
    assert_string_equal(string_of(line, "k"), R R " " R R R " " R R " \xe2\x82\xac");
    json_decref(line);
}

static void test_long_text_is_cut_and_the_line_stays_whole(void **state)
{
    char text[3000];
    memset(text, '"', sizeof(text) - 1); /* each one takes two bytes */
    text[sizeof(text) - 1] = '\0';

    capture_begin();
    log_write(LOG_INFO, "m", LOG_STRING("a", text), LOG_STRING("b", text), LOG_INTEGER("c", 1));
    json_t *line = capture_end();

    assert_int_equal(strlen(string_of(line, "a")), 1024);
    assert_null(json_object_get(line, "b"));
    assert_int_equal(json_integer_value(json_object_get(line, "c")), 1);
    assert_true(json_is_true(json_object_get(line, "truncated")));
    json_decref(line);
}

static void test_a_failure_carries_the_status(void **state)
{
    struct status st = {0};
    (void)FAIL(&st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no job %s", "x");

    capture_begin();
    log_failure(LOG_ERROR, "call failed", &st, LOG_STRING("method", "/a/B"));
    json_t *line = capture_end();

    assert_string_equal(string_of(line, "code"), "NOT_FOUND");
    assert_string_equal(string_of(line, "reason"), "JOB_NOT_FOUND");
    assert_string_equal(string_of(line, "error"), "there is no job x");
    assert_string_equal(string_of(line, "method"), "/a/B");
    assert_non_null(strstr(string_of(line, "where"), "test-log.c:"));
    json_decref(line);
}

static void test_levels_are_parsed_by_name(void **state)
{
    log_level level = LOG_INFO;

    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_false(log_level_parse("loud", &level));
    assert_false(log_level_parse("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_one_json_object),
        cmocka_unit_test(test_a_line_tells_the_trace_that_the_thread_works_for),
        cmocka_unit_test(test_a_line_below_the_level_is_not_written),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(test_long_text_is_cut_and_the_line_stays_whole),
        cmocka_unit_test(test_a_failure_carries_the_status),
        cmocka_unit_test(test_levels_are_parsed_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
