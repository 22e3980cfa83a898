#include "services/chat/embed/pack.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    FILE_MAX_BYTES = 1 << 30,
    WIDTH_MAX = 4096,
    LAYERS_MAX = 64,
    POSITIONS_MAX = 8192,
    VOCABULARY_MAX = 1 << 20,
    TYPE_FLOATS = 0,
    TYPE_BLOCKS = 1,
};

static status_code fail_pack(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "the embedding model cannot be loaded");
}

/* --- reading --- */

/* What is left of the file; all that is taken from it is checked against its length. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool is_short; /* more was asked for than there is */
};

static const uint8_t *take(struct cursor *cursor, uint64_t length)
{
    const uint8_t *at = cursor->at;

    if (cursor->is_short || length > (uint64_t)(cursor->end - cursor->at)) {
        cursor->is_short = true;
        return NULL;
    }
    cursor->at += length;
    return at;
}

static uint32_t take_uint32(struct cursor *cursor)
{
    const uint8_t *at = take(cursor, 4);
    uint32_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t take_uint64(struct cursor *cursor)
{
    uint64_t low = take_uint32(cursor);

    return low | (uint64_t)take_uint32(cursor) << 32;
}

static uint32_t take_uint16(struct cursor *cursor)
{
    const uint8_t *at = take(cursor, 2);

    return at == NULL ? 0 : (uint32_t)(at[0] | at[1] << 8);
}

static bool is_within(uint32_t value, uint32_t min, uint32_t max)
{
    return value >= min && value <= max;
}

static bool read_sizes(struct cursor *cursor, struct pack *pack)
{
    const uint8_t *magic = take(cursor, 4);
    uint32_t epsilon;

    if (magic == NULL || memcmp(magic, "E5S1", 4) != 0 || take_uint32(cursor) != VERSION)
        return false;
    pack->width = take_uint32(cursor);
    pack->layer_count = take_uint32(cursor);
    pack->head_count = take_uint32(cursor);
    pack->inner_width = take_uint32(cursor);
    pack->vocabulary_rows = take_uint32(cursor);
    pack->position_count = take_uint32(cursor);
    (void)take_uint32(cursor); /* kinds of texts: the first is ours */
    epsilon = take_uint32(cursor);
    memcpy(&pack->epsilon, &epsilon, sizeof(epsilon));
    return take_uint32(cursor) == PACK_BLOCK_WEIGHTS && is_within(pack->width, 1, WIDTH_MAX) &&
           is_within(pack->layer_count, 1, LAYERS_MAX) &&
           is_within(pack->head_count, 1, pack->width) &&
           is_within(pack->inner_width, 1, WIDTH_MAX) &&
           is_within(pack->vocabulary_rows, 1, VOCABULARY_MAX) &&
           is_within(pack->position_count, 2, POSITIONS_MAX) &&
           pack->width % pack->head_count == 0 && pack->width % PACK_BLOCK_WEIGHTS == 0 &&
           pack->inner_width % PACK_BLOCK_WEIGHTS == 0;
}

static bool read_vocabulary(struct cursor *cursor, struct pack *pack)
{
    uint32_t before = 0;

    pack->piece_count = take_uint32(cursor);
    pack->begin_piece = take_uint32(cursor);
    pack->end_piece = take_uint32(cursor);
    (void)take_uint32(cursor); /* what fills batches up; ours are of one text */
    pack->unknown_piece = take_uint32(cursor);
    if (!is_within(pack->piece_count, 1, pack->vocabulary_rows) ||
        pack->begin_piece >= pack->piece_count || pack->end_piece >= pack->piece_count ||
        pack->unknown_piece >= pack->piece_count)
        return false;
    pack->piece_bytes.n = take_uint64(cursor);
    pack->piece_offsets = take(cursor, 4 * ((uint64_t)pack->piece_count + 1));
    pack->piece_scores = take(cursor, 4 * (uint64_t)pack->piece_count);
    pack->piece_bytes.p = (const char *)take(cursor, pack->piece_bytes.n);
    if (cursor->is_short)
        return false;
    for (size_t i = 0; i <= pack->piece_count; i++) {
        uint32_t offset;

        memcpy(&offset, pack->piece_offsets + 4 * i, sizeof(offset));
        if (offset < before || offset > pack->piece_bytes.n)
            return false;
        before = offset;
    }
    return true;
}

static bool read_rules(struct cursor *cursor, struct pack *pack)
{
    pack->rule_count = take_uint32(cursor);
    pack->rules.n = take_uint32(cursor);
    pack->rules.p = (const char *)take(cursor, pack->rules.n);
    return !cursor->is_short;
}

static status_code read_pack(struct pack *pack, struct status *st)
{
    struct cursor cursor = {pack->bytes, pack->bytes + pack->length, false};

    if (!read_sizes(&cursor, pack) || !read_vocabulary(&cursor, pack) || !read_rules(&cursor, pack))
        return fail_pack(st);
    pack->tensor_count = take_uint32(&cursor);
    pack->directory = cursor.at;
    pack->directory_length = (size_t)(cursor.end - cursor.at);
    if (cursor.is_short || pack->tensor_count > PACK_TENSORS_MAX)
        return fail_pack(st);
    return STATUS_OK;
}

status_code pack_open(const char *path, struct pack *ret_pack, struct status *st)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct pack pack = {0};
    struct stat about;

    if (fd < 0 || fstat(fd, &about) < 0 || about.st_size <= 0 || about.st_size > FILE_MAX_BYTES)
        return fail_pack(st);
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return fail_pack(st);
    pack.bytes = bytes;
    pack.length = (size_t)about.st_size;
    if (read_pack(&pack, st) != STATUS_OK) {
        pack_close(&pack);
        return st->code;
    }
    *ret_pack = pack;
    return STATUS_OK;
}

