#pragma once

/*
 * A message of a conversation as the public JSON (API: POST /api/v1/chat/<uuid>/, B23). The loop
 * thread.
 */

#include "lib/base/str.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"

/* Most bytes of what one RPC message becomes: 1 MiB, every byte of it escaped. */
enum { CHAT_JSON_MAX_BYTES = 8 << 20 };

bool chat_json_write_message(struct buf *out,
                             const Ocrmesh__Chat__V1__Message *message) _must_check_;
