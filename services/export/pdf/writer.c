#include "services/export/pdf/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFLATE_LEVEL = 4,
    /* Objects of an object stream: a reader inflates one to reach any object in it. */
    SMALL_COUNT_MAX = 100,
    SMALL_MAX_BYTES = 1 << 20,
    SMALL_FULL_BYTES = 64 << 10,
    /* Columns of the cross-reference: kind, offset or object stream, index in it. */
    XREF_KIND_BYTES = 1,
    XREF_PLACE_BYTES = 5,
    XREF_INDEX_BYTES = 2,
    XREF_ENTRY_BYTES = XREF_KIND_BYTES + XREF_PLACE_BYTES + XREF_INDEX_BYTES,
    NEVER_USED_AGAIN = 0xFFFF, /* generation of object 0, the head of the free ones */
    PNG_UP_PREDICTOR = 2,      /* of each row; PDF's number for "PNG, told by row" is 12 */
};

/* A place: its kind in the low two bits; above them the offset, or the number of the object stream
 * and the index in it. */
enum { PLACE_FREE = 0, PLACE_OFFSET = 1, PLACE_SMALL = 2, PLACE_KIND_BITS = 2, INDEX_BITS = 8 };

static void fail_memory(struct pdf_writer *writer)
{
    struct status st = {0};

    (void)FAIL_MEMORY(&st);
    sink_fail(writer->sink, &st);
}

static void emit(struct pdf_writer *writer, const void *data, size_t length)
{
    sink_append(writer->sink, data, length);
    writer->offset += length;
}

static void emit_text(struct pdf_writer *writer, const char *text)
{
    emit(writer, text, strlen(text));
}

void pdf_writer_check(struct pdf_writer *writer, const struct pdf_body *body)
{
    if (body->has_failed)
        fail_memory(writer);
}

void pdf_writer_init(struct pdf_writer *writer, struct sink *sink)
{
    *writer = (struct pdf_writer){.sink = sink};
    buf_init(&writer->places, (size_t)PDF_WRITER_OBJECTS_MAX * sizeof(uint64_t));
    buf_init(&writer->deflated, PDF_WRITER_STREAM_MAX_BYTES);
    pdf_body_init(&writer->small, SMALL_MAX_BYTES);
    pdf_body_init(&writer->index, 2 * SMALL_MAX_BYTES); /* the bodies follow it */
    writer->has_deflate = deflateInit(&writer->deflate, DEFLATE_LEVEL) == Z_OK;
    if (!writer->has_deflate)
        fail_memory(writer);
    (void)pdf_writer_reserve(writer); /* number 0 is nobody's */
    /* Bytes above 127 in the second line tell that the file is binary (§7.5.2). */
    emit_text(writer, "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
}

void pdf_writer_deinit(struct pdf_writer *writer)
{
    buf_deinit(&writer->places);
    buf_deinit(&writer->deflated);
    pdf_body_deinit(&writer->small);
    pdf_body_deinit(&writer->index);
    if (writer->has_deflate)
        (void)deflateEnd(&writer->deflate);
}

uint32_t pdf_writer_reserve(struct pdf_writer *writer)
{
    uint64_t place = PLACE_FREE;
    uint32_t number = (uint32_t)(writer->places.length / sizeof(place));

    if (!buf_append(&writer->places, &place, sizeof(place))) {
        fail_memory(writer);
        return 0;
    }
    return number;
}

static void set_place(struct pdf_writer *writer, uint32_t number, uint64_t place)
{
    if ((number + (size_t)1) * sizeof(place) <= writer->places.length)
        memcpy(writer->places.data + number * sizeof(place), &place, sizeof(place));
}

/* --- streams --- */

void pdf_writer_stream_begin(struct pdf_writer *writer, uint32_t number, struct str entries,
                             uint64_t length)
{
    char text[64];

    set_place(writer, number, writer->offset << PLACE_KIND_BITS | PLACE_OFFSET);
    (void)snprintf(text, sizeof(text), "%" PRIu32 " 0 obj\n<<", number);
    emit_text(writer, text);
    emit(writer, entries.p, entries.n);
    (void)snprintf(text, sizeof(text), "/Length %" PRIu64 ">>\nstream\n", length);
    emit_text(writer, text);
    writer->stream_left = length;
}

static void fail_length(struct pdf_writer *writer)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_INTERNAL, NULL, "a part of the PDF is not as long as was told");
    sink_fail(writer->sink, &st);
}

