#pragma once

/*
 * A PDF file (ISO 32000-1, PDF 1.7), written object by object as they come.
 *
 * Of an object only its number and place are kept, eight bytes, so that memory does not grow with
 * what is in the file. Small objects are gathered into compressed object streams (§7.5.7), and the
 * cross-reference is a stream (§7.5.8); both ends of a reference may come first, for a number is
 * reserved before its object is written. What goes wrong fails the sink, so nothing is returned.
 * One thread at a time.
 */

#include <stdint.h>
#include <zlib.h>

#include "services/export/pdf/body.h"
#include "services/export/sink.h"

enum {
    /* Of a file: a thousand for each page of the longest document that can be had. */
    PDF_WRITER_OBJECTS_MAX = 8 << 20,
    PDF_WRITER_ID_BYTES = 16,
    /* Compressed size of a stream that is made here (pdf_writer_stream). */
    PDF_WRITER_STREAM_MAX_BYTES = 64 << 20,
};

/* In the caller's memory; the members are the module's own. */
struct pdf_writer {
    struct sink *sink;
    uint64_t offset;       /* bytes written */
    struct buf places;     /* a uint64_t for each object number */
    struct pdf_body small; /* bodies of the object stream that is being gathered */
    struct pdf_body index; /* its numbers and offsets */
    uint32_t small_count;
    uint32_t small_number; /* of the object stream */
    z_stream deflate;
    bool has_deflate;
    struct buf deflated;
    uint64_t stream_left; /* bytes that a stream under way still wants */
};

/* Writes the header. */
void pdf_writer_init(struct pdf_writer *writer, struct sink *sink);
/* A writer that is all zero is accepted. */
void pdf_writer_deinit(struct pdf_writer *writer);

/* A number for an object that is written later, or never: it is then a free one. 0, which no object
 * has, after a failure. */
uint32_t pdf_writer_reserve(struct pdf_writer *writer);

/* Fails the sink when the body has failed. */
void pdf_writer_check(struct pdf_writer *writer, const struct pdf_body *body);

/* An object that is not a stream; its body is checked, and cleared afterwards. */
void pdf_writer_object(struct pdf_writer *writer, uint32_t number, struct pdf_body *body);

/* A stream of `data`, deflated. @entries: of its dictionary, without Length and Filter. */
void pdf_writer_stream(struct pdf_writer *writer, uint32_t number, struct str entries,
                       struct str data);
/* The same as it is: for what must be readable without decoding. */
void pdf_writer_plain_stream(struct pdf_writer *writer, uint32_t number, struct str entries,
                             struct str data);

/* A stream of `length` bytes that come in pieces; they are encoded as `entries` says. Nothing else
 * may be written in between. */
void pdf_writer_stream_begin(struct pdf_writer *writer, uint32_t number, struct str entries,
                             uint64_t length);
/* Bytes beyond `length` fail the sink; so does an end before it. */
void pdf_writer_stream_append(struct pdf_writer *writer, const void *data, size_t length);
void pdf_writer_stream_end(struct pdf_writer *writer);

/* Writes what was gathered, the cross-reference and the trailer. */
void pdf_writer_finish(struct pdf_writer *writer, uint32_t root, uint32_t info,
                       const uint8_t id[static PDF_WRITER_ID_BYTES]);
