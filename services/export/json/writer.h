#pragma once

/*
 * JSON (RFC 8259) as it is made: values go out at once and nothing is kept, so that a document of
 * any length is written in the same memory.
 *
 * The caller opens and closes objects and arrays in the right order; commas are put by the writer.
 * Strings and reals are written as lib/base/json_text.h has them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/export/sink.h"

/* In the caller's memory; the members are the module's own. */
struct json_writer {
    struct sink *sink;
    bool needs_comma; /* a value ended and nothing opened since */
    bool needs_line;
};

void json_writer_init(struct json_writer *writer, struct sink *sink);

void json_writer_begin_object(struct json_writer *writer);
void json_writer_end_object(struct json_writer *writer);
void json_writer_begin_array(struct json_writer *writer);
void json_writer_end_array(struct json_writer *writer);

/* The name of the next value, which must follow. @name: ASCII that needs no escape. */
void json_writer_name(struct json_writer *writer, const char *name);

void json_writer_string(struct json_writer *writer, const char *text);
void json_writer_integer(struct json_writer *writer, int64_t value);
void json_writer_real(struct json_writer *writer, float value);
void json_writer_boolean(struct json_writer *writer, bool value);

/* Name and value in one. */
void json_writer_member_string(struct json_writer *writer, const char *name, const char *value);
void json_writer_member_integer(struct json_writer *writer, const char *name, int64_t value);
void json_writer_member_real(struct json_writer *writer, const char *name, float value);
void json_writer_member_strings(struct json_writer *writer, const char *name, char *const *values,
                                size_t count);
/* Nothing when `value` is empty. */
void json_writer_member_text(struct json_writer *writer, const char *name, const char *value);

/* A string in pieces: begin, any number of parts, end. */
void json_writer_string_begin(struct json_writer *writer);
void json_writer_string_part(struct json_writer *writer, const char *text);
void json_writer_string_end(struct json_writer *writer);

/* The next value or closing bracket starts a line, so that a long file has lines. */
void json_writer_line(struct json_writer *writer);