void pdf_writer_stream_append(struct pdf_writer *writer, const void *data, size_t length)
{
    if (length > writer->stream_left) {
        fail_length(writer);
        return;
    }
    emit(writer, data, length);
    writer->stream_left -= length;
}

void pdf_writer_stream_end(struct pdf_writer *writer)
{
    if (writer->stream_left != 0)
        fail_length(writer);
    emit_text(writer, "\nendstream\nendobj\n");
}

void pdf_writer_plain_stream(struct pdf_writer *writer, uint32_t number, struct str entries,
                             struct str data)
{
    pdf_writer_stream_begin(writer, number, entries, data.n);
    pdf_writer_stream_append(writer, data.p, data.n);
    pdf_writer_stream_end(writer);
}

/* Deflates `data` into `deflated`. */
static bool deflate_all(struct pdf_writer *writer, struct str data)
{
    buf_clear(&writer->deflated);
    if (!writer->has_deflate || data.n > UINT32_MAX || deflateReset(&writer->deflate) != Z_OK)
        return false;
    uLong bound = deflateBound(&writer->deflate, (uLong)data.n);
    if (!buf_reserve(&writer->deflated, bound))
        return false;
    writer->deflate.next_in = (Bytef *)data.p;
    writer->deflate.avail_in = (uInt)data.n;
    writer->deflate.next_out = (Bytef *)writer->deflated.data;
    writer->deflate.avail_out = (uInt)bound;
    if (deflate(&writer->deflate, Z_FINISH) != Z_STREAM_END)
        return false;
    writer->deflated.length = bound - writer->deflate.avail_out;
    return true;
}

void pdf_writer_stream(struct pdf_writer *writer, uint32_t number, struct str entries,
                       struct str data)
{
    struct pdf_body all;

    if (!deflate_all(writer, data)) {
        fail_memory(writer);
        return;
    }
    pdf_body_init(&all, entries.n + 64);
    pdf_body_append(&all, entries.p, entries.n);
    pdf_body_printf(&all, "/Filter/FlateDecode");
    pdf_writer_check(writer, &all);
    pdf_writer_plain_stream(writer, number, buf_str(&all.text), buf_str(&writer->deflated));
    pdf_body_deinit(&all);
}

/* --- small objects --- */

static void flush_small(struct pdf_writer *writer)
{
    char entries[64];
    size_t first = writer->index.text.length;

    if (writer->small_count == 0)
        return;
    (void)snprintf(entries, sizeof(entries), "/Type/ObjStm/N %" PRIu32 "/First %zu",
                   writer->small_count, first);
    pdf_body_append(&writer->index, writer->small.text.data, writer->small.text.length);
    pdf_writer_check(writer, &writer->small);
    pdf_writer_check(writer, &writer->index);
    pdf_writer_stream(writer, writer->small_number, str_of(entries), buf_str(&writer->index.text));
    pdf_body_clear(&writer->small);
    pdf_body_clear(&writer->index);
    writer->small_count = 0;
}

void pdf_writer_object(struct pdf_writer *writer, uint32_t number, struct pdf_body *body)
{
    pdf_writer_check(writer, body);
    if (writer->small.text.length + body->text.length > SMALL_FULL_BYTES)
        flush_small(writer);
    if (writer->small_count == 0)
        writer->small_number = pdf_writer_reserve(writer);
    set_place(writer, number,
              ((uint64_t)writer->small_number << INDEX_BITS | writer->small_count)
                      << PLACE_KIND_BITS |
                  PLACE_SMALL);
    pdf_body_printf(&writer->index, "%" PRIu32 " %zu ", number, writer->small.text.length);
    pdf_body_append(&writer->small, body->text.data, body->text.length);
    pdf_body_append(&writer->small, "\n", 1);
    if (++writer->small_count == SMALL_COUNT_MAX)
        flush_small(writer);
    pdf_body_clear(body);
}

