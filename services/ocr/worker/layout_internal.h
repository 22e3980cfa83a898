#pragma once

/*
 * What reading order and paragraphs of layout.h share. Private to them.
 */

#include "services/ocr/worker/document.h"

/* Median of the lines' heights; 1 without lines or memory. */
int32_t layout_median_height(const struct line *lines, size_t count, struct arena *arena);

/* For qsort() of int32_t. */
int layout_compare_int32(const void *a, const void *b);
