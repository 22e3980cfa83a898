#include "services/export/json/writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

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

/* RFC 8259 §7: quotation mark, reverse solidus and U+0000 to U+001F must be escaped. */
static void append_escaped(struct sink *sink, uint32_t character)
{
    switch (character) {
    case '"':
        sink_append(sink, "\\\"", 2);
        break;
    case '\\':
        sink_append(sink, "\\\\", 2);
        break;
    case '\n':
        sink_append(sink, "\\n", 2);
        break;
    case '\t':
        sink_append(sink, "\\t", 2);
        break;
    case '\r':
        sink_append(sink, "\\r", 2);
        break;
    default:
        sink_printf(sink, "\\u%04" PRIx32, character);
        break;
    }
}

static bool needs_escape(uint32_t character)
{
    return character < 0x20 || character == '"' || character == '\\';
}

void json_writer_string_begin(struct json_writer *writer)
{
    begin_value(writer);
    sink_append(writer->sink, "\"", 1);
}

void json_writer_string_part(struct json_writer *writer, const char *text)
{
    size_t length = strlen(text);
    size_t plain = 0; /* start of the run that can be copied as it is */

    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text + i, length - i, &character, &is_valid);

        if (!is_valid || needs_escape(character)) {
            sink_append(writer->sink, text + plain, i - plain);
            if (is_valid)
                append_escaped(writer->sink, character);
            else
                sink_append_text(writer->sink, UTF8_REPLACEMENT_TEXT);
            plain = i + used;
        }
        i += used;
    }
    sink_append(writer->sink, text + plain, length - plain);
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
    char text[64]; /* FLT_MAX has 39 digits before the point */
    int length;

    length = snprintf(text, sizeof(text), "%.4f", isfinite(value) ? (double)value : 0.0);
    while (text[length - 1] == '0' && text[length - 2] != '.')
        length--;
    text[length] = '\0';
    begin_value(writer);
    sink_append_text(writer->sink, strcmp(text, "-0.0") == 0 ? "0.0" : text);
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
