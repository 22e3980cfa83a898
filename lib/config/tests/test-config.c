#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/config/config.h"

struct settings {
    const char *listen;
    const char *serve;
    int64_t threads;
    bool is_verbose;
    int64_t grace_ms;
    int64_t upload_bytes;
};

static const struct config_entry entries[] = {
    {"T_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, listen), "127.0.0.1:1", "address", 0, 0},
    {"T_SERVE", CONFIG_RPC_ADDRESS, offsetof(struct settings, serve), "[::]:1", "address", 0, 0},
    {"T_THREADS", CONFIG_INTEGER, offsetof(struct settings, threads), "4", "threads", 1, 64},
    {"T_VERBOSE", CONFIG_BOOLEAN, offsetof(struct settings, is_verbose), "no", "talk", 0, 0},
    {"T_GRACE", CONFIG_DURATION_MS, offsetof(struct settings, grace_ms), "30s", "grace", 0, 0},
    {"T_UPLOAD", CONFIG_BYTES, offsetof(struct settings, upload_bytes), "50MiB", "upload", 0, 0},
};
static const struct config_entry required[] = {
    {"T_URL", CONFIG_STRING, offsetof(struct settings, listen), NULL, "where it is", 0, 0},
};

static int clear(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++)
        unsetenv(entries[i].name);
    unsetenv("T_URL");
    return 0;
}

static status_code load(struct settings *settings, struct status *st)
{
    return config_load(entries, ARRAY_LENGTH(entries), settings, st);
}

static void test_defaults_fill_what_is_unset_or_empty(void **state)
{
    struct settings settings;
    struct status st = {0};

    setenv("T_THREADS", "", 1);
    assert_int_equal(load(&settings, &st), STATUS_OK);
    assert_string_equal(settings.listen, "127.0.0.1:1");
    assert_int_equal(settings.threads, 4);
    assert_false(settings.is_verbose);
    assert_int_equal(settings.grace_ms, 30000);
    assert_int_equal(settings.upload_bytes, 50 * 1024 * 1024);
}

static void test_the_environment_wins(void **state)
{
    struct settings settings;
    struct status st = {0};

    setenv("T_LISTEN", "[::]:5", 1);
    setenv("T_THREADS", "64", 1);
    setenv("T_VERBOSE", "ON", 1);
    setenv("T_GRACE", "2h", 1);
    setenv("T_UPLOAD", "2GiB", 1);
    assert_int_equal(load(&settings, &st), STATUS_OK);
    assert_string_equal(settings.listen, "[::]:5");
    assert_int_equal(settings.threads, 64);
    assert_true(settings.is_verbose);
    assert_int_equal(settings.grace_ms, 2 * 60 * 60 * 1000);
    assert_int_equal(settings.upload_bytes, INT64_C(2) << 30);
}

static void test_addresses_are_taken_as_they_are(void **state)
{
    static const char *const cases[][2] = {
        {"T_LISTEN", "[::1]:0"},           {"T_LISTEN", "bridge.example:65535"},
        {"T_SERVE", "0.0.0.0:50051"},      {"T_SERVE", "unix:/run/ocrmesh.socket"},
        {"T_SERVE", "unix-abstract:mesh"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct settings settings;
        struct status st = {0};
        clear(state);
        setenv(cases[i][0], cases[i][1], 1);
        assert_int_equal(load(&settings, &st), STATUS_OK);
        assert_string_equal(strcmp(cases[i][0], "T_LISTEN") == 0 ? settings.listen : settings.serve,
                            cases[i][1]);
    }
}

static void test_a_bad_value_names_the_variable_and_what_it_expects(void **state)
{
    static const struct {
        const char *name, *value, *expected;
    } cases[] = {
        {"T_LISTEN", "8080", "T_LISTEN must be an address such as 127.0.0.1:8080"},
        {"T_LISTEN", ":8080", "not ':8080'"},
        {"T_LISTEN", "127.0.0.1:", "not '127.0.0.1:'"},
        {"T_LISTEN", "127.0.0.1:http", "not '127.0.0.1:http'"},
        {"T_LISTEN", "127.0.0.1:65536", "not '127.0.0.1:65536'"},
        {"T_LISTEN", "::1:8080", "not '::1:8080'"},
        {"T_LISTEN", "unix:/run/socket", "not 'unix:/run/socket'"},
        {"T_SERVE", "8080",
         "T_SERVE must be an address such as 127.0.0.1:50051, [::]:50051 or unix"},
        {"T_THREADS", "0", "T_THREADS must be a whole number, 1 to 64, not '0'"},
        {"T_THREADS", "65", "1 to 64"},
        {"T_THREADS", "4x", "T_THREADS must be a whole number"},
        {"T_THREADS", "99999999999999999999", "T_THREADS must be a whole number"},
        {"T_VERBOSE", "maybe", "T_VERBOSE must be true or false"},
        {"T_GRACE", "30", "T_GRACE must be a duration such as"},
        {"T_GRACE", "s", "T_GRACE must be a duration such as"},
        {"T_GRACE", "-1s", "T_GRACE must be a duration such as"},
        {"T_GRACE", "9223372036854775807d", "T_GRACE must be a duration such as"},
        {"T_UPLOAD", "50MB", "T_UPLOAD must be a size such as"},
        {"T_UPLOAD", "1 KiB", "T_UPLOAD must be a size such as"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct settings settings;
        struct status st = {0};
        clear(state);
        setenv(cases[i].name, cases[i].value, 1);
        assert_int_equal(load(&settings, &st), STATUS_INVALID_ARGUMENT);
        if (strstr(st.message, cases[i].expected) == NULL)
            fail_msg("'%s' lacks '%s'", st.message, cases[i].expected);
    }
}

static void test_a_required_value_must_be_set(void **state)
{
    struct settings settings;
    struct status st = {0};

    assert_int_equal(config_load(required, 1, &settings, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.message, "T_URL must be set: where it is");
}

static void test_help_lists_every_variable_with_its_default(void **state)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");

    assert_non_null(out);
    config_print_help(out, "tester", "tests", entries, ARRAY_LENGTH(entries));
    config_print_help(out, "tester", "tests", required, 1);
    fclose(out);
    assert_non_null(strstr(text, "T_LISTEN\n      address (default: 127.0.0.1:1)"));
    assert_non_null(strstr(text, "threads; 1 to 64 (default: 4)"));
    assert_non_null(strstr(text, "where it is (required)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults_fill_what_is_unset_or_empty, clear),
        cmocka_unit_test_setup(test_the_environment_wins, clear),
        cmocka_unit_test_setup(test_addresses_are_taken_as_they_are, clear),
        cmocka_unit_test_setup(test_a_bad_value_names_the_variable_and_what_it_expects, clear),
        cmocka_unit_test_setup(test_a_required_value_must_be_set, clear),
        cmocka_unit_test_setup(test_help_lists_every_variable_with_its_default, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