void pack_close(struct pack *pack)
{
    if (pack->bytes != NULL)
        (void)munmap((void *)pack->bytes, pack->length);
    *pack = (struct pack){0};
}

/* --- tensors --- */

/* The bytes of a tensor, aligned to 4. */
static const void *find(const struct pack *pack, const char *name, uint8_t type, size_t count,
                        size_t bytes)
{
    struct cursor cursor = {pack->directory, pack->directory + pack->directory_length, false};

    for (uint32_t i = 0; i < pack->tensor_count && !cursor.is_short; i++) {
        uint32_t name_length = take_uint16(&cursor);
        const uint8_t *entry_name = take(&cursor, name_length);
        const uint8_t *entry_type = take(&cursor, 1);
        uint32_t entry_count = take_uint32(&cursor);
        uint64_t offset = take_uint64(&cursor);
        uint64_t length = take_uint64(&cursor);

        if (cursor.is_short || name_length != strlen(name) ||
            memcmp(entry_name, name, name_length) != 0)
            continue;
        if (*entry_type != type || entry_count != count || length != bytes || offset % 4 != 0 ||
            offset > pack->length || length > pack->length - offset)
            return NULL;
        return pack->bytes + offset;
    }
    return NULL;
}

status_code pack_floats(const struct pack *pack, const char *name, size_t count,
                        const float **ret_values, struct status *st)
{
    const void *values = find(pack, name, TYPE_FLOATS, count, count * sizeof(float));

    if (values == NULL)
        return fail_pack(st);
    *ret_values = values;
    return STATUS_OK;
}

status_code pack_blocks(const struct pack *pack, const char *name, size_t weight_count,
                        const struct pack_block **ret_blocks, struct status *st)
{
    size_t bytes = weight_count / PACK_BLOCK_WEIGHTS * sizeof(struct pack_block);
    const void *blocks = find(pack, name, TYPE_BLOCKS, weight_count, bytes);

    if (blocks == NULL)
        return fail_pack(st);
    *ret_blocks = blocks;
    return STATUS_OK;
}

float pack_half(uint16_t half)
{
    _Float16 value;

    memcpy(&value, &half, sizeof(value));
    return (float)value;
}
