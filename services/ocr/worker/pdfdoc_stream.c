#include "services/ocr/worker/pdfdoc_stream.h"

#include "services/ocr/worker/pdfdoc_internal.h"

/* Bytes between two looks: what deflate can make of them takes about a second to go through. */
enum { CHUNK_BYTES = 64 << 10 };

struct state {
    struct file_bytes file;
};

static void stop_when_late(fz_context *context)
{
    if (pdfdoc_watch_is_late())
        fz_throw(context, FZ_ERROR_ABORT, "too late");
}

static int next(fz_context *context, fz_stream *stream, size_t wanted)
{
    const struct state *state = stream->state;
    size_t at = (size_t)stream->pos;

    stop_when_late(context);
    if (at >= state->file.size)
        return EOF;
    size_t left = state->file.size - at;
    size_t length = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    /* mupdf reads through these pointers only. */
    stream->rp = (unsigned char *)state->file.data + at;
    stream->wp = stream->rp + length;
    stream->pos += (int64_t)length;
    return *stream->rp++;
}

static void seek(fz_context *context, fz_stream *stream, int64_t offset, int whence)
{
    const struct state *state = stream->state;
    int64_t size = (int64_t)state->file.size;
    int64_t at = offset;

    stop_when_late(context);
    if (whence == SEEK_CUR && __builtin_add_overflow(fz_tell(context, stream), offset, &at))
        at = size;
    if (whence == SEEK_END && __builtin_add_overflow(size, offset, &at))
        at = size;
    stream->pos = at < 0 ? 0 : at > size ? size : at;
    stream->rp = stream->wp = (unsigned char *)state->file.data + stream->pos;
}

fz_stream *pdfdoc_stream_open(fz_context *context, struct file_bytes file)
{
    struct state *state = fz_malloc_struct(context, struct state);
    fz_stream *stream;

    state->file = file;
    stream = fz_new_stream(context, state, next, fz_free); /* frees the state when it throws */
    stream->seek = seek;
    return stream;
}
