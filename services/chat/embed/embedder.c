#include "services/chat/embed/embedder.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/neural/openvino.h"
#include "services/chat/embed/encoder.h"
#include "services/chat/embed/pack.h"
#include "services/chat/embed/pieces.h"

#define PACK_NAME "models/e5-small-q4.bin"

enum {
    /* Of a text: at least one byte a piece that the model takes, and words are longer. */
    TEXT_MAX_BYTES = 12 << 10,
    ARENA_MAX_BYTES = 1 << 20,
};

/* What the model was trained to see before each. */
static const char *const prefixes[EMBED_KINDS] = {
    [EMBED_QUESTION] = "query: ",
    [EMBED_PASSAGE] = "passage: ",
};

/* What one kind of texts is computed with. */
struct lane {
    pthread_mutex_t lock;
    ov_infer_request_t *request;
};

struct embedder {
    struct openvino library;
    struct pack pack;
    struct pieces *pieces;
    struct buf weights; /* the network's, which refers to them */
    ov_core_t *core;
    ov_compiled_model_t *network;
    struct lane lanes[EMBED_KINDS];

    /* In the pack. */
    const struct pack_block *piece_rows;
    const float *place_rows;
    const float *kind_row;
};

static status_code fail_model(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "the embedding model cannot be loaded");
}

/* --- opening --- */

static status_code compile(struct embedder *embedder, struct status *st)
{
    static const ov_property_t properties[] = {
        {"INFERENCE_NUM_THREADS", "2"},
        {"NUM_STREAMS", "2"},
        {"ENABLE_CPU_PINNING", "NO"},
        {"INFERENCE_PRECISION_HINT", "f32"},
    };
    struct openvino *library = &embedder->library;
    _cleanup_(buf_deinit) struct buf graph;
    ov_tensor_t *weights = NULL;
    ov_model_t *model = NULL;

    buf_init(&graph, ENCODER_GRAPH_MAX_BYTES);
    buf_init(&embedder->weights, ENCODER_WEIGHTS_MAX_BYTES);
    TRY(encoder_make(&embedder->pack, &graph, &embedder->weights, st));

    int64_t length = (int64_t)embedder->weights.length;
    const ov_shape_t shape = {.rank = 1, .dims = &length};
    if (library->ov_core_create(&embedder->core) != OK ||
        library->ov_tensor_create_from_host_ptr(U8, shape, embedder->weights.data, &weights) != OK)
        return fail_model(st);
    ov_status_e failed = library->ov_core_read_model_from_memory_buffer(
        embedder->core, graph.data, graph.length, weights, &model);
    library->ov_tensor_free(weights);
    if (failed != OK)
        return fail_model(st);
    failed = library->ov_core_compile_model_props(
        embedder->core, model, "CPU", ARRAY_LENGTH(properties), properties, &embedder->network);
    library->ov_model_free(model);
    for (size_t i = 0; i < EMBED_KINDS && failed == OK; i++)
        failed = library->ov_compiled_model_create_infer_request(embedder->network,
                                                                 &embedder->lanes[i].request);
    return failed == OK ? STATUS_OK : fail_model(st);
}

static status_code open_pack(const char *folder, struct embedder *embedder, struct status *st)
{
    _cleanup_(freep) char *path = NULL;
    struct pack *pack = &embedder->pack;

    if (asprintf(&path, "%s/" PACK_NAME, folder) < 0)
        return FAIL_MEMORY(st);
    TRY(pack_open(path, pack, st));
    if (pack->width != EMBEDDING_WIDTH)
        return fail_model(st);
    TRY(pack_blocks(pack, "emb.word", (size_t)pack->vocabulary_rows * pack->width,
                    &embedder->piece_rows, st));
    TRY(pack_floats(pack, "emb.pos", (size_t)pack->position_count * pack->width,
                    &embedder->place_rows, st));
    TRY(pack_floats(pack, "emb.type", (size_t)2 * pack->width, &embedder->kind_row, st));
    return pieces_new(pack, &embedder->pieces, st);
}

status_code embedder_open(const char *folder, struct embedder **ret_embedder, struct status *st)
{
    _cleanup_(embedder_closep) struct embedder *embedder = calloc(1, sizeof(*embedder));

    if (embedder == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < EMBED_KINDS; i++)
        (void)pthread_mutex_init(&embedder->lanes[i].lock, NULL);
    TRY(open_pack(folder, embedder, st));
    TRY(openvino_load(folder, &embedder->library, st));
    TRY(compile(embedder, st));
    *ret_embedder = TAKE(embedder);
    return STATUS_OK;
}

void embedder_close(struct embedder *embedder)
{
    if (embedder == NULL)
        return;
    for (size_t i = 0; i < EMBED_KINDS; i++) {
        if (embedder->lanes[i].request != NULL)
            embedder->library.ov_infer_request_free(embedder->lanes[i].request);
        (void)pthread_mutex_destroy(&embedder->lanes[i].lock);
    }
    if (embedder->network != NULL)
        embedder->library.ov_compiled_model_free(embedder->network);
    if (embedder->core != NULL)
        embedder->library.ov_core_free(embedder->core);
    buf_deinit(&embedder->weights);
    pieces_free(embedder->pieces);
    pack_close(&embedder->pack);
    free(embedder);
}

