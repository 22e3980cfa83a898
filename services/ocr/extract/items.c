#include "services/ocr/extract/items.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "services/ocr/extract/amount.h"
#include "services/ocr/extract/date.h"
#include "services/ocr/extract/field_values.h"
#include "services/ocr/extract/label.h"

enum {
    COLUMNS_MAX = 16,
    MARK_MAX_BYTES = 5, /* behind a receipt's price */
    QUANTITY_MAX = 999, /* at the start of a receipt's line; more is an article's number */
    /* How far apart the rows of one description stand, in hundredths of their height. */
    CONTINUATION_GAP_PERCENT = 80,
    PENDING_GAP_PERCENT = 200,
};

typedef enum {
    COLUMN_DESCRIPTION,
    COLUMN_QUANTITY,
    COLUMN_UNIT_PRICE,
    COLUMN_AMOUNT,
    COLUMN_OTHER,
} column_kind;

struct column {
    column_kind kind;
    struct extract_box box;
};

struct table {
    struct column columns[COLUMNS_MAX];
    size_t count;
};

struct items {
    const struct rows *rows;
    struct arena *arena;
    struct extraction *extraction;
    const struct row *pending;  /* a description that waits for its amount */
    size_t pending_last;        /* its last word */
    const struct row *previous; /* the row of the last item */
    bool has_cents;             /* amount_has_cents() */
    bool is_out_of_memory;
};

static column_kind kind_of(const char *name)
{
    static const char *const names[] = {"description", "quantity", "unit_price", "amount"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (column_kind)i;
    return COLUMN_OTHER;
}

/* --- the heads of columns --- */

static bool has_column(const struct table *table, column_kind kind)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].kind == kind)
            return true;
    return false;
}

/* Of two columns of one kind ("net amount", "total"), the right one is meant. */
static void add_column(struct table *table, column_kind kind, struct extract_box box)
{
    if (table->count == COLUMNS_MAX)
        return;
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].kind == kind)
            table->columns[i].kind = COLUMN_OTHER;
    table->columns[table->count++] = (struct column){kind, box};
}

static bool read_heads(const struct row *row, struct table *ret_table)
{
    struct table table = {.count = 0};
    struct label label;
    struct amount amount;

    if (amount_find_last(row, 0, row->word_count - 1, &amount))
        return false;
    for (size_t i = 0; i < row->token_count; i++) {
        if (!label_read_column(row, i, &label))
            continue;
        add_column(
            &table, kind_of(label.field->name),
            row_box(row, row->tokens[label.first_token].word, row->tokens[label.last_token].word));
        i = label.last_token;
    }
    *ret_table = table;
    return (has_column(&table, COLUMN_AMOUNT) || has_column(&table, COLUMN_UNIT_PRICE)) &&
           (has_column(&table, COLUMN_DESCRIPTION) || has_column(&table, COLUMN_QUANTITY));
}

/* --- items --- */

static bool is_below(const struct row *above, const struct row *row, int gap_percent)
{
    int32_t height = above->box.y1 - above->box.y0;

    return above->page_index == row->page_index &&
           (int64_t)(row->box.y0 - above->box.y1) * 100 < (int64_t)height * gap_percent;
}

static bool is_close_below(const struct row *above, const struct row *row)
{
    return is_below(above, row, CONTINUATION_GAP_PERCENT);
}

static bool is_near_below(const struct row *above, const struct row *row)
{
    return is_below(above, row, PENDING_GAP_PERCENT);
}

static struct extract_item *add_item(struct items *items)
{
    struct extraction *extraction = items->extraction;

    if (extraction->item_count == EXTRACT_ITEMS_MAX)
        return NULL;
    struct extract_item *item = &extraction->items[extraction->item_count++];
    *item = (struct extract_item){.is_checked = false};
    return item;
}

static void set_text(struct items *items, const struct row *row, size_t first, size_t last,
                     struct extract_value *value)
{
    if (!field_value_of_words(row, first, 0, last, items->arena, value))
        items->is_out_of_memory = true;
}

static void set_amount(struct items *items, const struct row *row, const struct amount *amount,
                       struct extract_value *value)
{
    char text[AMOUNT_TEXT_SIZE];

