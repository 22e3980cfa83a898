#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/hex.h"

/* What the C library thinks of each byte as a digit, in the C locale. */
static void test_digits_have_their_values_in_both_cases(void **state)
{
    for (int byte = 0; byte < 256; byte++) {
        const char digit[] = {(char)byte, '\0'};

        assert_int_equal(hex_value((char)byte),
                         isxdigit(byte) != 0 ? (int)strtol(digit, NULL, 16) : -1);
    }
}

static void test_bytes_become_lower_case_digits(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x09, 0x9a, 0xf0, 0xff};
    char text[2 * sizeof(bytes) + 1];

    hex_write(bytes, sizeof(bytes), text);
    assert_string_equal(text, "00099af0ff");
    hex_write(bytes, 0, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits_have_their_values_in_both_cases),
        cmocka_unit_test(test_bytes_become_lower_case_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
