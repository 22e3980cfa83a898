#include "services/chat/embed/encoder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    RANK_MAX = 4,
    INPUTS_MAX = 3,
    EDGES_MAX = 8192,
    TENSOR_NAME_MAX = 24,
    WEIGHTS_ALIGNMENT = 64,
    PIECES = -1, /* the side that a text's length gives */
};

/* What a layer gives: its number and the shape of its only output. */
struct value {
    int layer;
    int port;
    const char *precision; /* "FP32" */
    int rank;
    int64_t sides[RANK_MAX];
};

struct edge {
    int from_layer;
    int from_port;
    int to_layer;
    int to_port;
};

struct maker {
    const struct pack *pack;
    struct buf *graph;
    struct buf *weights;
    struct edge edges[EDGES_MAX];
    size_t edge_count;
    int layer_count;
    bool is_full; /* a buffer or the list of edges is */
    struct status *st;
    bool has_failed; /* st says why */
};

static void put(struct maker *maker, const char *format, ...) _printf_(2, 3);
static void put(struct maker *maker, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text) ||
        !buf_append(maker->graph, text, (size_t)length))
        maker->is_full = true;
}

static struct value value_of(int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct value){.precision = "FP32", .rank = rank, .sides = {a, b, c, d}};
}

static void put_port(struct maker *maker, int port, const struct value *value)
{
    put(maker, "<port id=\"%d\" precision=\"%s\">", port, value->precision);
    for (int i = 0; i < value->rank; i++)
        put(maker, "<dim>%" PRId64 "</dim>", value->sides[i]);
    put(maker, "</port>");
}

/* A layer of `type`; `data` are its attributes, "" for none. */
static struct value layer(struct maker *maker, const char *type, const char *opset,
                          const char *data, const struct value *inputs, int input_count,
                          struct value result)
{
    result.layer = maker->layer_count++;
    result.port = input_count;
    put(maker, "<layer id=\"%d\" name=\"%s_%d\" type=\"%s\" version=\"%s\">", result.layer, type,
        result.layer, type, opset);
    if (data[0] != '\0')
        put(maker, "<data %s/>", data);
    if (input_count > 0)
        put(maker, "<input>");
    for (int i = 0; i < input_count; i++) {
        put_port(maker, i, &inputs[i]);
        if (maker->edge_count == EDGES_MAX) {
            maker->is_full = true;
            break;
        }
        maker->edges[maker->edge_count++] =
            (struct edge){inputs[i].layer, inputs[i].port, result.layer, i};
    }
    if (input_count > 0)
        put(maker, "</input>");
    if (strcmp(type, "Result") != 0) {
        put(maker, "<output>");
        put_port(maker, result.port, &result);
        put(maker, "</output>");
    }
    put(maker, "</layer>");
    return result;
}

/* --- constants --- */

/* Appends bytes to the weights, aligned; where they begin. */
static size_t append_weights(struct maker *maker, const void *bytes, size_t length)
{
    static const char zeros[WEIGHTS_ALIGNMENT];
    size_t padding = -maker->weights->length % WEIGHTS_ALIGNMENT;

    if (!buf_append(maker->weights, zeros, padding) || !buf_append(maker->weights, bytes, length))
        maker->is_full = true;
    return maker->weights->length - length;
}

static struct value constant(struct maker *maker, const char *type, const void *bytes,
                             size_t length, struct value value)
{
    char shape[100] = "";
    char data[200];
    size_t at = 0;

    for (int i = 0; i < value.rank; i++)
        at += (size_t)snprintf(shape + at, sizeof(shape) - at, "%s%" PRId64, i == 0 ? "" : ",",
                               value.sides[i]);
    (void)snprintf(data, sizeof(data),
                   "element_type=\"%s\" shape=\"%s\" offset=\"%zu\" size=\"%zu\"", type, shape,
                   append_weights(maker, bytes, length), length);
    return layer(maker, "Const", "opset1", data, NULL, 0, value);
}

static struct value integers(struct maker *maker, const int64_t *numbers, int count)
{
    struct value value = {.precision = "I64", .rank = 1, .sides = {count}};

    return constant(maker, "i64", numbers, (size_t)count * sizeof(*numbers), value);
}

/* A row of floats that is the same for all pieces. */
static struct value row(struct maker *maker, const char *name, uint32_t width)
{
    const float *values = NULL;

    if (!maker->has_failed &&
        pack_floats(maker->pack, name, width, &values, maker->st) != STATUS_OK)
        maker->has_failed = true;
    if (maker->has_failed)
        return value_of(3, 1, 1, width, 0);
    return constant(maker, "f32", values, width * sizeof(*values), value_of(3, 1, 1, width, 0));
}

