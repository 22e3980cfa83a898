#pragma once

/*
 * The order in which a person reads stacks of lines. Private to layout.c.
 *
 * Source: Breuel, "High Performance Document Layout Analysis" (2003): what stands above comes
 * first, and so does what stands to the left, unless something that reaches over both parts them; a
 * topological sort of that. Here a column to the left comes first only where the other one goes on
 * beside it, so that a page's foot is not read before its second column. Thread rule: one thread at
 * a time.
 */

#include "services/ocr/worker/layout_stacks.h"

/*
 * Names the stacks in reading order.
 *
 * @ret_order: room for `count` indices.
 *
 * False when the arena is full.
 */
bool layout_order_find(const struct layout_stack *stacks, size_t count, struct arena *arena,
                       size_t *ret_order);
