#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/program/program.h"

struct settings {
    int64_t threads;
};

static const struct config_entry entries[] = {
    {"T_THREADS", CONFIG_INTEGER, offsetof(struct settings, threads), "4", "threads", 1, 64},
};

/* Runs program_start() in a child with `argument` (NULL: none); then, where it came back, signals
 * itself and waits. Returns the exit status (the signal's number where it came so far) and what
 * went to stdout and stderr. */
static int run(const char *argument, char ret_output[static 4096])
{
    int pipe_fds[2];
    char *argv[] = {(char *)"tester", (char *)argument, NULL};

    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct settings settings;
        dup2(pipe_fds[1], STDOUT_FILENO);
        dup2(pipe_fds[1], STDERR_FILENO);
        program_start(argument != NULL ? 2 : 1, argv, "tester", "tests", entries,
                      ARRAY_LENGTH(entries), &settings);
        raise(SIGPIPE);
        if (program_is_told_to_end())
            abort();
        kill(getpid(), SIGTERM);
        if (!program_is_told_to_end())
            abort();
        _exit(program_wait_for_signal());
    }
    assert_true(child > 0);
    close(pipe_fds[1]);
    size_t length = 0;
    for (ssize_t n; (n = read(pipe_fds[0], ret_output + length, 4095 - length)) > 0;)
        length += (size_t)n;
    ret_output[length] = '\0';
    close(pipe_fds[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int clear(void **state)
{
    unsetenv("T_THREADS");
    unsetenv("LOG_LEVEL");
    return 0;
}

static void test_a_program_waits_for_its_signal(void **state)
{
    char output[4096];

    assert_int_equal(run(NULL, output), SIGTERM);
    assert_string_equal(output, "");
}

static void test_help_prints_the_table(void **state)
{
    char output[4096];

    assert_int_equal(run("--help", output), 0);
    assert_non_null(strstr(output, "T_THREADS"));
    assert_non_null(strstr(output, "LOG_LEVEL"));
}

static void test_an_unknown_argument_is_refused(void **state)
{
    char output[4096];

    assert_int_equal(run("--verbose", output), 2);
    assert_non_null(strstr(output, "unknown argument '--verbose'"));
}

static void test_a_bad_value_ends_the_start(void **state)
{
    char output[4096];

    setenv("T_THREADS", "many", 1);
    assert_int_equal(run(NULL, output), 78);
    assert_non_null(strstr(output, "T_THREADS must be a whole number"));
}

static void test_a_bad_log_level_ends_the_start(void **state)
{
    char output[4096];

    setenv("LOG_LEVEL", "loud", 1);
    assert_int_equal(run(NULL, output), 78);
    assert_non_null(strstr(output, "LOG_LEVEL must be debug, info, warning or error"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_program_waits_for_its_signal, clear),
        cmocka_unit_test_setup(test_help_prints_the_table, clear),
        cmocka_unit_test_setup(test_an_unknown_argument_is_refused, clear),
        cmocka_unit_test_setup(test_a_bad_value_ends_the_start, clear),
        cmocka_unit_test_setup(test_a_bad_log_level_ends_the_start, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
