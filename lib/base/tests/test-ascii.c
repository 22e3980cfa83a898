/* Against libc's own tables in the locale "C", in which a test runs that does not choose one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "lib/base/ascii.h"

static void test_every_byte_is_what_libc_says(void **state)
{
    for (int byte = 0; byte <= UINT8_MAX; byte++) {
        char c = (char)byte;

        assert_int_equal(ascii_is_digit(c), isdigit(byte) != 0);
        assert_int_equal(ascii_is_letter(c), isalpha(byte) != 0);
        assert_int_equal(ascii_is_letter_or_digit(c), isalnum(byte) != 0);
        assert_int_equal(ascii_is_hex_digit(c), isxdigit(byte) != 0);
        assert_int_equal(ascii_is_space(c), isspace(byte) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_is_what_libc_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
