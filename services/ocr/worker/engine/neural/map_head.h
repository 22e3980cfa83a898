#pragma once

/*
 * What detection ends with: from features of cells of 4 x 4 pixels to the probability of text in
 * each pixel, by two transposed convolutions of 2 x 2 with steps of 2, the first one's negative
 * values left out, and the logistic function.
 *
 * The runtime keeps its pictures in blocks of 16 channels, and so the last ones, which have one, at
 * sixteen times their size: they took a seventh of detection's time.
 * Source: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (2020),
 * section 3.1. Thread rule: any thread.
 */

#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

enum {
    MAP_HEAD_CELL = 4,          /* sides of a cell, in pixels */
    MAP_HEAD_CHANNELS_MAX = 64, /* of features, and in between */
};

/* The constants of a model. Its owner frees them by map_head_layers_deinit(). */
struct map_head_layers {
    float *first;        /* by channel of features, channel in between, row and column */
    float *first_biases; /* by channel in between */
    float *second;       /* by channel in between, row and column */
    float *second_bias;
    size_t inputs; /* channels of features */
    size_t middle; /* channels in between */
};

void map_head_layers_deinit(struct map_head_layers *layers);

struct map_head;

/* @layers: copied. Fails with UNAVAILABLE MODEL_UNAVAILABLE when there are too many channels. */
status_code map_head_new(const struct map_head_layers *layers, struct map_head **ret_head,
                         struct status *st) _must_check_;
void map_head_free(struct map_head *head);
DEFINE_CLEANUP(struct map_head *, map_head)

size_t map_head_inputs(const struct map_head *head);

/* Rows of cells. */
struct map_head_cells {
    const float *features; /* of the first channel, from the first of the rows on */
    size_t plane;          /* from one channel's features to the next one's */
    size_t width;          /* in cells */
    size_t height;
};

/* @ret_map: the cells' pixels, row by row. */
void map_head_run(const struct map_head *head, const struct map_head_cells *cells, float *ret_map);
