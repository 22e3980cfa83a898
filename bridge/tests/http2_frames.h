#pragma once

/*
 * HTTP/2 by hand (RFC 9113 §4, RFC 7541), for what no proper client sends.
 */

#include <stdint.h>

#include "lib/base/str.h"

enum { HTTP2_FRAME_MAX_BYTES = 16384 };

struct http2_frame {
    int type;
    int flags;
    int32_t stream;
    size_t length;
    unsigned char payload[HTTP2_FRAME_MAX_BYTES];
};

/* A connected socket on which preface and empty settings are sent. */
int http2_frames_connect(int port);
void http2_frames_send(int fd, int type, int flags, int32_t stream, struct str payload);
/* The next frame; false when the other side has ended. */
bool http2_frames_read(int fd, struct http2_frame *ret_frame);

/* Adds a field to a header block, as a literal that is not indexed. */
void http2_frames_add_field(struct buf *block, struct str name, struct str value);
/* The status in a header block that is the first one of its connection. */
int http2_frames_status(const struct http2_frame *frame);
/* The error in a RST_STREAM or GOAWAY frame. */
uint32_t http2_frames_error(const struct http2_frame *frame);
