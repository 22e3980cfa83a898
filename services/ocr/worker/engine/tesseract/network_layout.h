#pragma once

/*
 * How tesseract 5.3.0 lays out the objects of its networks on x86_64 (src/lstm, ccstruct/matrix.h),
 * for the layers that ocrmesh computes itself: network_layers.c, network_lstm.c. The build takes
 * those for this version alone. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* std::vector<int> of libstdc++. */
struct int_vector {
    const int *begin;
    const int *end;
    const int *end_of_storage;
};

enum { BATCH, HEIGHT, WIDTH, DIMENSIONS };

/* tesseract::StrideMap: the step of a place is the sum of its indices times the increments. */
struct stride_map {
    int shape[DIMENSIONS];
    int increments[DIMENSIONS];
    struct int_vector heights; /* of the images of a batch */
    struct int_vector widths;
};

/* tesseract::GENERIC_2D_ARRAY<float> and <int8_t>: a row a step. */
struct float_array {
    const void *methods;
    float *values;
    float empty;
    int rows, columns, allocated;
};

struct byte_array {
    const void *methods;
    int8_t *values;
    int8_t empty;
    int rows, columns, allocated;
};

/* tesseract::NetworkIO: what goes into a layer, or comes out. */
struct network_io {
    struct float_array floats;
    struct byte_array bytes;
    bool is_of_bytes; /* -127 to 127 for -1 to 1; else of floats */
    struct stride_map map;
};

/* Of tesseract::NetworkType. */
enum { LAYER_LSTM = 14, LAYER_LSTM_SUMMARY = 15, LAYER_LOGISTIC = 16, LAYER_TANH = 19 };

/* Of tesseract::TrainingState. */
enum { TRAINING_ENABLED = 1 };

/* The beginning of tesseract::Network. */
struct layer {
    const void *methods;
    int type;
    int training;
    bool needs_backward;
    int flags;
    int inputs;
    int outputs;
    int weights;
    void *name[4];
    void *windows[2];
    void *random;
};

struct convolve_layer {
    struct layer layer;
    int half_x, half_y; /* of the window */
};

struct maxpool_layer {
    struct layer layer;
    struct stride_map back_map;
    int x_scale, y_scale;
};

/* std::vector<float> and <int8_t> of libstdc++. */
struct float_vector {
    const float *begin;
    const float *end;
    const float *end_of_storage;
};

struct byte_vector {
    const int8_t *begin;
    const int8_t *end;
    const int8_t *end_of_storage;
};

/* A row an output: its weights, and what is added after all. */
struct weight_matrix {
    struct float_array floats;
    struct byte_array bytes;
    struct float_array transposed;
    bool is_of_bytes;
    bool uses_adam;
    struct float_vector scales; /* of the outputs of a matrix of bytes */
    struct float_array deltas[3];
    struct byte_vector shaped; /* the bytes in the order in which a processor wants them */
};

struct fully_connected_layer {
    struct layer layer;
    struct weight_matrix weights;
};

/* In the order of tesseract::LSTM::WeightType. */
enum { CELL_INPUT, INPUT_GATE, FORGET_GATE, OUTPUT_GATE, GATES, FORGET_GATE_2D = GATES };

struct lstm_layer {
    struct layer layer;
    int source_size; /* of inputs, softmax codes and states */
    int states;
    int codes; /* of the softmax */
    bool is_2d;
    struct weight_matrix weights[GATES + 1];
    void *softmax;
};

_Static_assert(offsetof(struct network_io, bytes.values) == 0x28, "as the library has it");
_Static_assert(offsetof(struct network_io, is_of_bytes) == 0x40, "as the library has it");
_Static_assert(offsetof(struct network_io, map.heights) == 0x60, "as the library has it");
_Static_assert(offsetof(struct layer, random) == 0x58, "as the library has it");
_Static_assert(offsetof(struct maxpool_layer, x_scale) == 0xa8, "as the library has it");
_Static_assert(offsetof(struct weight_matrix, scales) == 0x68, "as the library has it");
_Static_assert(sizeof(struct weight_matrix) == 0xf8, "as the library has it");
_Static_assert(offsetof(struct fully_connected_layer, weights) == 0x60, "as the library has it");
_Static_assert(offsetof(struct lstm_layer, weights) == 0x70, "as the library has it");
_Static_assert(offsetof(struct lstm_layer, softmax) == 0x548, "as the library has it");

/* The first image's height or width: steps are counted by rows of so many. */
static inline int network_side(const struct network_io *io, int dimension)
{
    const struct int_vector *sides = dimension == HEIGHT ? &io->map.heights : &io->map.widths;
    int shape = io->map.shape[dimension];

    return sides->begin < sides->end && sides->begin[0] < shape ? sides->begin[0] : shape;
}

static inline int8_t *network_bytes(const struct network_io *io, int step)
{
    return io->bytes.values + (ptrdiff_t)step * io->bytes.columns;
}

/* Numbers of -1 to 1 as bytes, rounded as the library rounds them. */
static inline void network_to_bytes(const float *values, int count, int8_t *ret_bytes)
{
    for (int i = 0; i < count; i++) {
        float scaled = values[i] * INT8_MAX;
        int rounded = (int)(scaled + __builtin_copysignf(0.5f, scaled));
        rounded = rounded > INT8_MAX ? INT8_MAX : rounded;
        ret_bytes[i] = (int8_t)(rounded < -INT8_MAX ? -INT8_MAX : rounded);
    }
}

/* tesseract::NetworkIO::ResizeToMap(), ResizeScaled() and ResizeXTo1() */
void network_resize(struct network_io *io, bool is_of_bytes, const struct stride_map *map,
                    int columns) __asm__("_ZN9tesseract9NetworkIO11ResizeToMapEbRKNS_9StrideMapEi");
void network_resize_scaled(struct network_io *io, const struct network_io *source, int x_scale,
                           int y_scale,
                           int columns) __asm__("_ZN9tesseract9NetworkIO12ResizeScaledERKS0_iii");
void network_resize_to_column(struct network_io *io, const struct network_io *source,
                              int columns) __asm__("_ZN9tesseract9NetworkIO10ResizeXTo1ERKS0_i");

/* Computes what comes out of a layer. @transposed, @scratch: of training, and for buffers. */
typedef void (*layer_forward)(struct layer *layer, bool debug, const struct network_io *input,
                              const void *transposed, void *scratch, struct network_io *output);

/* The library's own function of that name, for what is not computed here. */
layer_forward network_original(const char *symbol);
