#pragma once

/*
 * The way from HTTP/1.1 to HTTP/2 in the clear (RFC 7540 §3.2; RFC 9113 §3.1 has it deprecated, and
 * clients like curl still ask for it): "Upgrade: h2c" with the client's settings in HTTP2-Settings.
 *
 * Thread rule: any thread.
 */

#include "bridge/http/http1_head.h"

enum { HTTP2_UPGRADE_SETTINGS_MAX = 32 * 6 }; /* bytes: as many as a SETTINGS frame may have here */

/* Whether a request asks for it in the way it has to: one HTTP2-Settings field, both fields named
 * in Connection, HTTP/1.1, no body (which would have to be read first; such a request is answered
 * as HTTP/1.1). @ret_settings: the payload of a SETTINGS frame, @ret_length bytes. */
bool http2_upgrade_is_asked(const struct http1_head *head,
                            uint8_t ret_settings[static HTTP2_UPGRADE_SETTINGS_MAX],
                            size_t *ret_length);
