#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/str.h"
#include "services/ocr/extract/amount.h"
#include "services/ocr/extract/date.h"

enum { WORDS_MAX = 16, ARENA_MAX_BYTES = 1 << 20 };

static struct arena *arena;

static int open_group(void **state)
{
    arena = arena_new(ARENA_MAX_BYTES);
    return arena == NULL ? -1 : 0;
}

static int close_group(void **state)
{
    arena_free(arena);
    return 0;
}

static const struct row *row_of(const char *text)
{
    struct extract_word *words = ARENA_NEW_ARRAY(arena, struct extract_word, WORDS_MAX);
    struct rows rows = {NULL, 0};
    struct str rest = str_of(text);
    struct str word;
    size_t count = 0;
    int32_t x = 0;
    struct status st;

    while (str_next_token(&rest, ' ', &word)) {
        words[count++] = (struct extract_word){
            .text = arena_strndup(arena, word.p, word.n),
            .box = {x, 0, x + (int32_t)word.n * 10, 20},
            .confidence = 1,
        };
        x += (int32_t)word.n * 10 + 8;
    }
    assert_int_equal(rows_add_page(&rows, 0, words, count, arena, &st), STATUS_OK);
    return &rows.rows[0];
}

static void assert_amount(const char *text, const char *value, const char *currency)
{
    char formatted[AMOUNT_TEXT_SIZE];
    struct amount amount;

    if (!amount_read(row_of(text), 0, 0, &amount))
        fail_msg("'%s' is no amount", text);
    amount_format(amount.value, amount.decimals, formatted);
    assert_string_equal(formatted, value);
    assert_string_equal(amount.currency, currency);
}

static void test_amounts_are_read_however_they_are_printed(void **state)
{
    assert_amount("12", "12", "");
    assert_amount("12.50", "12.50", "");
    assert_amount("$1,234.50", "1234.50", "USD");
    assert_amount("1.234,50 €", "1234.50", "EUR");
    assert_amount("1 234,50 €", "1234.50", "EUR");
    assert_amount("12 345 678", "12345678", "");
    assert_amount("EUR 1.234", "1234", "EUR");
    assert_amount("€ 99", "99", "EUR");
    assert_amount("0.125", "0.125", "");
    assert_amount("1,00,000.00", "100000.00", "");
    assert_amount("1'234.50", "1234.50", "");
    assert_amount("(12.00)", "-12.00", "");
    assert_amount("-$5.00", "-5.00", "USD");
    assert_amount("12,-", "12", "");
    assert_amount("¥1,980", "1980", "JPY");
    assert_amount("1980円", "1980", "JPY");
    assert_amount("₹ 1,299.00", "1299.00", "INR");
    assert_amount("CHF 10.05", "10.05", "CHF");
}

static void test_other_numbers_are_no_amounts(void **state)
{
    static const char *const others[] = {
        "20%",   "20 %",           "A12", "3pcs", "12.03.2026", "12/03",      "10:30",
        "1.2.3", "12345678901234", "$",   "-",    "x",          "1234.56789",
    };
    struct amount amount;

    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (amount_read(row_of(others[i]), 0, 0, &amount))
            fail_msg("'%s' is an amount", others[i]);
}

static void assert_date(const char *text, date_order order, const char *wanted)
{
    char formatted[DATE_TEXT_SIZE];
    struct date date;

    if (!date_read(row_of(text), 0, order, &date))
        fail_msg("'%s' is no date", text);
    date_format(&date, formatted);
    assert_string_equal(formatted, wanted);
}

static void test_dates_are_read_however_they_are_printed(void **state)
{
    assert_date("2026-03-31", DATE_DAY_FIRST, "2026-03-31");
    assert_date("2026/3/1", DATE_DAY_FIRST, "2026-03-01");
    assert_date("31.03.2026", DATE_MONTH_FIRST, "2026-03-31");
    assert_date("03/31/26", DATE_DAY_FIRST, "2026-03-31");
    assert_date("04/03/2026", DATE_DAY_FIRST, "2026-03-04");
    assert_date("04/03/2026", DATE_MONTH_FIRST, "2026-04-03");
    assert_date("March 31st, 2026", DATE_DAY_FIRST, "2026-03-31");
    assert_date("31 March 2026", DATE_MONTH_FIRST, "2026-03-31");
    assert_date("31-Mar-2026", DATE_DAY_FIRST, "2026-03-31");
    assert_date("1er août 2026", DATE_DAY_FIRST, "2026-08-01");
    assert_date("31 de marzo de 2026", DATE_DAY_FIRST, "2026-03-31");
    assert_date("2. Dezember 1999", DATE_DAY_FIRST, "1999-12-02");
    assert_date("2026年3月31日", DATE_DAY_FIRST, "2026-03-31");
}

static void test_what_is_in_no_calendar_is_no_date(void **state)
{
    static const char *const others[] = {
        "31.02.2026", "2026-13-01", "10:30:15", "12 March",         "Mars bar 2",
        "99/99/99",   "1234-56-78", "2026",     "marketing 1 2026",
    };
    struct date date;

    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (date_read(row_of(others[i]), 0, DATE_DAY_FIRST, &date))
            fail_msg("'%s' is a date", others[i]);
}

static void test_products_are_rounded_and_never_overflow(void **state)
{
    int64_t product;

    assert_true(amount_multiply(15000, 800000, &product)); /* 1.5 * 80 */
    assert_int_equal(product, 1200000);
    assert_false(amount_multiply(INT64_MAX, 2, &product));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_read_however_they_are_printed),
        cmocka_unit_test(test_other_numbers_are_no_amounts),
        cmocka_unit_test(test_dates_are_read_however_they_are_printed),
        cmocka_unit_test(test_what_is_in_no_calendar_is_no_date),
        cmocka_unit_test(test_products_are_rounded_and_never_overflow),
    };

    return cmocka_run_group_tests(tests, open_group, close_group);
}
