#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/str.h"
#include "services/ocr/extract/extract.h"
#include "services/ocr/extract/fields.h"

enum {
    CHARACTER_PX = 10,
    LINE_PX = 30,
    LETTER_PX = 20,
    WORDS_MAX = 400,
    ARENA_MAX_BYTES = 16 << 20,
};

static struct arena *arena;

static int open_test(void **state)
{
    arena = arena_new(ARENA_MAX_BYTES);
    return arena == NULL ? -1 : 0;
}

static int close_test(void **state)
{
    arena_free(arena);
    return 0;
}

/* Adds a page that is set in letters of one width, as it stands in the source; three spaces or more
 * part segments. */
static void add_page(struct rows *rows, uint32_t page_index, const char *text)
{
    struct extract_word *words = ARENA_NEW_ARRAY(arena, struct extract_word, WORDS_MAX);
    size_t count = 0;
    struct str rest = str_of(text);
    struct str line;
    struct status st;

    for (int32_t y = 0; str_next_token(&rest, '\n', &line); y += LINE_PX)
        for (size_t i = 0; i < line.n;) {
            size_t end = i;
            while (end < line.n && line.p[end] != ' ')
                end++;
            if (end > i) {
                assert_true(count < WORDS_MAX);
                words[count++] = (struct extract_word){
                    .text = arena_strndup(arena, line.p + i, end - i),
                    .box = {(int32_t)i * CHARACTER_PX, y, (int32_t)end * CHARACTER_PX,
                            y + LETTER_PX},
                    .confidence = 0.9F,
                };
            }
            i = end + 1;
        }
    assert_int_equal(rows_add_page(rows, page_index, words, count, arena, &st), STATUS_OK);
}

static struct extraction extract(const char *text)
{
    struct rows rows = {NULL, 0};
    struct extraction extraction;
    struct status st;

    add_page(&rows, 0, text);
    assert_int_equal(extract_run(&rows, arena, &extraction, &st), STATUS_OK);
    return extraction;
}

static const char *value_of(const struct extraction *extraction, const char *name)
{
    const struct extract_pair *pair = fields_get(extraction, name);

    return pair == NULL ? "" : pair->value.value;
}

static void assert_holds(const struct extraction *extraction, const char *name)
{
    for (size_t i = 0; i < extraction->check_count; i++)
        if (strcmp(extraction->checks[i].name, name) == 0) {
            assert_true(extraction->checks[i].holds);
            return;
        }
    fail_msg("the sum '%s' was not checked", name);
}

