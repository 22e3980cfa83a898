#pragma once

/*
 * What an HTTP/2 client may do to us at no cost of its own, counted: requests that it takes back
 * (CVE-2023-44487) or has us take back (CVE-2025-8671), and frames that carry nothing but want an
 * answer or attention (CVE-2019-9512, -9513, -9515, -9518). Header blocks without end and answers
 * that nobody reads are bounded by nghttp2 (8 CONTINUATION frames, 1000 acknowledgements); frames
 * of unknown types it drops unseen.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    HTTP2_FLOOD_SECONDS = 10,
    HTTP2_FLOOD_RESETS_MAX = 200, /* of streams, within HTTP2_FLOOD_SECONDS, by either side */
    HTTP2_FLOOD_IDLE_MAX = 2000,  /* frames that carry nothing */
};

struct http2_flood {
    int64_t start; /* monotonic */
    int resets;
    int idle_frames;
};

void http2_flood_init(struct http2_flood *flood, int64_t now);
/* False when that was one too many. */
bool http2_flood_count_reset(struct http2_flood *flood, int64_t now);
/* The same for a frame that has arrived, by its type, flags and length (RFC 9113 §4.1). */
bool http2_flood_count_frame(struct http2_flood *flood, int type, int flags, uint64_t length,
                             int64_t now);
