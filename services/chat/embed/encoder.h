#pragma once

/*
 * The transformer of the embedding model (a BERT encoder: J. Devlin et al., 2019) as a network of
 * OpenVINO: a description of the graph (OpenVINO's IR, version 11) and its weights, made of a pack.
 *
 * Weights stay 8-bit numbers with a scale for 32 of them, which OpenVINO multiplies as they are.
 * Input: [1, pieces, width] of 32-bit floats, sums of the embeddings of piece, place and kind.
 * Output: the same shape, one vector a piece.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/chat/embed/pack.h"

enum {
    ENCODER_GRAPH_MAX_BYTES = 4 << 20,
    ENCODER_WEIGHTS_MAX_BYTES = 512 << 20,
};

/* Appends the graph's XML and its weights. UNAVAILABLE MODEL_UNAVAILABLE when the pack lacks one.
 */
status_code encoder_make(const struct pack *pack, struct buf *graph, struct buf *weights,
                         struct status *st) _must_check_;
