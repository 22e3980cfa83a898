#include "services/export/tests/pdf_reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "lib/base/arena.h"

enum { ROW_BYTES = 9, ENTRY_BYTES = 8, INFLATED_MAX_BYTES = 32 << 20, ARENA_BYTES = 256 << 20 };

struct pdf_reader {
    struct str file;
    struct arena *arena;
    const uint8_t *entries;
    size_t count;
    const char *trailer;
};

/* The part of the file from `offset` to the first `end`. */
static char *cut(struct pdf_reader *reader, size_t offset, const char *end)
{
    assert(offset < reader->file.n);
    const char *start = reader->file.p + offset;
    const char *found = memmem(start, reader->file.n - offset, end, strlen(end));

    assert(found != NULL);
    return arena_strndup(reader->arena, start, (size_t)(found - start));
}

static size_t number_after(const char *text, const char *key)
{
    char wanted[64];

    (void)snprintf(wanted, sizeof(wanted), "/%s ", key);
    const char *found = strstr(text, wanted);
    assert(found != NULL);
    return strtoul(found + strlen(wanted), NULL, 10);
}

static struct str stream_at(struct pdf_reader *reader, size_t offset)
{
    const char *dictionary = cut(reader, offset, "stream\n");
    size_t length = number_after(dictionary, "Length");
    const char *start = reader->file.p + offset + strlen(dictionary) + strlen("stream\n");

    assert(start + length + 11 < reader->file.p + reader->file.n);
    assert(memcmp(start + length, "\nendstream\n", 11) == 0);
    if (strstr(dictionary, "/Filter/FlateDecode") == NULL)
        return (struct str){arena_strndup(reader->arena, start, length), length};

    uLongf inflated_length = INFLATED_MAX_BYTES;
    uint8_t *inflated = malloc(INFLATED_MAX_BYTES);
    assert(inflated != NULL);
    assert(uncompress(inflated, &inflated_length, (const Bytef *)start, length) == Z_OK);
    char *kept = arena_strndup(reader->arena, (const char *)inflated, inflated_length);
    if (kept != NULL)
        memcpy(kept, inflated, inflated_length);
    free(inflated);
    assert(kept != NULL);
    return (struct str){kept, inflated_length};
}

struct pdf_reader *pdf_reader_new(struct str file)
{
    struct pdf_reader *reader = calloc(1, sizeof(*reader));

    assert(reader != NULL && file.n > 64);
    reader->file = file;
    reader->arena = arena_new(ARENA_BYTES);
    assert(memcmp(file.p, "%PDF-1.7\n", 9) == 0);
    assert(memcmp(file.p + file.n - 7, "\n%%EOF\n", 7) == 0);
    char *tail = arena_strndup(reader->arena, file.p + file.n - 40, 40);
    const char *start = strstr(tail, "startxref\n");
    assert(start != NULL);
    size_t offset = strtoul(start + strlen("startxref\n"), NULL, 10);

    reader->trailer = cut(reader, offset, "stream\n");
    struct str rows = stream_at(reader, offset);
    reader->count = number_after(reader->trailer, "Size");
    assert(rows.n == reader->count * ROW_BYTES);
    uint8_t *entries = arena_alloc(reader->arena, reader->count * ENTRY_BYTES);
    assert(entries != NULL);
    for (size_t i = 0; i < reader->count; i++) {
        assert(rows.p[i * ROW_BYTES] == 2);
        for (size_t k = 0; k < ENTRY_BYTES; k++)
            entries[i * ENTRY_BYTES + k] =
                (uint8_t)((uint8_t)rows.p[i * ROW_BYTES + 1 + k] +
                          (i > 0 ? entries[(i - 1) * ENTRY_BYTES + k] : 0));
    }
    reader->entries = entries;
    return reader;
}

void pdf_reader_free(struct pdf_reader *reader)
{
    arena_free(reader->arena);
    free(reader);
}

size_t pdf_reader_count(const struct pdf_reader *reader)
{
    return reader->count;
}

/* Kind, offset or object stream, index. */
static unsigned entry_of(const struct pdf_reader *reader, size_t number, size_t *ret_place,
                         unsigned *ret_index)
{
    const uint8_t *entry = reader->entries + number * ENTRY_BYTES;

    assert(number < reader->count);
    *ret_place = 0;
    for (int i = 1; i <= 5; i++)
        *ret_place = *ret_place << 8 | entry[i];
    *ret_index = (unsigned)entry[6] << 8 | entry[7];
    return entry[0];
}

static const char *small_object(struct pdf_reader *reader, size_t number, size_t holder,
                                unsigned index)
{
    size_t place;
    unsigned ignored;

    assert(entry_of(reader, holder, &place, &ignored) == 1);
    struct str objects = stream_at(reader, place);
    const char *dictionary = cut(reader, place, "stream\n");
    size_t first = number_after(dictionary, "First"), count = number_after(dictionary, "N");
    char *at = (char *)objects.p;
    size_t offset = 0, next = objects.n - first;

    assert(index < count);
    for (size_t i = 0; i <= index; i++) {
        size_t told = strtoul(at, &at, 10);

        offset = strtoul(at, &at, 10);
        if (i == index)
            assert(told == number);
    }
    if (index + 1 < count) {
        (void)strtoul(at, &at, 10);
        next = strtoul(at, &at, 10);
    }
    return arena_strndup(reader->arena, objects.p + first + offset, next - offset);
}

const char *pdf_reader_object(struct pdf_reader *reader, size_t number)
{
    size_t place;
    unsigned index;
    char head[32];

    switch (entry_of(reader, number, &place, &index)) {
    case 0:
        return NULL;
    case 1:
        (void)snprintf(head, sizeof(head), "%zu 0 obj\n", number);
        assert(memcmp(reader->file.p + place, head, strlen(head)) == 0);
        return cut(reader, place + strlen(head), "stream\n");
    case 2:
        return small_object(reader, number, place, index);
    default:
        abort();
    }
}

struct str pdf_reader_stream(struct pdf_reader *reader, size_t number)
{
    size_t place;
    unsigned index;

    assert(entry_of(reader, number, &place, &index) == 1);
    return stream_at(reader, place);
}

size_t pdf_reader_reference(struct pdf_reader *reader, size_t number, const char *key)
{
    return number_after(number == 0 ? reader->trailer : pdf_reader_object(reader, number), key);
}
