#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/translate/mode.h"

static status_code parse(const char *line, struct mode *mode)
{
    struct status st;

    (void)snprintf(mode->text, sizeof(mode->text), "%s", line);
    return mode_parse(mode, &st);
}

static void test_a_pipeline_is_taken_apart(void **state)
{
    struct mode mode;

    assert_int_equal(parse("lt-proc -w '/usr/share/a b.bin' | apertium-tagger -g $2 \"c.prob\" | "
                           "lt-proc $1 d.bin\n",
                           &mode),
                     STATUS_OK);
    assert_int_equal(mode.stage_count, 3);
    assert_string_equal(mode.stages[0].arguments[0], "lt-proc");
    assert_string_equal(mode.stages[0].arguments[2], "/usr/share/a b.bin");
    assert_null(mode.stages[0].arguments[3]);
    assert_string_equal(mode.stages[1].arguments[2], "c.prob");
    assert_null(mode.stages[1].arguments[3]);
    assert_string_equal(mode.stages[2].arguments[1], "-n");
}

/* Nothing that a shell would do more with is ever run. */
static void test_what_is_for_a_shell_is_refused(void **state)
{
    static const char *const lines[] = {
        "",      "|",      "a |",  "a | | b", "a; b", "a && b", "a > b",
        "a `b`", "a $(b)", "a $3", "a 'b",    "a b*", "a\\ b",  "a 1 2 3 4 5 6 7 8 9 10 11 12",
    };
    struct mode mode;

    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        if (parse(lines[i], &mode) == STATUS_OK)
            fail_msg("'%s' is taken for a pipeline", lines[i]);
}

static void test_a_pair_is_no_path(void **state)
{
    struct mode mode;
    struct status st;

    assert_int_equal(mode_read("/usr/share", "../../etc/passwd", &mode, &st), STATUS_NOT_FOUND);
    assert_int_equal(mode_read("/nonexistent", "eng-spa", &mode, &st), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pipeline_is_taken_apart),
        cmocka_unit_test(test_what_is_for_a_shell_is_refused),
        cmocka_unit_test(test_a_pair_is_no_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