    set_text(items, row, amount->first, amount->last, value);
    amount_format(amount->value, amount->decimals, text);
    value->value = arena_strdup(items->arena, text);
    value->number = amount->value;
    items->is_out_of_memory = items->is_out_of_memory || value->value == NULL;
}

/* Puts more words behind a description. */
static void append_text(struct items *items, const struct extract_value *more,
                        struct extract_value *value)
{
    if (value->text == NULL) {
        *value = *more;
        return;
    }
    if (strlen(value->text) + strlen(more->text) >= EXTRACT_TEXT_MAX_BYTES ||
        value->page_index != more->page_index)
        return;
    value->text = arena_printf(items->arena, "%s %s", value->text, more->text);
    value->value = value->text;
    value->confidence = (value->confidence + more->confidence) / 2;
    if (more->box.x0 < value->box.x0)
        value->box.x0 = more->box.x0;
    if (more->box.x1 > value->box.x1)
        value->box.x1 = more->box.x1;
    if (more->box.y0 < value->box.y0)
        value->box.y0 = more->box.y0;
    if (more->box.y1 > value->box.y1)
        value->box.y1 = more->box.y1;
    items->is_out_of_memory = items->is_out_of_memory || value->text == NULL;
}

static void take_pending(struct items *items, const struct row *row, struct extract_item *item)
{
    struct extract_value own = item->description;

    if (items->pending == NULL || !is_near_below(items->pending, row))
        return;
    set_text(items, items->pending, 0, items->pending_last, &item->description);
    if (own.text != NULL && item->description.text != NULL)
        append_text(items, &own, &item->description);
    items->pending = NULL;
}

static void check_item(struct extract_item *item)
{
    int64_t product;

    item->is_checked = item->quantity.text != NULL && item->unit_price.text != NULL &&
                       item->amount.text != NULL &&
                       amount_multiply(item->quantity.number, item->unit_price.number, &product) &&
                       llabs(product - item->amount.number) <= AMOUNT_UNIT / 100;
}

/* --- what is no item --- */

/* A row that says what the items add up to, or how they were paid. */
static bool is_summary(const struct row *row)
{
    struct label label;
    struct amount amount;

    for (size_t i = 0; i < row->token_count; i++) {
        size_t word = row->tokens[i].word;
        bool begins = word == 0 || row->segments[word - 1] != row->segments[word];
        if (begins && label_read(row, i, &label) && label.field->kind == LABEL_AMOUNT &&
            amount_find_last(row, row->tokens[label.last_token].word, row->word_count - 1, &amount))
            return true;
    }
    return false;
}

static bool ends_items(const struct row *row)
{
    static const char *const ends[] = {"subtotal", "total"};
    struct label label;

    for (size_t i = 0; i < row->token_count; i++)
        for (size_t k = 0; k < ARRAY_LENGTH(ends); k++)
            if (label_read(row, i, &label) && strcmp(label.field->name, ends[k]) == 0)
                return is_summary(row);
    return false;
}

/* --- tables --- */

/* Pixels between a word and a column's head; negative where they overlap, the more the wider. */
static int64_t distance(const struct extract_box *head, const struct extract_box *word)
{
    int64_t left = head->x0 > word->x0 ? head->x0 : word->x0;
    int64_t right = head->x1 < word->x1 ? head->x1 : word->x1;

    return left - right;
}

static const struct column *nearest(const struct table *table, const struct extract_box *box,
                                    bool is_number)
{
    const struct column *best = NULL;

    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        bool is_text = column->kind == COLUMN_DESCRIPTION;
        if (!is_number && !is_text && distance(&column->box, box) >= 0)
            continue; /* words reach far to the right of their head, but under no other one */
        if (best == NULL || distance(&column->box, box) < distance(&best->box, box))
            best = column;
    }
    return best;
}

/* The words of a row that stand in the description, as one value. */
static void add_words(struct items *items, const struct row *row, size_t first, size_t last,
                      struct extract_item *item)
{
    struct extract_value value;

    set_text(items, row, first, last, &value);
    if (value.text != NULL)
        append_text(items, &value, &item->description);
}