/* The blocks' weights as bytes [outputs, blocks, 32], and their scales [outputs, blocks, 1]. */
static void append_blocks(struct maker *maker, const struct pack_block *blocks, size_t count,
                          size_t *ret_weights, size_t *ret_scales)
{
    *ret_weights = append_weights(maker, "", 0);
    for (size_t i = 0; i < count; i++) {
        int8_t weights[PACK_BLOCK_WEIGHTS];

        for (size_t k = 0; k < PACK_BLOCK_WEIGHTS / 2; k++) {
            weights[k] = (int8_t)((blocks[i].weights[k] & 0x0f) - 8);
            weights[k + PACK_BLOCK_WEIGHTS / 2] = (int8_t)((blocks[i].weights[k] >> 4) - 8);
        }
        if (!buf_append(maker->weights, weights, sizeof(weights)))
            maker->is_full = true;
    }
    *ret_scales = append_weights(maker, "", 0);
    for (size_t i = 0; i < count; i++) {
        float scale = pack_half(blocks[i].scale);

        if (!buf_append(maker->weights, &scale, sizeof(scale)))
            maker->is_full = true;
    }
}

/* --- what a transformer is made of --- */

static struct value pair(struct maker *maker, const char *type, struct value a, struct value b,
                         struct value result)
{
    return layer(maker, type, "opset1", "auto_broadcast=\"numpy\"", (struct value[]){a, b}, 2,
                 result);
}

static struct value add(struct maker *maker, struct value a, struct value b)
{
    return pair(maker, "Add", a, b, a);
}

/* A matrix [outputs, inputs] out of its blocks, as OpenVINO knows compressed weights. */
static struct value matrix(struct maker *maker, const char *name, uint32_t outputs, uint32_t inputs)
{
    size_t block_count = (size_t)outputs * inputs / PACK_BLOCK_WEIGHTS;
    int64_t groups = inputs / PACK_BLOCK_WEIGHTS;
    const struct pack_block *blocks = NULL;
    struct value result = value_of(2, outputs, inputs, 0, 0);
    struct value bytes = value_of(3, outputs, groups, PACK_BLOCK_WEIGHTS, 0);
    struct value floats = bytes;
    struct value scales = value_of(3, outputs, groups, 1, 0);
    size_t weights_at;
    size_t scales_at;
    char data[200];

    if (!maker->has_failed &&
        pack_blocks(maker->pack, name, (size_t)outputs * inputs, &blocks, maker->st) != STATUS_OK)
        maker->has_failed = true;
    if (maker->has_failed)
        return result;
    append_blocks(maker, blocks, block_count, &weights_at, &scales_at);
    bytes.precision = "I8";
    (void)snprintf(data, sizeof(data),
                   "element_type=\"i8\" shape=\"%u,%" PRId64 ",%d\" offset=\"%zu\" size=\"%zu\"",
                   outputs, groups, PACK_BLOCK_WEIGHTS, weights_at,
                   block_count * PACK_BLOCK_WEIGHTS);
    bytes = layer(maker, "Const", "opset1", data, NULL, 0, bytes);
    floats = layer(maker, "Convert", "opset1", "destination_type=\"f32\"", &bytes, 1, floats);
    (void)snprintf(data, sizeof(data),
                   "element_type=\"f32\" shape=\"%u,%" PRId64 ",1\" offset=\"%zu\" size=\"%zu\"",
                   outputs, groups, scales_at, block_count * sizeof(float));
    scales = layer(maker, "Const", "opset1", data, NULL, 0, scales);
    floats = pair(maker, "Multiply", floats, scales, floats);
    struct value shape = integers(maker, (const int64_t[]){outputs, inputs}, 2);
    return layer(maker, "Reshape", "opset1", "special_zero=\"false\"",
                 (struct value[]){floats, shape}, 2, result);
}

/* x W^T + b; "`prefix`.w" and "`prefix`.b". */
static struct value linear(struct maker *maker, const char *prefix, struct value x,
                           uint32_t outputs, uint32_t inputs)
{
    char name[TENSOR_NAME_MAX];

    (void)snprintf(name, sizeof(name), "%s.w", prefix);
    struct value weights = matrix(maker, name, outputs, inputs);
    struct value y = layer(maker, "MatMul", "opset1", "transpose_a=\"false\" transpose_b=\"true\"",
                           (struct value[]){x, weights}, 2, value_of(3, 1, PIECES, outputs, 0));
    (void)snprintf(name, sizeof(name), "%s.b", prefix);
    return add(maker, y, row(maker, name, outputs));
}

static struct value normalize(struct maker *maker, const char *prefix, struct value x)
{
    char name[TENSOR_NAME_MAX];
    char data[100];

