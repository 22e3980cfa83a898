#pragma once

/* Domain values as messages of ocrmesh.chat.v1; in the arena. Thread rule: any thread. */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"
#include "services/chat/conversation.h"
#include "services/chat/passage/passage.h"

enum {
    /* Of a passage's text and of its context: a row of a table is never cut, and may be long. */
    CHAT_PASSAGE_TEXT_MAX_BYTES = 128 << 10,
};

status_code chat_message_make(const struct message *message, struct arena *arena,
                              Ocrmesh__Chat__V1__Message **ret_message,
                              struct status *st) _must_check_;

/* @index: of the passage in its document. @ret_size: about how many bytes it takes. */
status_code chat_passage_make(const struct passage *passage, uint32_t index, float score,
                              struct arena *arena, Ocrmesh__Chat__V1__Passage **ret_passage,
                              size_t *ret_size, struct status *st) _must_check_;
