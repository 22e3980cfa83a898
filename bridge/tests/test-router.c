#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/router.h"

struct params {
    char text[256];
};

static void note(const char *name, struct str value, void *data)
{
    struct params *params = data;
    size_t used = strlen(params->text);

    (void)snprintf(params->text + used, sizeof(params->text) - used, "%s=%.*s;", name, (int)value.n,
                   value.p);
}

static bool matches(const char *pattern, const char *path, const char *expected)
{
    struct params params = {""};
    bool is_match = router_match(pattern, str_of(path), note, &params);

    if (is_match)
        assert_string_equal(params.text, expected);
    return is_match;
}

/* API: Clients that must work unchanged, B6. */
static void test_path_fits_with_and_without_its_last_slash(void **state)
{
    assert_true(matches("/api/v1/ocr/", "/api/v1/ocr/", ""));
    assert_true(matches("/api/v1/ocr/", "/api/v1/ocr", ""));
    assert_true(matches("/api/v1/ocr/<uuid>/", "/api/v1/ocr/0af", "uuid=0af;"));
    assert_true(matches("/api/v1/ocr/<uuid>/download/", "/api/v1/ocr/0af/download/", "uuid=0af;"));
}

static void test_other_paths_do_not_fit(void **state)
{
    assert_false(matches("/api/v1/ocr/", "/api/v1/ocr//", ""));
    assert_false(matches("/api/v1/ocr/", "/api/v1/ocrs/", ""));
    assert_false(matches("/api/v1/ocr/", "/api/v1/", ""));
    assert_false(matches("/api/v1/ocr/", "api/v1/ocr/", ""));
    assert_false(matches("/api/v1/ocr/", "", ""));
    assert_false(matches("/api/v1/ocr/", "*", ""));
    assert_false(matches("/api/v1/ocr/<uuid>/", "/api/v1/ocr/", ""));
    assert_false(matches("/api/v1/ocr/<uuid>/", "/api/v1/ocr//", ""));
    assert_false(matches("/api/v1/ocr/<uuid>/", "/api/v1/ocr/a/b/", ""));
}

static void test_table_has_no_pattern_twice_for_a_method(void **state)
{
    size_t count;
    const struct route *table = routes(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_false(strcmp(table[i].method, table[j].method) == 0 &&
                         strcmp(table[i].pattern, table[j].pattern) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_fits_with_and_without_its_last_slash),
        cmocka_unit_test(test_other_paths_do_not_fit),
        cmocka_unit_test(test_table_has_no_pattern_twice_for_a_method),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