    (void)snprintf(data, sizeof(data),
                   "eps=\"%.9g\" normalize_variance=\"true\" eps_mode=\"INSIDE_SQRT\"",
                   (double)maker->pack->epsilon);
    struct value axes = integers(maker, (const int64_t[]){-1}, 1);
    struct value y = layer(maker, "MVN", "opset6", data, (struct value[]){x, axes}, 2, x);
    (void)snprintf(name, sizeof(name), "%s.w", prefix);
    y = pair(maker, "Multiply", y, row(maker, name, maker->pack->width), y);
    (void)snprintf(name, sizeof(name), "%s.b", prefix);
    return add(maker, y, row(maker, name, maker->pack->width));
}

static struct value transpose(struct maker *maker, struct value x, struct value result)
{
    struct value order = integers(maker, (const int64_t[]){0, 2, 1, 3}, 4);

    return layer(maker, "Transpose", "opset1", "", (struct value[]){x, order}, 2, result);
}

/* [1, pieces, width] as [1, heads, pieces, width / heads]. */
static struct value split_heads(struct maker *maker, struct value x)
{
    int64_t heads = maker->pack->head_count;
    int64_t side = maker->pack->width / maker->pack->head_count;
    struct value shape = integers(maker, (const int64_t[]){0, 0, heads, side}, 4);
    struct value y = layer(maker, "Reshape", "opset1", "special_zero=\"true\"",
                           (struct value[]){x, shape}, 2, value_of(4, 1, PIECES, heads, side));

    return transpose(maker, y, value_of(4, 1, heads, PIECES, side));
}

static struct value attend(struct maker *maker, int number, struct value x)
{
    uint32_t width = maker->pack->width;
    struct value parts[INPUTS_MAX];
    char name[TENSOR_NAME_MAX];

    for (size_t i = 0; i < INPUTS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "l%d.%c", number, "qkv"[i]);
        parts[i] = split_heads(maker, linear(maker, name, x, width, width));
    }
    struct value y = layer(maker, "ScaledDotProductAttention", "opset13", "causal=\"false\"", parts,
                           INPUTS_MAX, parts[0]);
    y = transpose(maker, y,
                  value_of(4, 1, PIECES, maker->pack->head_count, width / maker->pack->head_count));
    struct value shape = integers(maker, (const int64_t[]){0, 0, width}, 3);
    y = layer(maker, "Reshape", "opset1", "special_zero=\"true\"", (struct value[]){y, shape}, 2,
              value_of(3, 1, PIECES, width, 0));
    (void)snprintf(name, sizeof(name), "l%d.ao", number);
    return linear(maker, name, y, width, width);
}

static struct value feed_forward(struct maker *maker, int number, struct value x)
{
    uint32_t width = maker->pack->width;
    uint32_t inner = maker->pack->inner_width;
    char name[TENSOR_NAME_MAX];

    (void)snprintf(name, sizeof(name), "l%d.fi", number);
    struct value y = linear(maker, name, x, inner, width);
    y = layer(maker, "Gelu", "opset7", "approximation_mode=\"ERF\"", &y, 1, y);
    (void)snprintf(name, sizeof(name), "l%d.fo", number);
    return linear(maker, name, y, width, inner);
}

status_code encoder_make(const struct pack *pack, struct buf *graph, struct buf *weights,
                         struct status *st)
{
    _cleanup_(freep) struct maker *maker = calloc(1, sizeof(*maker));
    char name[TENSOR_NAME_MAX];

    if (maker == NULL)
        return FAIL_MEMORY(st);
    maker->pack = pack;
    maker->graph = graph;
    maker->weights = weights;
    maker->st = st;
    put(maker, "<?xml version=\"1.0\"?><net name=\"encoder\" version=\"11\"><layers>");
    char shape[100];
    (void)snprintf(shape, sizeof(shape), "shape=\"1,?,%u\" element_type=\"f32\"", pack->width);
    struct value x =
        layer(maker, "Parameter", "opset1", shape, NULL, 0, value_of(3, 1, PIECES, pack->width, 0));
    x = normalize(maker, "emb.ln", x);
    for (uint32_t i = 0; i < pack->layer_count; i++) {
        (void)snprintf(name, sizeof(name), "l%u.aln", i);
        x = normalize(maker, name, add(maker, x, attend(maker, (int)i, x)));
        (void)snprintf(name, sizeof(name), "l%u.oln", i);
        x = normalize(maker, name, add(maker, x, feed_forward(maker, (int)i, x)));
    }
    (void)layer(maker, "Result", "opset1", "", &x, 1, x);
    put(maker, "</layers><edges>");
    for (size_t i = 0; i < maker->edge_count; i++)
        put(maker, "<edge from-layer=\"%d\" from-port=\"%d\" to-layer=\"%d\" to-port=\"%d\"/>",
            maker->edges[i].from_layer, maker->edges[i].from_port, maker->edges[i].to_layer,
            maker->edges[i].to_port);
    put(maker, "</edges></net>");
    if (maker->has_failed)
        return st->code;
    if (maker->is_full)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the embedding model is too large");
    return STATUS_OK;
}