/* --- embedding --- */

static void add_row(float *out, const float *row)
{
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        out[i] += row[i];
}

static void add_blocks(float *out, const struct pack_block *blocks)
{
    for (size_t i = 0; i < EMBEDDING_WIDTH / PACK_BLOCK_WEIGHTS; i++, out += PACK_BLOCK_WEIGHTS) {
        float scale = pack_half(blocks[i].scale);

        for (size_t k = 0; k < PACK_BLOCK_WEIGHTS / 2; k++) {
            out[k] += scale * (float)((blocks[i].weights[k] & 0x0f) - 8);
            out[k + PACK_BLOCK_WEIGHTS / 2] += scale * (float)((blocks[i].weights[k] >> 4) - 8);
        }
    }
}

/* The sum of what piece, place and kind say. */
static void fill_row(const struct embedder *embedder, uint32_t piece, size_t place, float *out)
{
    memset(out, 0, EMBEDDING_WIDTH * sizeof(*out));
    add_blocks(out, embedder->piece_rows + (size_t)piece * (EMBEDDING_WIDTH / PACK_BLOCK_WEIGHTS));
    add_row(out, embedder->place_rows + place * EMBEDDING_WIDTH);
    add_row(out, embedder->kind_row);
}

/* The rows of a text between its two signs; in the arena. */
static status_code make_rows(const struct embedder *embedder, embed_kind kind, struct str text,
                             struct arena *arena, float **ret_rows, size_t *ret_count,
                             struct status *st)
{
    const struct pack *pack = &embedder->pack;
    _cleanup_(buf_deinit) struct buf whole;
    const uint32_t *pieces;
    size_t count;

    buf_init(&whole, TEXT_MAX_BYTES + sizeof("passage: "));
    if (!buf_append_str(&whole, prefixes[kind]) ||
        !buf_append(&whole, text.p, text.n < TEXT_MAX_BYTES ? text.n : TEXT_MAX_BYTES))
        return FAIL_MEMORY(st);
    TRY(pieces_cut(embedder->pieces, buf_str(&whole), arena, &pieces, &count, st));
    if (count > pack->position_count - 2)
        count = pack->position_count - 2;
    float *rows = ARENA_NEW_ARRAY(arena, float, (count + 2) * EMBEDDING_WIDTH);
    if (rows == NULL)
        return FAIL_MEMORY(st);
    fill_row(embedder, pack->begin_piece, 0, rows);
    for (size_t i = 0; i < count; i++)
        fill_row(embedder, pieces[i], i + 1, rows + (i + 1) * EMBEDDING_WIDTH);
    fill_row(embedder, pack->end_piece, count + 1, rows + (count + 1) * EMBEDDING_WIDTH);
    *ret_rows = rows;
    *ret_count = count + 2;
    return STATUS_OK;
}

/* The mean of the vectors, of length 1. */
static bool pool(const float *vectors, size_t count, float *out)
{
    double length = 0;

    memset(out, 0, EMBEDDING_WIDTH * sizeof(*out));
    for (size_t i = 0; i < count; i++)
        add_row(out, vectors + i * EMBEDDING_WIDTH);
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        length += (double)out[i] * (double)out[i];
    length = sqrt(length);
    if (!isfinite(length) || length <= 0)
        return false;
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        out[i] = (float)(out[i] / length);
    return true;
}

/* With the lane's lock held. */
static bool infer(const struct embedder *embedder, const struct lane *lane, const float *rows,
                  size_t count, float *out)
{
    const struct openvino *library = &embedder->library;
    int64_t sides[] = {1, (int64_t)count, EMBEDDING_WIDTH};
    const ov_shape_t shape = {.rank = 3, .dims = sides};
    ov_tensor_t *input = NULL;
    ov_tensor_t *output = NULL;
    void *vectors = NULL;

    bool is_fine =
        library->ov_tensor_create_from_host_ptr(F32, shape, (void *)rows, &input) == OK &&
        library->ov_infer_request_set_input_tensor(lane->request, input) == OK &&
        library->ov_infer_request_infer(lane->request) == OK &&
        library->ov_infer_request_get_output_tensor_by_index(lane->request, 0, &output) == OK &&
        library->ov_tensor_data(output, &vectors) == OK && pool(vectors, count, out);
    if (output != NULL)
        library->ov_tensor_free(output);
    if (input != NULL)
        library->ov_tensor_free(input);
    return is_fine;
}

status_code embedder_embed(struct embedder *embedder, embed_kind kind, struct str text,
                           float ret_embedding[static EMBEDDING_WIDTH], struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct lane *lane = &embedder->lanes[kind];
    float *rows = NULL;
    size_t count = 0;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(make_rows(embedder, kind, text, arena, &rows, &count, st));
    (void)pthread_mutex_lock(&lane->lock);
    bool is_fine = infer(embedder, lane, rows, count, ret_embedding);
    (void)pthread_mutex_unlock(&lane->lock);
    return is_fine ? STATUS_OK
                   : FAIL(st, STATUS_INTERNAL, NULL, "the embedding of a text cannot be computed");
}
