#pragma once

/*
 * Runs of ink along the rows of a picture of depth 1: openings and closings with a brick that is
 * one pixel high, in time that does not grow with its length, as leptonica's does.
 *
 * What comes back is a new picture of the same size, the caller's; NULL without memory.
 * Thread rule: one thread at a time.
 */

#include <stdint.h>

struct Pix;

/* What lies in runs of at least `length` pixels: pixOpenBrick(NULL, ink, length, 1). */
struct Pix *runs_keep_long(struct Pix *ink, int32_t length);

/* The same with what is between two runs, where that is shorter than `gap` pixels:
 * pixCloseSafeBrick(NULL, ink, gap, 1). */
struct Pix *runs_join(struct Pix *ink, int32_t gap);
