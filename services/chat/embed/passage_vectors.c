#include "services/chat/embed/passage_vectors.h"

#include <endian.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct vector {
    int8_t numbers[EMBEDDING_WIDTH];
    float scale; /* of one unit */
};

/* Those of a passage; not changed any more. */
struct passage_vector {
    size_t count;
    float sum_length; /* of the sum of them all */
    struct vector items[];
};

struct passage_vectors {
    size_t count;
    atomic_size_t set_count;
    atomic_size_t size_bytes;
    _Atomic(struct passage_vector *) *items; /* NULL: not there yet */
    atomic_bool *kept;                       /* a part each */
};

static size_t part_count(size_t passage_count)
{
    return (passage_count + VECTORS_PART_PASSAGES - 1) / VECTORS_PART_PASSAGES;
}

struct passage_vectors *passage_vectors_new(size_t passage_count)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = calloc(1, sizeof(*vectors));

    if (vectors == NULL)
        return NULL;
    vectors->count = passage_count;
    /* One more than none, as calloc(0) may give NULL. */
    vectors->items = calloc(passage_count + 1, sizeof(*vectors->items));
    vectors->kept = calloc(part_count(passage_count) + 1, sizeof(*vectors->kept));
    vectors->size_bytes = sizeof(*vectors) + (passage_count + 1) * sizeof(*vectors->items) +
                          (part_count(passage_count) + 1) * sizeof(*vectors->kept);
    return vectors->items == NULL || vectors->kept == NULL ? NULL : TAKE(vectors);
}

void passage_vectors_free(struct passage_vectors *vectors)
{
    if (vectors == NULL)
        return;
    for (size_t i = 0; i < vectors->count && vectors->items != NULL; i++)
        free(atomic_load(&vectors->items[i]));
    free(vectors->items);
    free(vectors->kept);
    free(vectors);
}

static size_t size_of(size_t count)
{
    return sizeof(struct passage_vector) + count * sizeof(struct vector);
}

size_t passage_vectors_size(const struct passage_vectors *vectors)
{
    return atomic_load(&vectors->size_bytes);
}

size_t passage_vectors_count(const struct passage_vectors *vectors)
{
    return atomic_load(&vectors->set_count);
}

static const struct passage_vector *get(const struct passage_vectors *vectors, size_t passage)
{
    return atomic_load_explicit(&vectors->items[passage], memory_order_acquire);
}

bool passage_vectors_has(const struct passage_vectors *vectors, size_t passage)
{
    return get(vectors, passage) != NULL;
}

size_t passage_vectors_missing(const struct passage_vectors *vectors, size_t passage)
{
    while (passage < vectors->count && passage_vectors_has(vectors, passage))
        passage++;
    return passage;
}

static float largest_of(const float embedding[static EMBEDDING_WIDTH])
{
    float largest = 0;

    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        largest = fmaxf(largest, fabsf(embedding[i]));
    return largest;
}

static void pack_vector(const float embedding[static EMBEDDING_WIDTH], struct vector *ret_vector)
{
    float largest = largest_of(embedding);

    ret_vector->scale = largest / INT8_MAX;
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        ret_vector->numbers[i] =
            (int8_t)(largest > 0 ? lrintf(embedding[i] / largest * INT8_MAX) : 0);
}

static float sum_length(const struct vector *items, size_t count)
{
    float squares = 0;

    for (size_t i = 0; i < EMBEDDING_WIDTH; i++) {
        float sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += (float)items[k].numbers[i] * items[k].scale;
        squares += sum * sum;
    }
    return sqrtf(squares);
}

/* Takes over what was made. Two threads may have computed the same; the first of them keeps it. */
static void set(struct passage_vectors *vectors, size_t passage, struct passage_vector *made)
{
    const size_t size_bytes = size_of(made->count);
    struct passage_vector *missing = NULL;

    made->sum_length = sum_length(made->items, made->count);
    if (!atomic_compare_exchange_strong(&vectors->items[passage], &missing, made)) {
        free(made);
        return;
    }
    atomic_fetch_add(&vectors->size_bytes, size_bytes);
    atomic_fetch_add(&vectors->set_count, 1);
}

bool passage_vectors_set(struct passage_vectors *vectors, size_t passage,
                         const float (*embeddings)[EMBEDDING_WIDTH], size_t count)
{
    struct passage_vector *made = malloc(size_of(count));

    if (made == NULL)
        return false;
    made->count = count;
    for (size_t i = 0; i < count; i++)
        pack_vector(embeddings[i], &made->items[i]);
    set(vectors, passage, made);
    return true;
}

/* A question in whole numbers, which compilers multiply several at a time, as they may not with
 * those that are rounded. */
struct asked_vector {
    int16_t numbers[EMBEDDING_WIDTH];
    float scale; /* of one unit */
};

static void pack_asked(const float question[static EMBEDDING_WIDTH], struct asked_vector *ret_asked)
{
    float largest = largest_of(question);

    ret_asked->scale = largest / INT16_MAX;
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        ret_asked->numbers[i] =
            (int16_t)(largest > 0 ? lrintf(question[i] / largest * INT16_MAX) : 0);
}

