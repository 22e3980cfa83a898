#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/file_window.h"

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(length > 0);
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

/* The file is "abc" "defgh" "ij", in these pieces. */
static void expect(int64_t first, int64_t limit, const char *expected, bool is_full)
{
    static const char *const pieces[] = {"abc", "defgh", "ij"};
    struct file_window window;
    struct buf out;
    struct status st = {0};

    buf_init(&out, 64);
    file_window_init(&window, keep, &out, first, limit);
    for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++)
        assert_int_equal(file_window_write(&window, pieces[i], strlen(pieces[i]), &st), STATUS_OK);
    assert_string_equal(out.data != NULL ? out.data : "", expected);
    assert_int_equal(file_window_is_full(&window), is_full);
    assert_int_equal(file_window_size(&window), 10);
    buf_deinit(&out);
}

static void test_only_the_bytes_of_the_window_pass(void **state)
{
    expect(0, 0, "abcdefghij", false);
    expect(0, 10, "abcdefghij", true);
    expect(0, 3, "abc", true);
    expect(3, 0, "defghij", false);
    expect(2, 3, "cde", true);
    expect(4, 1, "e", true);
    expect(9, 5, "j", false);
    expect(10, 0, "", false);
    expect(INT64_MAX, INT64_MAX, "", false);
}

static void test_a_window_to_nowhere_sees_how_long_the_file_is(void **state)
{
    struct file_window window;
    struct status st = {0};

    file_window_init(&window, NULL, NULL, 0, 0);
    assert_int_equal(file_window_write(&window, "abc", 3, &st), STATUS_OK);
    assert_int_equal(file_window_size(&window), 3);
    assert_false(file_window_is_full(&window));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_bytes_of_the_window_pass),
        cmocka_unit_test(test_a_window_to_nowhere_sees_how_long_the_file_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
