#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/export/xlsx/number.h"

static void expect_number(const char *text, const char *value, unsigned decimals, bool is_grouped)
{
    struct xlsx_number number;

    if (!xlsx_number_read(str_of(text), &number))
        fail_msg("\"%s\" is no number", text);
    assert_string_equal(number.text, value);
    assert_int_equal(number.decimals, decimals);
    assert_int_equal(number.is_grouped, is_grouped);
}

static void test_plain_numbers_are_numbers_in_every_country(void **state)
{
    expect_number("0", "0", 0, false);
    expect_number("42", "42", 0, false);
    expect_number("-7", "-7", 0, false);
    expect_number("\xE2\x88\x92"
                  "7",
                  "-7", 0, false);
    expect_number("999999999", "999999999", 0, false);
    expect_number("12.50", "12.50", 2, false);
    expect_number("12,50", "12.50", 2, false);
    expect_number("0,125", "0.125", 3, false);
    expect_number("1234.567", "1234.567", 3, false);
    expect_number("1,234.50", "1234.50", 2, true);
    expect_number("1.234,50", "1234.50", 2, true);
    expect_number("1,234,567", "1234567", 0, true);
    expect_number("-1.234.567", "-1234567", 0, true);
    expect_number("1,234,567.8", "1234567.8", 1, true);
}

static void test_what_may_be_anything_else_stays_text(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "1,234",
        "1.234",
        "007",
        "0171",
        "00.5",
        "+49",
        "1234567890",
        "4915123456789",
        "1 234",
        "12 %",
        "12%",
        "$12",
        "12-",
        "(12)",
        "1e5",
        "0x10",
        "NaN",
        "1,23,456",
        "12,345,67",
        "1234,567,890",
        "1.234.567,8.",
        "1..2",
        ".5",
        "5.",
        "1.2.3",
        "31.12.2025",
        "1,234.5678901",
        "١٢",
        "=1",
        "12a",
        "1,234,567,890,123,456",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct xlsx_number number;

        if (xlsx_number_read(str_of(texts[i]), &number))
            fail_msg("\"%s\" is taken for %s", texts[i], number.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_numbers_are_numbers_in_every_country),
        cmocka_unit_test(test_what_may_be_anything_else_stays_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
