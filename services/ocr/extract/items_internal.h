#pragma once

/*
 * What the items of tables and those of receipts share. Private to items.h. Thread rule: one thread
 * at a time.
 */

#include "services/ocr/extract/amount.h"
#include "services/ocr/extract/extract.h"

/* A run through a document. All borrowed. */
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

/* Adds an item, as long as there is room. */
void items_add(struct items *items, const struct extract_item *item);

/* Sets a value to words of a row; want of memory is noted. */
void items_set_text(struct items *items, const struct row *row, size_t first, size_t last,
                    struct extract_value *value);
void items_set_amount(struct items *items, const struct row *row, const struct amount *amount,
                      struct extract_value *value);

/* Puts the description that waits before the item's own, where it stands close above `row`. */
void items_take_pending(struct items *items, const struct row *row, struct extract_item *item);

/* Holds quantity times unit price against the amount. */
void items_check(struct extract_item *item);

/* True when the row says what the items add up to, or how they were paid. */
bool items_is_summary(const struct row *row);

/* Adds the item of a receipt's row, or keeps the row for the next one's description. */
void items_read_receipt_row(struct items *items, const struct row *row);