/* --- the end --- */

static void put_big_endian(uint8_t *bytes, int count, uint64_t value)
{
    for (int i = count - 1; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

static void encode_place(uint64_t place, uint8_t ret_entry[static XREF_ENTRY_BYTES])
{
    uint64_t value = place >> PLACE_KIND_BITS;
    unsigned kind = place & ((1 << PLACE_KIND_BITS) - 1);
    unsigned index = 0;

    if (kind == PLACE_SMALL) {
        index = value & ((1 << INDEX_BITS) - 1);
        value >>= INDEX_BITS;
    }
    ret_entry[0] = (uint8_t)kind;
    put_big_endian(ret_entry + XREF_KIND_BYTES, XREF_PLACE_BYTES, value);
    put_big_endian(ret_entry + XREF_KIND_BYTES + XREF_PLACE_BYTES, XREF_INDEX_BYTES, index);
}

/* The rows of the cross-reference stream, each with its predictor ahead. False without memory. */
static bool encode_places(const struct pdf_writer *writer, struct buf *rows)
{
    size_t count = writer->places.length / sizeof(uint64_t);
    uint8_t above[XREF_ENTRY_BYTES] = {0};

    for (size_t i = 0; i < count; i++) {
        uint8_t entry[XREF_ENTRY_BYTES], row[1 + XREF_ENTRY_BYTES] = {PNG_UP_PREDICTOR};
        uint64_t place;

        memcpy(&place, writer->places.data + i * sizeof(place), sizeof(place));
        encode_place(place, entry);
        if (i == 0)
            put_big_endian(entry + XREF_KIND_BYTES + XREF_PLACE_BYTES, XREF_INDEX_BYTES,
                           NEVER_USED_AGAIN);
        for (int k = 0; k < XREF_ENTRY_BYTES; k++)
            row[1 + k] = (uint8_t)(entry[k] - above[k]);
        memcpy(above, entry, sizeof(above));
        if (!buf_append(rows, row, sizeof(row)))
            return false;
    }
    return true;
}

void pdf_writer_finish(struct pdf_writer *writer, uint32_t root, uint32_t info,
                       const uint8_t id[static PDF_WRITER_ID_BYTES])
{
    _cleanup_(buf_deinit) struct buf rows;
    struct pdf_body entries;
    char tail[64];
    uint64_t start;

    flush_small(writer);
    uint32_t number = pdf_writer_reserve(writer);
    start = writer->offset;
    set_place(writer, number, start << PLACE_KIND_BITS | PLACE_OFFSET);

    buf_init(&rows, (size_t)PDF_WRITER_OBJECTS_MAX * (1 + XREF_ENTRY_BYTES));
    if (!encode_places(writer, &rows)) {
        fail_memory(writer);
        return;
    }
    pdf_body_init(&entries, 1024);
    pdf_body_printf(&entries,
                    "/Type/XRef/Size %" PRIu32 "/Root %" PRIu32 " 0 R/Info %" PRIu32
                    " 0 R/W[%d %d %d]/DecodeParms<</Predictor 12/Columns %d>>/ID[",
                    number + 1, root, info, XREF_KIND_BYTES, XREF_PLACE_BYTES, XREF_INDEX_BYTES,
                    XREF_ENTRY_BYTES);
    for (int copy = 0; copy < 2; copy++) {
        pdf_body_append(&entries, "<", 1);
        for (int i = 0; i < PDF_WRITER_ID_BYTES; i++)
            pdf_body_printf(&entries, "%02X", id[i]);
        pdf_body_append(&entries, ">", 1);
    }
    pdf_body_append(&entries, "]", 1);
    pdf_writer_check(writer, &entries);
    pdf_writer_stream(writer, number, buf_str(&entries.text), buf_str(&rows));
    pdf_body_deinit(&entries);
    (void)snprintf(tail, sizeof(tail), "startxref\n%" PRIu64 "\n%%%%EOF\n", start);
    emit_text(writer, tail);
}