static float product(const struct vector *vector, const struct asked_vector *asked)
{
    _Static_assert((int64_t)EMBEDDING_WIDTH * INT8_MAX * INT16_MAX <= INT32_MAX, "a sum fits");
    int32_t sum = 0;

    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        sum += vector->numbers[i] * asked->numbers[i];
    return (float)sum * vector->scale * asked->scale;
}

/* The mean of what is nearest and of the whole, whose embedding is near the sum of its parts'. */
static float affinity_of(const struct passage_vector *vector, const struct asked_vector *asked)
{
    float nearest = -1, sum = 0;

    for (size_t i = 0; i < vector->count; i++) {
        float near = product(&vector->items[i], asked);
        nearest = fmaxf(nearest, near);
        sum += near;
    }
    return vector->sum_length > 0 ? (nearest + sum / vector->sum_length) / 2 : nearest;
}

void passage_vectors_affinity(const struct passage_vectors *vectors,
                              const float question[static EMBEDDING_WIDTH], float *ret_affinity)
{
    struct asked_vector asked;

    pack_asked(question, &asked);
    for (size_t i = 0; i < vectors->count; i++) {
        const struct passage_vector *vector = get(vectors, i);

        ret_affinity[i] = vector != NULL ? affinity_of(vector, &asked) : NAN;
    }
}

/* --- parts --- */

size_t passage_vectors_part_count(const struct passage_vectors *vectors)
{
    return part_count(vectors->count);
}

void passage_vectors_set_kept(struct passage_vectors *vectors, size_t part)
{
    atomic_store(&vectors->kept[part], true);
}

size_t passage_vectors_not_kept(const struct passage_vectors *vectors, size_t part)
{
    while (part < part_count(vectors->count) && atomic_load(&vectors->kept[part]))
        part++;
    return part;
}

/* The part's passages: from the returned one on, up to *ret_end. */
static size_t bounds_of(const struct passage_vectors *vectors, size_t part, size_t *ret_end)
{
    size_t start = part * VECTORS_PART_PASSAGES;
    size_t left = vectors->count - start;

    *ret_end = start + (left < VECTORS_PART_PASSAGES ? left : VECTORS_PART_PASSAGES);
    return start;
}

/* A passage in a part's bytes: how many stretches it has, then of each its numbers and its scale,
 * in the order of little endian. */
enum { RECORD_BYTES = EMBEDDING_WIDTH + sizeof(uint32_t) };

static bool write_passage(const struct passage_vector *vector, struct buf *out)
{
    if (!buf_append_char(out, (char)vector->count))
        return false;
    for (size_t i = 0; i < vector->count; i++) {
        uint32_t scale;

        memcpy(&scale, &vector->items[i].scale, sizeof(scale));
        scale = htole32(scale);
        if (!buf_append(out, vector->items[i].numbers, EMBEDDING_WIDTH) ||
            !buf_append(out, &scale, sizeof(scale)))
            return false;
    }
    return true;
}

bool passage_vectors_write_part(const struct passage_vectors *vectors, size_t part, struct buf *out)
{
    size_t end, start = bounds_of(vectors, part, &end);

    if (passage_vectors_missing(vectors, start) < end)
        return false;
    for (size_t i = start; i < end; i++)
        if (!write_passage(get(vectors, i), out))
            return false;
    return true;
}

/* False when no embedding can have such a scale. */
static bool read_record(const char *bytes, struct vector *ret_vector)
{
    uint32_t scale;

    memcpy(ret_vector->numbers, bytes, EMBEDDING_WIDTH);
    memcpy(&scale, bytes + EMBEDDING_WIDTH, sizeof(scale));
    scale = le32toh(scale);
    memcpy(&ret_vector->scale, &scale, sizeof(scale));
    return ret_vector->scale >= 0 && ret_vector->scale <= 1;
}

/* Takes a passage off the front of the bytes; false when they do not begin with one. NULL: to look
 * only. */
static bool read_passage(struct str *bytes, struct passage_vector **ret_made)
{
    size_t count = bytes->n > 0 ? (unsigned char)*bytes->p : 0;
    struct vector vector;
    struct passage_vector *made = NULL;

    if (count == 0 || count > PASSAGE_SPANS_MAX || (bytes->n - 1) / RECORD_BYTES < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_record(bytes->p + 1 + i * RECORD_BYTES, &vector))
            return false;
    if (ret_made != NULL) {
        if ((made = malloc(size_of(count))) == NULL)
            return false;
        made->count = count;
        for (size_t i = 0; i < count; i++)
            (void)read_record(bytes->p + 1 + i * RECORD_BYTES, &made->items[i]);
        *ret_made = made;
    }
    bytes->p += 1 + count * RECORD_BYTES;
    bytes->n -= 1 + count * RECORD_BYTES;
    return true;
}

static bool is_part(struct str bytes, size_t passage_count)
{
    for (size_t i = 0; i < passage_count; i++)
        if (!read_passage(&bytes, NULL))
            return false;
    return bytes.n == 0;
}

bool passage_vectors_read_part(struct passage_vectors *vectors, size_t part, struct str bytes)
{
    struct passage_vector *made;
    size_t end, start;

    if (part >= part_count(vectors->count))
        return false;
    start = bounds_of(vectors, part, &end);
    if (!is_part(bytes, end - start))
        return false;
    for (size_t i = start; i < end; i++) {
        if (!read_passage(&bytes, &made))
            return false;
        set(vectors, i, made);
    }
    return true;
}
