#include "services/ocr/extract/items.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "services/ocr/extract/field_values.h"
#include "services/ocr/extract/items_internal.h"
#include "services/ocr/extract/label.h"

enum {
    COLUMNS_MAX = 16,
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

void items_add(struct items *items, const struct extract_item *item)
{
    struct extraction *extraction = items->extraction;

    if (extraction->item_count < EXTRACT_ITEMS_MAX)
        extraction->items[extraction->item_count++] = *item;
}

void items_set_text(struct items *items, const struct row *row, size_t first, size_t last,
                    struct extract_value *value)
{
    if (!field_value_of_words(row, first, 0, last, items->arena, value))
        items->is_out_of_memory = true;
}

void items_set_amount(struct items *items, const struct row *row, const struct amount *amount,
                      struct extract_value *value)
{
    char text[AMOUNT_TEXT_SIZE];

    items_set_text(items, row, amount->first, amount->last, value);
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
    value->box = extract_box_union(value->box, more->box);
    items->is_out_of_memory = items->is_out_of_memory || value->text == NULL;
}

void items_take_pending(struct items *items, const struct row *row, struct extract_item *item)
{
    struct extract_value own = item->description;

    if (items->pending == NULL || !is_near_below(items->pending, row))
        return;
    items_set_text(items, items->pending, 0, items->pending_last, &item->description);
    if (own.text != NULL && item->description.text != NULL)
        append_text(items, &own, &item->description);
    items->pending = NULL;
}

void items_check(struct extract_item *item)
{
    int64_t product;

    item->is_checked = item->quantity.text != NULL && item->unit_price.text != NULL &&
                       item->amount.text != NULL &&
                       amount_multiply(item->quantity.number, item->unit_price.number, &product) &&
                       llabs(product - item->amount.number) <= AMOUNT_UNIT / 100;
}

/* --- what is no item --- */

bool items_is_summary(const struct row *row)
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
    struct label label;

    for (size_t i = 0; i < row->token_count; i++)
        if (label_read(row, i, &label) &&
            (strcmp(label.field->name, "subtotal") == 0 || strcmp(label.field->name, "total") == 0))
            return items_is_summary(row);
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

    items_set_text(items, row, first, last, &value);
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
            items_set_amount(items, row, &amount, &item->quantity);
        else if (column != NULL && is_money && column->kind == COLUMN_UNIT_PRICE)
            items_set_amount(items, row, &amount, &item->unit_price);
        else if (column != NULL && is_money && column->kind == COLUMN_AMOUNT)
            items_set_amount(items, row, &amount, &item->amount);
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
        items_take_pending(items, row, &item);
        items_check(&item);
        items_add(items, &item);
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
        } else if (is_in_table && !items_is_summary(row)) {
            read_table_row(items, &table, row);
        }
    }
}

static void find_in_receipt(struct items *items)
{
    items->pending = NULL;
    for (size_t i = 0; i < items->rows->count && !ends_items(&items->rows->rows[i]); i++)
        items_read_receipt_row(items, &items->rows->rows[i]);
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
