#include "lib/wire/http2_flood.h"

#include <nghttp2/nghttp2.h>

#include "lib/base/clock.h"

enum { PADDING_MAX = 256 }; /* of a DATA frame, with its length (RFC 9113 §6.1) */

void http2_flood_init(struct http2_flood *flood, int64_t now)
{
    *flood = (struct http2_flood){.start = now};
}

static void begin_window(struct http2_flood *flood, int64_t now)
{
    if (now - flood->start > HTTP2_FLOOD_SECONDS * NANOSECONDS_PER_SECOND)
        http2_flood_init(flood, now);
}

bool http2_flood_count_reset(struct http2_flood *flood, int64_t now)
{
    begin_window(flood, now);
    return ++flood->resets <= HTTP2_FLOOD_RESETS_MAX;
}

static bool carries_nothing(int type, int flags, uint64_t length)
{
    switch (type) {
    case NGHTTP2_DATA:
        return (flags & NGHTTP2_FLAG_END_STREAM) == 0 &&
               (length == 0 || ((flags & NGHTTP2_FLAG_PADDED) != 0 && length <= PADDING_MAX));
    case NGHTTP2_HEADERS:
    case NGHTTP2_CONTINUATION:
    case NGHTTP2_RST_STREAM:
        return false;
    case NGHTTP2_WINDOW_UPDATE: /* as many as there are frames of answers */
        return false;
    default:
        return true;
    }
}

bool http2_flood_count_frame(struct http2_flood *flood, int type, int flags, uint64_t length,
                             int64_t now)
{
    if (type == NGHTTP2_RST_STREAM)
        return http2_flood_count_reset(flood, now);
    if (!carries_nothing(type, flags, length))
        return true;
    begin_window(flood, now);
    return ++flood->idle_frames <= HTTP2_FLOOD_IDLE_MAX;
}
