#pragma once

/*
 * Pictures made smaller by whole factors: each pixel is the mean of those in its place. Thread
 * rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"

struct Pix;

/* Sums of a column of pixels have 16 bits. */
enum { REDUCE_FACTOR_MAX = 256 };

/*
 * @pix: plain (picture_encode.h). @part: of it, not empty. @factor: at least 1.
 *
 * What is left over at the right and at the bottom makes no pixel, unless there were none without
 * it. A Pix of depth 8, or 32 where it has colours; NULL without memory.
 */
struct Pix *reduce_part(struct Pix *pix, struct bbox part, int32_t factor);
