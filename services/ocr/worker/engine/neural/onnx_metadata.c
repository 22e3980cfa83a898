#include "services/ocr/worker/engine/neural/onnx_metadata.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/engine/neural/onnx.pb-c.h"

/* Wire types of protobuf. */
enum {
    WIRE_VARINT = 0,
    WIRE_64_BIT = 1,
    WIRE_BYTES = 2,
    WIRE_32_BIT = 5,
};

enum {
    FIELD_GRAPH = 7, /* every model has one */
    FIELD_METADATA = 14,
};

struct onnx_metadata {
    Ocrmesh__Onnx__Model *model;
};

static status_code fail_broken(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE", "a model file is no ONNX file");
}

/* Takes a number off the front of *rest. */
static bool take_varint(struct str *rest, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && rest->n > 0; shift += 7) {
        uint8_t byte = (uint8_t)rest->p[0];
        rest->p++;
        rest->n--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Takes a field off the front of *rest; *ret_field is all of it, tag included. */
static bool take_field(struct str *rest, uint64_t *ret_number, struct str *ret_field)
{
    struct str start = *rest;
    uint64_t tag, length;

    if (!take_varint(rest, &tag))
        return false;
    switch (tag & 7) {
    case WIRE_VARINT:
        if (!take_varint(rest, &length))
            return false;
        length = 0;
        break;
    case WIRE_64_BIT:
        length = 8;
        break;
    case WIRE_32_BIT:
        length = 4;
        break;
    case WIRE_BYTES:
        if (!take_varint(rest, &length))
            return false;
        break;
    default: /* groups are not used by ONNX */
        return false;
    }
    if (length > rest->n)
        return false;
    rest->p += length;
    rest->n -= length;
    *ret_number = tag >> 3;
    *ret_field = (struct str){start.p, start.n - rest->n};
    return true;
}

/* Copies the pairs' fields into `pairs`, one after the other: a message that has nothing else. */
static status_code gather_pairs(struct str file, struct buf *pairs, struct status *st)
{
    size_t count = 0;
    bool has_graph = false;

    while (file.n > 0) {
        struct str field;
        uint64_t number;
        if (!take_field(&file, &number, &field))
            return fail_broken(st);
        has_graph = has_graph || number == FIELD_GRAPH;
        if (number != FIELD_METADATA)
            continue;
        if (++count > ONNX_METADATA_MAX_PAIRS || !buf_append(pairs, field.p, field.n))
            return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                        "a model file says more about itself than the limit of %d MiB or %d pairs",
                        ONNX_METADATA_MAX_BYTES >> 20, ONNX_METADATA_MAX_PAIRS);
    }
    return has_graph ? STATUS_OK : fail_broken(st);
}

static bool is_utf8(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length;) {
        size_t used = utf8_sequence(text + i, length - i);
        if (used == 0)
            return false;
        i += used;
    }
    return true;
}

status_code onnx_metadata_new(struct str file, struct onnx_metadata **ret_metadata,
                              struct status *st)
{
    _cleanup_(onnx_metadata_freep) struct onnx_metadata *metadata = calloc(1, sizeof(*metadata));
    _cleanup_(buf_deinit) struct buf pairs;

    buf_init(&pairs, ONNX_METADATA_MAX_BYTES);
    if (metadata == NULL)
        return FAIL_MEMORY(st);
    TRY(gather_pairs(file, &pairs, st));
    metadata->model = ocrmesh__onnx__model__unpack(NULL, pairs.length, (const uint8_t *)pairs.data);
    if (metadata->model == NULL)
        return fail_broken(st);
    for (size_t i = 0; i < metadata->model->n_metadata_props; i++)
        if (!is_utf8(metadata->model->metadata_props[i]->value))
            return fail_broken(st);
    *ret_metadata = TAKE(metadata);
    return STATUS_OK;
}

void onnx_metadata_free(struct onnx_metadata *metadata)
{
    if (metadata == NULL)
        return;
    if (metadata->model != NULL)
        ocrmesh__onnx__model__free_unpacked(metadata->model, NULL);
    free(metadata);
}

const char *onnx_metadata_get(const struct onnx_metadata *metadata, const char *key)
{
    for (size_t i = 0; i < metadata->model->n_metadata_props; i++) {
        const Ocrmesh__Onnx__StringStringEntry *pair = metadata->model->metadata_props[i];
        if (strcmp(pair->key, key) == 0)
            return pair->value;
    }
    return NULL;
}
