#include "services/ocr/worker/engine/tesseract/network_layout.h"

#include <assert.h>
#include <dlfcn.h>
#include <string.h>

/*
 * As shortcuts.c, for layers of tesseract's networks. The library's own ask for every pixel of a
 * line whether it is in the image, in six calls, which takes a sixth of the time of a page. Here
 * the same is known from the loop. What comes out is the same to the last bit.
 */

#define CONVOLVE                                                                                   \
    "_ZN9tesseract8Convolve7ForwardEbRKNS_9NetworkIOEPKNS_15TransposedArrayEPNS_"                  \
    "14NetworkScratchEPS1_"
#define MAXPOOL                                                                                    \
    "_ZN9tesseract7Maxpool7ForwardEbRKNS_9NetworkIOEPKNS_15TransposedArrayEPNS_"                   \
    "14NetworkScratchEPS1_"
#define WRITE_PART "_ZN9tesseract9NetworkIO17WriteTimeStepPartEiiiPKf"

void convolve_forward(struct layer *layer, bool debug, const struct network_io *input,
                      const void *transposed, void *scratch,
                      struct network_io *output) __asm__(CONVOLVE);
void maxpool_forward(struct layer *layer, bool debug, const struct network_io *input,
                     const void *transposed, void *scratch,
                     struct network_io *output) __asm__(MAXPOOL);
void write_part(struct network_io *io, int step, int from, int count,
                const float *values) __asm__(WRITE_PART);

/* tesseract::NetworkIO::Randomize() */
void randomize(struct network_io *io, int step, int from, int count,
               void *random) __asm__("_ZN9tesseract9NetworkIO9RandomizeEiiiPNS_5TRandE");

layer_forward network_original(const char *symbol)
{
    layer_forward original;
    void *found = dlsym(RTLD_NEXT, symbol);

    assert(found != NULL); /* the library calls it */
    memcpy(&original, &found, sizeof(original));
    return original;
}

/* One image of bytes: recognition never has another. */
static bool is_usual(const struct layer *layer, const struct network_io *input)
{
    return input->is_of_bytes && input->map.shape[BATCH] == 1 &&
           layer->training != TRAINING_ENABLED;
}

/* Each step gets the inputs of the window around it, column by column; noise where the window
 * leaves the image, drawn in the library's order. */
static void fill_window(const struct convolve_layer *convolve, const struct network_io *input,
                        int x, int y, int step, struct network_io *output)
{
    int width = network_side(input, WIDTH), height = network_side(input, HEIGHT);
    int inputs = convolve->layer.inputs, column_size = (2 * convolve->half_y + 1) * inputs;
    int8_t *to = network_bytes(output, step);
    int place = 0;

    for (int dx = -convolve->half_x; dx <= convolve->half_x; dx++, place += column_size) {
        if (x + dx < 0 || x + dx >= width) {
            randomize(output, step, place, column_size, convolve->layer.random);
            continue;
        }
        for (int dy = -convolve->half_y, at = place; dy <= convolve->half_y; dy++, at += inputs) {
            int from = (y + dy) * input->map.increments[HEIGHT] + x + dx;
            if (y + dy < 0 || y + dy >= height)
                randomize(output, step, at, inputs, convolve->layer.random);
            else if (inputs == 1)
                to[at] = *network_bytes(input, from);
            else
                memcpy(to + at, network_bytes(input, from), (size_t)inputs);
        }
    }
}

/* As fill_window() for a row of windows that lie in the image, all but the first and the last
 * `half_x`, of one input a pixel: columns of pixels that follow each other are copied together. */
static void fill_inner_row(const struct convolve_layer *convolve, const struct network_io *input,
                           int y, int8_t *columns, struct network_io *output)
{
    int width = network_side(input, WIDTH), increment = input->map.increments[HEIGHT];
    int high = 2 * convolve->half_y + 1, size = (2 * convolve->half_x + 1) * high;
    const int8_t *from = network_bytes(input, (y - convolve->half_y) * increment);

    for (int dy = 0; dy < high; dy++)
        for (int x = 0; x < width; x++)
            columns[x * high + dy] = from[(ptrdiff_t)dy * increment + x];
    for (int x = convolve->half_x; x < width - convolve->half_x; x++)
        memcpy(network_bytes(output, y * increment + x), columns + (x - convolve->half_x) * high,
               (size_t)size);
}

