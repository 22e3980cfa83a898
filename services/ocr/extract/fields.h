#pragma once

/*
 * Named values: labels, and what stands beside or beneath them. Thread rule: one thread at a time.
 */

#include "services/ocr/extract/date.h"
#include "services/ocr/extract/extract.h"

/* Adds a pair for each label that has a value; several of one name where the document says so.
 * @extraction: its pairs have room for EXTRACT_PAIRS_MAX; what is more is left out. */
status_code fields_find(const struct rows *rows, date_order order, struct arena *arena,
                        struct extraction *extraction, struct status *st) _must_check_;

/* Keeps the best value of each name, all of "tax". */
void fields_choose(struct extraction *extraction);

/* The first pair of that name, or NULL. */
const struct extract_pair *fields_get(const struct extraction *extraction, const char *name);