static void read_cells(struct items *items, const struct table *table, const struct row *row,
                       struct extract_item *item)
{
    for (size_t word = 0; word < row->word_count;) {
        struct amount amount;
        bool is_number = amount_read(row, word, 0, &amount);
        bool is_money =
            is_number && (!items->has_cents || amount.decimals >= 2 || amount.currency[0] != '\0');
        size_t last = is_number ? amount.last : word;
        struct extract_box box = row_box(row, word, last);
        const struct column *column = nearest(table, &box, is_number);
        /* A number inside a text, or alone right of a column, belongs to it. */
        if (column == NULL || column->kind == COLUMN_DESCRIPTION)
            last = word;
        if (column != NULL && column->kind == COLUMN_DESCRIPTION)
            add_words(items, row, word, last, item);
        else if (column != NULL && is_number && column->kind == COLUMN_QUANTITY)
            set_amount(items, row, &amount, &item->quantity);
        else if (column != NULL && is_money && column->kind == COLUMN_UNIT_PRICE)
            set_amount(items, row, &amount, &item->unit_price);
        else if (column != NULL && is_money && column->kind == COLUMN_AMOUNT)
            set_amount(items, row, &amount, &item->amount);
        word = last + 1;
    }
}

static void read_table_row(struct items *items, const struct table *table, const struct row *row)
{
    struct extraction *extraction = items->extraction;
    struct extract_item item = {.is_checked = false};

    read_cells(items, table, row, &item);
    bool has_price = item.amount.text != NULL ||
                     (!has_column(table, COLUMN_AMOUNT) && item.unit_price.text != NULL);
    if (has_price) {
        take_pending(items, row, &item);
        check_item(&item);
        struct extract_item *added = add_item(items);
        if (added != NULL)
            *added = item;
        items->previous = row;
    } else if (item.description.text != NULL && item.quantity.text == NULL) {
        if (items->previous != NULL && is_close_below(items->previous, row) &&
            extraction->item_count > 0) {
            append_text(items, &item.description,
                        &extraction->items[extraction->item_count - 1].description);
            items->previous = row;
        } else if (items->previous == NULL) {
            items->pending = row;
            items->pending_last = row->word_count - 1;
        }
    }
}

/* --- receipts --- */

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
    set_amount(items, row, &quantity, &item->quantity);
    set_amount(items, row, &price, &item->unit_price);
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
        set_amount(items, row, &quantity, &item->quantity);
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
        set_text(items, row, first, last - 1, &item->description);
}

static void read_receipt_row(struct items *items, const struct row *row)
{
    struct extract_item item = {.is_checked = false};
    struct amount price;
    struct label label;
    struct date date;

    if (row->token_count == 0 || is_summary(row) || label_read(row, 0, &label) ||
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
        take_pending(items, row, &item);
        if (item.description.text == NULL || !field_has_letters(item.description.text))
            return;
    }
    items->pending = NULL;
    set_amount(items, row, &price, &item.amount);
    check_item(&item);
    struct extract_item *added = add_item(items);
    if (added != NULL)
        *added = item;
}

/* --- */

static void find_in_tables(struct items *items)
{
    struct table table = {.count = 0};
    bool is_in_table = false;

    for (size_t i = 0; i < items->rows->count; i++) {
        const struct row *row = &items->rows->rows[i];
        struct table heads;
        if (read_heads(row, &heads)) {
            table = heads;
            is_in_table = true;
            items->pending = NULL;
            items->previous = NULL;
        } else if (is_in_table && ends_items(row)) {
            is_in_table = false;
        } else if (is_in_table && !is_summary(row)) {
            read_table_row(items, &table, row);
        }
    }
}

static void find_in_receipt(struct items *items)
{
    items->pending = NULL;
    for (size_t i = 0; i < items->rows->count && !ends_items(&items->rows->rows[i]); i++)
        read_receipt_row(items, &items->rows->rows[i]);
}

status_code items_find(const struct rows *rows, struct arena *arena, struct extraction *extraction,
                       struct status *st)
{
    struct items items = {
        .rows = rows,
        .arena = arena,
        .extraction = extraction,
        .has_cents = amount_has_cents(rows),
    };

    find_in_tables(&items);
    if (extraction->item_count == 0)
        find_in_receipt(&items);
    return items.is_out_of_memory ? FAIL_MEMORY(st) : STATUS_OK;
}