void convolve_forward(struct layer *layer, bool debug, const struct network_io *input,
                      const void *transposed, void *scratch, struct network_io *output)
{
    enum { COLUMNS_MAX = 1 << 16 };
    const struct convolve_layer *convolve = (const struct convolve_layer *)layer;
    int width = network_side(input, WIDTH), height = network_side(input, HEIGHT);
    int8_t columns[COLUMNS_MAX];

    if (!is_usual(layer, input)) {
        network_original(CONVOLVE)(layer, debug, input, transposed, scratch, output);
        return;
    }
    bool is_of_single_bytes = layer->inputs == 1 && input->bytes.columns == 1 &&
                              width * (2 * convolve->half_y + 1) <= COLUMNS_MAX;
    network_resize(output, true, &input->map, layer->outputs);
    for (int y = 0; y < height; y++) {
        bool is_inner =
            is_of_single_bytes && y >= convolve->half_y && y + convolve->half_y < height;
        if (is_inner)
            fill_inner_row(convolve, input, y, columns, output);
        for (int x = 0; x < width; x++)
            if (!is_inner || x < convolve->half_x || x >= width - convolve->half_x)
                fill_window(convolve, input, x, y, y * input->map.increments[HEIGHT] + x, output);
    }
}

enum { BYTES_AT_ONCE = 16 };
typedef signed char bytes_at_once __attribute__((vector_size(BYTES_AT_ONCE)));

static void take_larger(int8_t *bytes, const int8_t *others, int count)
{
    int i = 0;

    for (; i + BYTES_AT_ONCE <= count; i += BYTES_AT_ONCE) {
        bytes_at_once one, other;
        memcpy(&one, bytes + i, sizeof(one));
        memcpy(&other, others + i, sizeof(other));
        bytes_at_once is_larger = other > one;
        one = (other & is_larger) | (one & ~is_larger);
        memcpy(bytes + i, &one, sizeof(one));
    }
    for (; i < count; i++)
        bytes[i] = bytes[i] < others[i] ? others[i] : bytes[i];
}

/* Each step gets the largest inputs of its rectangle. Where they came from is asked in training. */
void maxpool_forward(struct layer *layer, bool debug, const struct network_io *input,
                     const void *transposed, void *scratch, struct network_io *output)
{
    const struct maxpool_layer *maxpool = (const struct maxpool_layer *)layer;
    int width = network_side(input, WIDTH), height = network_side(input, HEIGHT);

    if (!is_usual(layer, input)) {
        network_original(MAXPOOL)(layer, debug, input, transposed, scratch, output);
        return;
    }
    network_resize_scaled(output, input, maxpool->x_scale, maxpool->y_scale, layer->outputs);
    for (int y = 0; y < network_side(output, HEIGHT); y++)
        for (int x = 0; x < network_side(output, WIDTH); x++) {
            int x0 = x * maxpool->x_scale, y0 = y * maxpool->y_scale;
            int8_t *to = network_bytes(output, y * output->map.increments[HEIGHT] + x);
            memcpy(to, network_bytes(input, y0 * input->map.increments[HEIGHT] + x0),
                   (size_t)layer->inputs);
            for (int sy = y0; sy < y0 + maxpool->y_scale && sy < height; sy++)
                for (int sx = x0; sx < x0 + maxpool->x_scale && sx < width; sx++)
                    take_larger(to, network_bytes(input, sy * input->map.increments[HEIGHT] + sx),
                                layer->inputs);
        }
}

/* tesseract::NetworkIO::WriteTimeStepPart() */
void write_part(struct network_io *io, int step, int from, int count, const float *values)
{
    if (io->is_of_bytes)
        network_to_bytes(values, count, network_bytes(io, step) + from);
    else
        memcpy(io->floats.values + (ptrdiff_t)step * io->floats.columns + from, values,
               (size_t)count * sizeof(*values));
}
