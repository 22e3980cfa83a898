#pragma once

/*
 * Reads back what pdf/writer.h wrote, for tests: by the cross-reference stream alone, as a reader
 * does. It knows the one form of file that is written here; anything else aborts.
 */

#include "lib/base/str.h"

struct pdf_reader;

/* @file: borrowed. */
struct pdf_reader *pdf_reader_new(struct str file);
void pdf_reader_free(struct pdf_reader *reader);
DEFINE_CLEANUP(struct pdf_reader *, pdf_reader)

/* Objects by the cross-reference, the free one included. */
size_t pdf_reader_count(const struct pdf_reader *reader);
/* The object's text: of a stream its dictionary. NULL for a free one. Lives as long as the reader.
 */
const char *pdf_reader_object(struct pdf_reader *reader, size_t number);
/* What a stream holds, inflated where it is deflated; NUL-terminated. Lives as long as the reader.
 */
struct str pdf_reader_stream(struct pdf_reader *reader, size_t number);
/* The number after `/Key ` in an object or the trailer (number 0). Aborts without one. */
size_t pdf_reader_reference(struct pdf_reader *reader, size_t number, const char *key);
