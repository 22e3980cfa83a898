#include "lib/http/sse.h"

#include <string.h>

void sse_init(struct sse_parser *parser, size_t event_max_bytes)
{
    *parser = (struct sse_parser){0};
    buf_init(&parser->line, event_max_bytes);
    buf_init(&parser->data, event_max_bytes);
}

void sse_deinit(struct sse_parser *parser)
{
    buf_deinit(&parser->line);
    buf_deinit(&parser->data);
}

/* "data: x" and "data:x" are the same; other fields are of no interest. */
static bool take_field(struct sse_parser *parser, struct str line)
{
    if (str_equal(line, STR("data")))
        line = STR("data:");
    if (!str_starts_with(line, STR("data:")))
        return true;
    line.p += strlen("data:");
    line.n -= strlen("data:");
    if (line.n > 0 && line.p[0] == ' ') {
        line.p++;
        line.n--;
    }
    if (parser->has_data && !buf_append_char(&parser->data, '\n'))
        return false;
    parser->has_data = true;
    return buf_append(&parser->data, line.p, line.n);
}

static bool end_line(struct sse_parser *parser, bool (*on_event)(void *arg, struct str data),
                     void *arg)
{
    bool goes_on;

    if (parser->line.length > 0) {
        goes_on = take_field(parser, buf_str(&parser->line));
        buf_clear(&parser->line);
        return goes_on;
    }
    if (!parser->has_data)
        return true;
    goes_on = on_event(arg, buf_str(&parser->data));
    buf_clear(&parser->data);
    parser->has_data = false;
    return goes_on;
}

bool sse_feed(struct sse_parser *parser, struct str bytes,
              bool (*on_event)(void *arg, struct str data), void *arg)
{
    while (bytes.n > 0) {
        if (parser->is_after_cr && bytes.p[0] == '\n') {
            bytes.p++;
            bytes.n--;
        }
        parser->is_after_cr = false;
        size_t length = 0;
        while (length < bytes.n && bytes.p[length] != '\n' && bytes.p[length] != '\r')
            length++;
        if (!buf_append(&parser->line, bytes.p, length))
            return false;
        if (length == bytes.n)
            return true;
        parser->is_after_cr = bytes.p[length] == '\r';
        bytes.p += length + 1;
        bytes.n -= length + 1;
        if (!end_line(parser, on_event, arg))
            return false;
    }
    return true;
}
