#include "services/export/json/writer.h"

#include <inttypes.h>

#include "lib/base/json_text.h"

void json_writer_init(struct json_writer *writer, struct sink *sink)
{
    *writer = (struct json_writer){.sink = sink};
}

static void begin_line(struct json_writer *writer)
{
    if (writer->needs_line)
        sink_append(writer->sink, "\n", 1);
    writer->needs_line = false;
}

static void begin_value(struct json_writer *writer)
{
    if (writer->needs_comma)
        sink_append(writer->sink, ",", 1);
    writer->needs_comma = true;
    begin_line(writer);
}

static void open_with(struct json_writer *writer, const char *bracket)
{
    begin_value(writer);
    sink_append(writer->sink, bracket, 1);
    writer->needs_comma = false;
}

static void close_with(struct json_writer *writer, const char *bracket)
{
    begin_line(writer);
    sink_append(writer->sink, bracket, 1);
    writer->needs_comma = true;
}

void json_writer_begin_object(struct json_writer *writer)
{
    open_with(writer, "{");
}

void json_writer_end_object(struct json_writer *writer)
{
    close_with(writer, "}");
}

void json_writer_begin_array(struct json_writer *writer)
{
    open_with(writer, "[");
}

void json_writer_end_array(struct json_writer *writer)
{
    close_with(writer, "]");
}

void json_writer_name(struct json_writer *writer, const char *name)
{
    begin_value(writer);
    sink_printf(writer->sink, "\"%s\":", name);
    writer->needs_comma = false;
}

void json_writer_string_begin(struct json_writer *writer)
{
    begin_value(writer);
    sink_append(writer->sink, "\"", 1);
}

void json_writer_string_part(struct json_writer *writer, const char *text)
{
    struct str rest = str_of(text);
    struct json_text_piece piece;

    while (json_text_next(&rest, &piece)) {
        sink_append(writer->sink, piece.plain.p, piece.plain.n);
        sink_append_text(writer->sink, piece.escape);
    }
}

void json_writer_string_end(struct json_writer *writer)
{
    sink_append(writer->sink, "\"", 1);
}

void json_writer_string(struct json_writer *writer, const char *text)
{
    json_writer_string_begin(writer);
    json_writer_string_part(writer, text);
    json_writer_string_end(writer);
}

void json_writer_integer(struct json_writer *writer, int64_t value)
{
    begin_value(writer);
    sink_printf(writer->sink, "%" PRId64, value);
}

void json_writer_real(struct json_writer *writer, float value)
{
    char text[JSON_TEXT_REAL_SIZE];
    const struct str written = json_text_real((double)value, text);

    begin_value(writer);
    sink_append(writer->sink, written.p, written.n);
}

void json_writer_boolean(struct json_writer *writer, bool value)
{
    begin_value(writer);
    sink_append_text(writer->sink, value ? "true" : "false");
}

void json_writer_line(struct json_writer *writer)
{
    writer->needs_line = true;
}

void json_writer_member_string(struct json_writer *writer, const char *name, const char *value)
{
    json_writer_name(writer, name);
    json_writer_string(writer, value);
}

void json_writer_member_integer(struct json_writer *writer, const char *name, int64_t value)
{
    json_writer_name(writer, name);
    json_writer_integer(writer, value);
}

void json_writer_member_real(struct json_writer *writer, const char *name, float value)
{
    json_writer_name(writer, name);
    json_writer_real(writer, value);
}

void json_writer_member_strings(struct json_writer *writer, const char *name, char *const *values,
                                size_t count)
{
    json_writer_name(writer, name);
    json_writer_begin_array(writer);
    for (size_t i = 0; i < count; i++)
        json_writer_string(writer, values[i]);
    json_writer_end_array(writer);
}

void json_writer_member_text(struct json_writer *writer, const char *name, const char *value)
{
    if (value[0] != '\0')
        json_writer_member_string(writer, name, value);
}
