#include "bridge/http/json_write.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/json_text.h"

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

bool json_write_escaped(struct buf *out, struct str text)
{
    struct json_text_piece piece;

    while (json_text_next(&text, &piece))
        if (!buf_append(out, piece.plain.p, piece.plain.n) || !buf_append_str(out, piece.escape))
            return false;
    return true;
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
    char text[JSON_TEXT_REAL_SIZE];
    const struct str written = json_text_real(value, text);

    return separate(out) && buf_append(out, written.p, written.n);
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
