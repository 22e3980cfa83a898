#pragma once

/*
 * Line items: rows under the heads of columns, or, where there are none (receipts), rows of a text
 * and a price. Thread rule: one thread at a time.
 */

#include "services/ocr/extract/extract.h"

/* @extraction: its items have room for EXTRACT_ITEMS_MAX; what is more is left out. */
status_code items_find(const struct rows *rows, struct arena *arena, struct extraction *extraction,
                       struct status *st) _must_check_;
