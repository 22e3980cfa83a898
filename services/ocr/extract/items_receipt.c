/* Items of receipts, which have no heads of columns: the second half of items.h. */
#include <string.h>

#include "services/ocr/extract/date.h"
#include "services/ocr/extract/field_values.h"
#include "services/ocr/extract/items_internal.h"
#include "services/ocr/extract/label.h"

enum { QUANTITY_MAX = 999 /* at the start of a line; more is an article's number */ };

static bool is_times(const char *text)
{
    return strcmp(text, "x") == 0 || strcmp(text, "X") == 0 || strcmp(text, "@") == 0 ||
           strcmp(text, "×") == 0 || strcmp(text, "*") == 0;
}

/* "2 x 3.50" from a word on: takes both; returns the word behind, or `word`. */
static size_t read_times(struct items *items, const struct row *row, size_t word, size_t end,
                         struct extract_item *item)
{
    struct amount quantity, price;

    if (word + 2 >= end || !amount_read(row, word, 0, &quantity) ||
        !is_times(row->words[quantity.last + 1].text) ||
        !amount_read(row, quantity.last + 2, 0, &price) || price.last >= end)
        return word;
    items_set_amount(items, row, &quantity, &item->quantity);
    items_set_amount(items, row, &price, &item->unit_price);
    return price.last + 1;
}

/* The price at the right end: with two decimals, or a currency. */
static bool read_price(const struct row *row, struct amount *ret_price)
{
    for (size_t word = row->word_count; word-- > 0;) {
        struct amount amount;
        if (!amount_read(row, word, 0, &amount))
            continue;
        /* A letter behind the price tells the rate of its tax. */
        bool is_last =
            amount.last + 1 == row->word_count ||
            (amount.last + 2 == row->word_count && strlen(row->words[amount.last + 1].text) <= 2);
        if (!is_last || (amount.decimals != 2 && amount.currency[0] == '\0'))
            return false;
        /* A mark of a currency may stand before the number as a word of its own. */
        struct amount before;
        if (word > 0 && amount_read(row, word - 1, 0, &before) && before.last == amount.last &&
            before.value == amount.value)
            amount = before;
        *ret_price = amount;
        return true;
    }
    return false;
}

/* The words before the price: quantity, description, quantity times price. */
static void read_before_price(struct items *items, const struct row *row, size_t end,
                              struct extract_item *item)
{
    struct amount quantity;
    size_t first = read_times(items, row, 0, end, item);

    if (first == 0 && end > 1 && amount_read(row, 0, 0, &quantity) && quantity.decimals == 0 &&
        quantity.currency[0] == '\0' && quantity.value > 0 &&
        quantity.value <= (int64_t)QUANTITY_MAX * AMOUNT_UNIT && quantity.last + 1 < end) {
        items_set_amount(items, row, &quantity, &item->quantity);
        first = quantity.last + 1;
        if (is_times(row->words[first].text) && first + 1 < end)
            first++;
    }
    size_t last = end;
    for (size_t word = first + 1; word < end && item->unit_price.text == NULL; word++)
        if (read_times(items, row, word, end, item) > word)
            last = word;
    /* Amounts at its end are of columns that nobody named. */
    struct amount column;
    while (last > first + 1 && amount_read(row, last - 1, 0, &column) && column.decimals == 2)
        last--;
    if (first < last)
        items_set_text(items, row, first, last - 1, &item->description);
}

void items_read_receipt_row(struct items *items, const struct row *row)
{
    struct extract_item item = {.is_checked = false};
    struct amount price;
    struct label label;
    struct date date;

    if (row->token_count == 0 || items_is_summary(row) || label_read(row, 0, &label) ||
        date_read(row, 0, DATE_DAY_FIRST, &date)) {
        items->pending = NULL;
        return;
    }
    if (!read_price(row, &price) || price.first == 0) {
        items->pending = row;
        items->pending_last = row->word_count - 1;
        return;
    }
    read_before_price(items, row, price.first, &item);
    if (item.description.text == NULL || !field_has_letters(item.description.text)) {
        if (items->pending == NULL)
            return;
        item.description.text = NULL;
        items_take_pending(items, row, &item);
        if (item.description.text == NULL || !field_has_letters(item.description.text))
            return;
    }
    items->pending = NULL;
    items_set_amount(items, row, &price, &item.amount);
    items_check(&item);
    items_add(items, &item);
}
