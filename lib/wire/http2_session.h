#pragma once

/*
 * What the HTTP/2 servers of this project have in common (RFC 9113, over nghttp2): how a session is
 * made, and how one ends whose client floods it (http2_flood.h).
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

struct http2_flood;

struct http2_session_options {
    void (*set_callbacks)(nghttp2_session_callbacks *callbacks);
    void (*set_options)(nghttp2_option *option); /* NULL: none but those of all servers */
    const nghttp2_settings_entry *settings;
    size_t setting_count;
    int32_t window_bytes; /* of the connection; streams have that of the settings */
    void *owner;          /* whom the callbacks are called for */
};

/* A server's session, with its settings ready to be sent. It leaves it to its owner to make room in
 * windows, and resets a stream whose head has a field that is none. NULL when out of memory; freed
 * by nghttp2_session_del(). */
nghttp2_session *http2_session_new(const struct http2_session_options *options);

/* A head that begins a stream, and no trailers. */
bool http2_session_is_request(const nghttp2_frame *frame);

/* For on_begin_frame and on_frame_send: counts a frame that comes in, and a RST_STREAM that went
 * out where that was the client's doing. One too many ends the session: GOAWAY with
 * ENHANCE_YOUR_CALM. */
void http2_session_count_frame(nghttp2_session *session, struct http2_flood *flood,
                               const nghttp2_frame_hd *header, int64_t now);
void http2_session_count_reset(nghttp2_session *session, struct http2_flood *flood,
                               const nghttp2_frame *frame, int64_t now);