static void assert_item(const struct extract_item *item, const char *description,
                        const char *quantity, const char *unit_price, const char *amount)
{
    const struct {
        const struct extract_value *value;
        const char *wanted;
    } values[] = {
        {&item->description, description},
        {&item->quantity, quantity},
        {&item->unit_price, unit_price},
        {&item->amount, amount},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
        assert_string_equal(values[i].value->text == NULL ? "" : values[i].value->value,
                            values[i].wanted);
}

static const char invoice[] =
    "Acme Corporation                                      INVOICE\n"
    "12 Harbour Street                          Invoice No.: INV-2026-0042\n"
    "Springfield                                Invoice Date: March 3, 2026\n"
    "                                           Due Date: 04/02/2026\n"
    "Bill To:\n"
    "Globex Ltd\n"
    "5 Ocean Drive\n"
    "\n"
    "Description                 Qty      Unit Price        Amount\n"
    "Anvil, large                  2          100.00       $200.00\n"
    "Rope, per metre              10            1.25        $12.50\n"
    "with hook\n"
    "\n"
    "                                       Subtotal       $212.50\n"
    "                                      Tax (10%)        $21.25\n"
    "                                          Total       $233.75\n";

static void test_an_invoice_is_taken_apart(void **state)
{
    struct extraction found = extract(invoice);

    assert_string_equal(value_of(&found, "invoice_number"), "INV-2026-0042");
    assert_string_equal(value_of(&found, "invoice_date"), "2026-03-03");
    assert_string_equal(value_of(&found, "due_date"), "2026-04-02");
    assert_string_equal(value_of(&found, "seller"), "Acme Corporation");
    assert_string_equal(value_of(&found, "buyer"), "Globex Ltd");
    assert_string_equal(value_of(&found, "subtotal"), "212.50");
    assert_string_equal(value_of(&found, "tax"), "21.25");
    assert_string_equal(value_of(&found, "total"), "233.75");
    assert_string_equal(value_of(&found, "currency"), "USD");
    assert_int_equal(found.item_count, 2);
    assert_item(&found.items[0], "Anvil, large", "2", "100.00", "200.00");
    assert_item(&found.items[1], "Rope, per metre with hook", "10", "1.25", "12.50");
    assert_true(found.items[0].is_checked);
    assert_holds(&found, "line_items");
    assert_holds(&found, "total");
}

static void test_a_value_has_label_place_and_confidence(void **state)
{
    struct extraction found = extract(invoice);
    const struct extract_pair *number = fields_get(&found, "invoice_number");

    assert_string_equal(number->label, "Invoice No");
    assert_string_equal(number->value.text, "INV-2026-0042");
    assert_int_equal(number->value.page_index, 0);
    assert_int_equal(number->value.box.x0, 56 * CHARACTER_PX);
    assert_int_equal(number->value.box.x1, 69 * CHARACTER_PX);
    assert_int_equal(number->value.box.y0, LINE_PX);
    assert_true(number->value.confidence > 0.89F && number->value.confidence <= 0.9F);
}

static void test_sums_that_are_wrong_are_told(void **state)
{
    struct extraction found = extract("Invoice no 7\n"
                                      "Item         Qty   Price    Total\n"
                                      "Bolt           3    2.00     7.00\n"
                                      "Subtotal                     6.00\n"
                                      "VAT                          1.00\n"
                                      "Grand total                  9.00\n");

    assert_int_equal(found.item_count, 1);
    assert_false(found.items[0].is_checked);
    assert_int_equal(found.check_count, 2);
    assert_false(found.checks[0].holds);
    assert_string_equal(found.checks[0].computed, "7.00");
    assert_string_equal(found.checks[0].stated, "6.00");
    assert_false(found.checks[1].holds);
}

static void test_a_receipt_has_no_heads_of_columns(void **state)
{
    struct extraction found = extract("       CORNER CAFE\n"
                                      "     12 Market Square\n"
                                      " 14/02/2026   18:31\n"
                                      "2 Flat white          7.00\n"
                                      "Croissant             2.40 A\n"
                                      "Orange juice\n"
                                      "  2 x 3.10            6.20\n"
                                      "SUBTOTAL             15.60\n"
                                      "VAT 20%               2.60\n"
                                      "TOTAL               £15.60\n"
                                      "CASH                £20.00\n"
                                      "CHANGE               £4.40\n");

    assert_string_equal(value_of(&found, "seller"), "CORNER CAFE");
    assert_string_equal(value_of(&found, "invoice_date"), "2026-02-14");
    assert_string_equal(value_of(&found, "total"), "15.60");
    assert_string_equal(value_of(&found, "amount_paid"), "20.00");
    assert_string_equal(value_of(&found, "change"), "4.40");
    assert_string_equal(value_of(&found, "currency"), "GBP");
    assert_int_equal(found.item_count, 3);
    assert_item(&found.items[0], "Flat white", "2", "", "7.00");
    assert_item(&found.items[1], "Croissant", "", "", "2.40");
    assert_item(&found.items[2], "Orange juice", "2", "3.10", "6.20");
    assert_true(found.items[2].is_checked);
    assert_holds(&found, "line_items");
}

static void test_a_german_invoice(void **state)
{
    struct extraction found = extract("Muster GmbH\n"
                                      "Rechnungs-Nr.: 2026/117     Rechnungsdatum: 31. März 2026\n"
                                      "Fällig am: 14.04.2026\n"
                                      "Bezeichnung        Menge   Einzelpreis   Betrag\n"
                                      "Wartung             1,5        80,00     120,00 €\n"
                                      "Anfahrt               1     1.030,00   1.030,00 €\n"
                                      "Zwischensumme                          1.150,00 €\n"
                                      "MwSt. 19 %                               218,50 €\n"
                                      "Gesamtbetrag                           1.368,50 €\n");

    assert_string_equal(value_of(&found, "invoice_number"), "2026/117");
    assert_string_equal(value_of(&found, "invoice_date"), "2026-03-31");
    assert_string_equal(value_of(&found, "due_date"), "2026-04-14");
    assert_string_equal(value_of(&found, "tax"), "218.50");
    assert_string_equal(value_of(&found, "total"), "1368.50");
    assert_string_equal(value_of(&found, "currency"), "EUR");
    assert_int_equal(found.item_count, 2);
    assert_item(&found.items[0], "Wartung", "1.5", "80.00", "120.00");
    assert_holds(&found, "line_items");
    assert_holds(&found, "total");
}

static void test_values_beneath_their_labels_are_found(void **state)
{
    struct extraction found = extract("Invoice number      Date of issue      Due date\n"
                                      "F-1009              2026-01-31         2026-02-28\n"
                                      "\n"
                                      "From                          Bill to\n"
                                      "Initech                       Hooli Inc\n");

    assert_string_equal(value_of(&found, "invoice_number"), "F-1009");
    assert_string_equal(value_of(&found, "invoice_date"), "2026-01-31");
    assert_string_equal(value_of(&found, "due_date"), "2026-02-28");
    assert_string_equal(value_of(&found, "seller"), "Initech");
    assert_string_equal(value_of(&found, "buyer"), "Hooli Inc");
}

/* Card numbers, counts and years are no amounts where amounts have cents. */
static void test_whole_numbers_are_no_money_where_there_are_cents(void **state)
{
    struct extraction found = extract("Bread               2.10\n"
                                      "Total items            1\n"
                                      "VISA acct           1850\n"
                                      "Sales tax        unclear\n"
                                      "Total               2.10\n"
                                      "Total due 2026\n");

    assert_string_equal(value_of(&found, "total"), "2.10");
    assert_string_equal(value_of(&found, "tax"), "");
    assert_string_equal(value_of(&found, "amount_paid"), "");
}

static void test_a_label_and_its_value_may_be_one_word(void **state)
{
    struct extraction found = extract("Facture n°562044387 du 02 Juillet 2026\n"
                                      "Date limite de paiement le 05 Juillet 2026\n"
                                      "Sold By : Exemple SARL\n");

    assert_string_equal(value_of(&found, "invoice_number"), "562044387");
    assert_string_equal(value_of(&found, "invoice_date"), "2026-07-02");
    assert_string_equal(value_of(&found, "due_date"), "2026-07-05");
    assert_string_equal(value_of(&found, "seller"), "Exemple SARL");
}

static void test_items_go_on_over_pages(void **state)
{
    struct rows rows = {NULL, 0};
    struct extraction found;
    struct status st;

    add_page(&rows, 0, "Item        Qty   Price    Amount\nBolt          1    2.00      2.00\n");
    add_page(&rows, 1, "Nut           2    3.00      6.00\nTotal                        8.00\n");
    assert_int_equal(extract_run(&rows, arena, &found, &st), STATUS_OK);

    assert_int_equal(found.item_count, 2);
    assert_int_equal(found.items[1].amount.page_index, 1);
    assert_int_equal(fields_get(&found, "total")->value.page_index, 1);
    assert_holds(&found, "line_items");
}

static void test_plain_text_has_neither_values_nor_items(void **state)
{
    struct extraction found = extract("It was the best of times, it was the worst of times, and\n"
                                      "the total of what was to be said came to no more than\n"
                                      "that the date of the invoice was of no interest.\n");

    assert_int_equal(found.item_count, 0);
    assert_string_equal(value_of(&found, "total"), "");
    assert_string_equal(value_of(&found, "invoice_number"), "");
    assert_string_equal(value_of(&found, "invoice_date"), "");
    assert_int_equal(found.check_count, 0);
}

static void test_an_empty_document_has_nothing(void **state)
{
    struct extraction found = extract("");

    assert_int_equal(found.pair_count, 0);
    assert_int_equal(found.item_count, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_test, close_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_invoice_is_taken_apart),
        TEST(test_a_value_has_label_place_and_confidence),
        TEST(test_sums_that_are_wrong_are_told),
        TEST(test_a_receipt_has_no_heads_of_columns),
        TEST(test_a_german_invoice),
        TEST(test_values_beneath_their_labels_are_found),
        TEST(test_whole_numbers_are_no_money_where_there_are_cents),
        TEST(test_a_label_and_its_value_may_be_one_word),
        TEST(test_items_go_on_over_pages),
        TEST(test_plain_text_has_neither_values_nor_items),
        TEST(test_an_empty_document_has_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
