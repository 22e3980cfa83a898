#include "bridge/http/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/utf8.h"

/* A comma is due after a complete value: after everything but an opening bracket, a colon, a comma
 * and the very beginning. */
static bool separate(struct buf *out)
{
    if (out->length == 0)
        return true;
    char last = out->data[out->length - 1];
    if (last == '{' || last == '[' || last == ':' || last == ',')
        return true;
    return buf_append_char(out, ',');
}

static bool append_escape(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
        return buf_append_str(out, "\\\"");
    case '\\':
        return buf_append_str(out, "\\\\");
    case '\n':
        return buf_append_str(out, "\\n");
    case '\r':
        return buf_append_str(out, "\\r");
    case '\t':
        return buf_append_str(out, "\\t");
    default:
        return buf_printf(out, "\\u%04x", c);
    }
}

bool json_write_escaped(struct buf *out, struct str text)
{
    size_t plain = 0; /* bytes that can be copied as they are */

    while (plain < text.n) {
        unsigned char c = (unsigned char)text.p[plain];
        size_t length;

        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
            plain++;
            continue;
        }
        length = c < 0x80 ? 0 : utf8_sequence(text.p + plain, text.n - plain);
        if (length > 0) {
            plain += length;
            continue;
        }
        if (!buf_append(out, text.p, plain))
            return false;
        if (!(c < 0x80 ? append_escape(out, c) : buf_append_str(out, UTF8_REPLACEMENT_TEXT)))
            return false;
        text.p += plain + 1;
        text.n -= plain + 1;
        plain = 0;
    }
    return buf_append(out, text.p, plain);
}

bool json_write_string(struct buf *out, struct str text)
{
    return separate(out) && buf_append_char(out, '"') && json_write_escaped(out, text) &&
           buf_append_char(out, '"');
}

bool json_write_integer(struct buf *out, int64_t value)
{
    return separate(out) && buf_printf(out, "%" PRId64, value);
}

bool json_write_real(struct buf *out, double value)
{
    char text[400]; /* DBL_MAX has 309 digits before the point */
    int length;

    if (!isfinite(value))
        value = 0;
    length = snprintf(text, sizeof(text), "%.4f", value);
    while (text[length - 1] == '0' && text[length - 2] != '.')
        length--;
    if (memcmp(text, "-0.0", 4) == 0 && length == 4)
        return separate(out) && buf_append_str(out, "0.0");
    return separate(out) && buf_append(out, text, (size_t)length);
}

bool json_write_boolean(struct buf *out, bool value)
{
    return separate(out) && buf_append_str(out, value ? "true" : "false");
}

bool json_write_null(struct buf *out)
{
    return separate(out) && buf_append_str(out, "null");
}

bool json_write_time(struct buf *out, int64_t wall_ns)
{
    char text[TIME_RFC3339_SIZE];

    time_format_rfc3339(wall_ns, text);
    return json_write_string(out, str_of(text));
}

bool json_write_name(struct buf *out, const char *name)
{
    return separate(out) && buf_append_char(out, '"') && buf_append_str(out, name) &&
           buf_append_str(out, "\":");
}

bool json_write_begin_object(struct buf *out)
{
    return separate(out) && buf_append_char(out, '{');
}

bool json_write_end_object(struct buf *out)
{
    return buf_append_char(out, '}');
}

bool json_write_begin_array(struct buf *out)
{
    return separate(out) && buf_append_char(out, '[');
}

bool json_write_end_array(struct buf *out)
{
    return buf_append_char(out, ']');
}
