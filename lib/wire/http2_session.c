#include "lib/wire/http2_session.h"

#include "lib/wire/http2_flood.h"

/* nghttp2 would pass over it; RFC 9113 §8.2.1 has the request malformed. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             const uint8_t *name, size_t name_length, const uint8_t *value,
                             size_t value_length, uint8_t flags, void *user_data)
{
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* NULL when out of memory. */
static nghttp2_session *make(const struct http2_session_options *options,
                             nghttp2_session_callbacks *callbacks, nghttp2_option *option)
{
    nghttp2_session *session;

    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
    options->set_callbacks(callbacks);
    nghttp2_option_set_no_auto_window_update(option, 1);
    if (options->set_options != NULL)
        options->set_options(option);
    if (nghttp2_session_server_new2(&session, callbacks, options->owner, option) != 0)
        return NULL;
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, options->settings,
                                options->setting_count) == 0 &&
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                              options->window_bytes) == 0)
        return session;
    nghttp2_session_del(session);
    return NULL;
}

nghttp2_session *http2_session_new(const struct http2_session_options *options)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *session = NULL;

    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0)
        session = make(options, callbacks, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

bool http2_session_is_request(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

static void end(nghttp2_session *session)
{
    (void)nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void http2_session_count_frame(nghttp2_session *session, struct http2_flood *flood,
                               const nghttp2_frame_hd *header, int64_t now)
{
    if (!http2_flood_count_frame(flood, header->type, header->flags, header->length, now))
        end(session);
}

void http2_session_count_reset(nghttp2_session *session, struct http2_flood *flood,
                               const nghttp2_frame *frame, int64_t now)
{
    /* NO_ERROR is that of an early answer; any other the client has made us send, or has run into
     * its limits. */
    if (frame->rst_stream.error_code != NGHTTP2_NO_ERROR && !http2_flood_count_reset(flood, now))
        end(session);
}
