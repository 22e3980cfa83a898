#include "services/export/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longest text of one sink_printf(): numbers and names, never document text. */
enum { SINK_PRINTF_MAX_BYTES = 512 };

void sink_init(struct sink *sink, sink_write_function write, void *arg)
{
    *sink = (struct sink){.write = write, .arg = arg};
    buf_init(&sink->chunk, SINK_CHUNK_MAX_BYTES);
}

void sink_deinit(struct sink *sink)
{
    buf_deinit(&sink->chunk);
}

void sink_flush(struct sink *sink)
{
    if (sink->has_failed || sink->chunk.length == 0)
        return;
    if (sink->write(sink->arg, sink->chunk.data, sink->chunk.length, &sink->failure) != STATUS_OK)
        sink->has_failed = true;
    buf_clear(&sink->chunk);
}

void sink_append(struct sink *sink, const void *data, size_t length)
{
    const char *rest = data;

    while (length > 0 && !sink->has_failed) {
        size_t room = SINK_CHUNK_MAX_BYTES - sink->chunk.length;
        size_t piece = length < room ? length : room;

        if (!buf_append(&sink->chunk, rest, piece)) {
            (void)FAIL_MEMORY(&sink->failure);
            sink->has_failed = true;
            return;
        }
        rest += piece;
        length -= piece;
        if (sink->chunk.length == SINK_CHUNK_MAX_BYTES)
            sink_flush(sink);
    }
}

void sink_append_text(struct sink *sink, const char *text)
{
    sink_append(sink, text, strlen(text));
}

void sink_printf(struct sink *sink, const char *format, ...)
{
    char text[SINK_PRINTF_MAX_BYTES];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length > 0)
        sink_append(sink, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
}

void sink_fail(struct sink *sink, const struct status *failure)
{
    if (sink->has_failed)
        return;
    sink->failure = *failure;
    sink->has_failed = true;
}

void sink_fail_memory(struct sink *sink)
{
    struct status failure;

    (void)FAIL_MEMORY(&failure);
    sink_fail(sink, &failure);
}

status_code sink_check(const struct sink *sink, struct status *st)
{
    if (!sink->has_failed)
        return STATUS_OK;
    *st = sink->failure;
    return st->code;
}

status_code sink_finish(struct sink *sink, struct status *st)
{
    sink_flush(sink);
    return sink_check(sink, st);
}
