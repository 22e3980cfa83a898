#pragma once

/*
 * How many colours a picture has, and how evenly they lie. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct Pix;

struct picture_colors {
    bool is_black_and_white; /* no colours but these, if any */
    bool is_few;             /* 256 at most */
    bool is_flat;            /* most pixels are as their left neighbours */
};

/* @pix: depth 8 or 32, without a colour map. */
void picture_count_colors(struct Pix *pix, struct picture_colors *ret_colors);

/* A Pix of depth 8 with a colour map, of one of depth 32 with few colours; NULL without memory. */
struct Pix *picture_with_palette(struct Pix *pix);
