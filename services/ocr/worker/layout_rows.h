#pragma once

/*
 * Stacks that stand in the same rows: what is no running text and stands beside another stack, line
 * by line, goes with that. Private to layout_stacks.c. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/layout_stacks.h"

/*
 * Joins stacks that are one table's columns, or a column and what stands at its side.
 *
 * @items: each with its stack.
 * @parents: of the items' sets (disjoint_sets.h), one set a stack; the sets of what is joined
 *           become one.
 *
 * False when the arena is full. Cost is quadratic in lines.
 */
bool layout_rows_join(const struct layout_item *items, size_t count, size_t *parents,
                      const struct layout_stack *stacks, size_t stack_count, struct arena *arena);
