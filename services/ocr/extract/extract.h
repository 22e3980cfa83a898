#pragma once

/*
 * What an invoice or a receipt says beside its text: named values (number, dates, parties, amounts,
 * currency) and line items, each with the place where it stands, and whether the sums are right.
 *
 * Deterministic: labels in the commonest languages of invoices (label.c), values beside or beneath
 * them, columns under their heads. Nothing is made up: what the document does not show is left out.
 * Plain values in an arena; no store, no network, no protobuf. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/extract/rows.h"

enum {
    EXTRACT_PAIRS_MAX = 64,
    EXTRACT_ITEMS_MAX = 1000,
    EXTRACT_CHECKS_MAX = 2,
    EXTRACT_TEXT_MAX_BYTES = 500, /* of one value; longer ones are cut */
};

/* A value; text NULL: there is none. */
struct extract_value {
    const char *value; /* dates in ISO 8601, numbers with a point and without separators */
    const char *text;  /* as printed */
    uint32_t page_index;
    struct extract_box box;
    float confidence; /* 0 to 1 */
    int64_t number;   /* amounts and quantities: in AMOUNT_UNIT */
};

struct extract_pair {
    const char *name;  /* static: "invoice_number" */
    const char *label; /* as printed; "": none */
    int rank;          /* as that of its label */
    struct extract_value value;
};

struct extract_item {
    struct extract_value description;
    struct extract_value quantity;
    struct extract_value unit_price;
    struct extract_value amount;
    bool is_checked; /* quantity times unit price is the amount */
};

struct extract_check {
    const char *name; /* static: "line_items", "total" */
    const char *computed;
    const char *stated;
    bool holds;
};

struct extraction {
    struct extract_pair *pairs;
    size_t pair_count;
    struct extract_item *items;
    size_t item_count;
    struct extract_check checks[EXTRACT_CHECKS_MAX];
    size_t check_count;
};

/* @rows: of all pages. Everything is in the arena, or in that of the rows. */
status_code extract_run(const struct rows *rows, struct arena *arena,
                        struct extraction *ret_extraction, struct status *st) _must_check_;
