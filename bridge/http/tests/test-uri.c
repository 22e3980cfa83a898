#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/uri.h"

struct fixture {
    struct arena *arena;
    struct uri uri;
    struct status st;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new(1 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static status_code parse(struct fixture *fixture, struct str target)
{
    return uri_parse(target, fixture->arena, &fixture->uri, &fixture->st);
}

static void assert_parameter(struct fixture *fixture, const char *name, const char *expected)
{
    struct str value;

    assert_true(uri_parameter(&fixture->uri, name, &value));
    assert_true(str_equal(value, str_of(expected)));
    assert_int_equal(value.p[value.n], '\0');
}

static void test_path_and_parameters_are_split_and_decoded(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(parse(fixture, STR("/a/b%20c/?x=1&y=caf%C3%A9+au+lait&flag&&x=2&e=")),
                     STATUS_OK);
    assert_true(str_equal(fixture->uri.path, STR("/a/b%20c/")));
    assert_parameter(fixture, "x", "1");
    assert_parameter(fixture, "y", "caf\xC3\xA9 au lait");
    assert_parameter(fixture, "flag", "");
    assert_parameter(fixture, "e", "");
    struct str value;
    assert_false(uri_parameter(&fixture->uri, "z", &value));
}

static void test_absolute_and_asterisk_forms_are_read(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(parse(fixture, STR("http://host:80/a?b=c")), STATUS_OK);
    assert_true(str_equal(fixture->uri.path, STR("/a")));
    assert_parameter(fixture, "b", "c");
    assert_int_equal(parse(fixture, STR("https://host")), STATUS_OK);
    assert_true(str_equal(fixture->uri.path, STR("/")));
    assert_int_equal(parse(fixture, STR("*")), STATUS_OK);
    assert_true(str_equal(fixture->uri.path, STR("*")));
}

static void test_malformed_targets_are_refused(void **state)
{
    static const char *const bad[] = {"",        "a",       "?a=b",     "/a b",  "/a#b",
                                      "/\x80",   "/?a=%",   "/?a=%4",   "/?%zz", "/?a=%00",
                                      "/?a=%FF", "/?a=%0B", "ftp://x/", "/\x7F"};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(parse(*state, str_of(bad[i])), STATUS_INVALID_ARGUMENT);
}

static void test_limits_are_kept(void **state)
{
    struct fixture *fixture = *state;
    static char text[URI_TARGET_MAX + 2];

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_int_equal(parse(fixture, (struct str){text, URI_TARGET_MAX}), STATUS_OK);
    assert_int_equal(parse(fixture, (struct str){text, URI_TARGET_MAX + 1}),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(fixture->st.reason, "URI_TOO_LONG");

    struct buf many;
    buf_init(&many, sizeof(text));
    assert_true(buf_append_str(&many, "/?"));
    for (int i = 0; i < URI_PARAMETERS_MAX; i++)
        assert_true(buf_append_str(&many, "a=1&"));
    assert_int_equal(parse(fixture, buf_str(&many)), STATUS_OK);
    assert_true(buf_append_str(&many, "a=1"));
    assert_int_equal(parse(fixture, buf_str(&many)), STATUS_INVALID_ARGUMENT);
    buf_deinit(&many);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_path_and_parameters_are_split_and_decoded),
        TEST(test_absolute_and_asterisk_forms_are_read),
        TEST(test_malformed_targets_are_refused),
        TEST(test_limits_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
