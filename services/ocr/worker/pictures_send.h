#pragma once

/*
 * Tells the service of a page's pictures, and sends them. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/worker/pictures/picture_set.h"

struct worker_channel;

/* The message that says what they are; in the arena, and borrows the set. NULL when the arena is
 * full. */
Ocrmesh__Ocr__Worker__V1__PagePictures *pictures_message_make(const struct picture_set *set,
                                                              struct arena *arena);

/* Sends their bytes, in the order of the message. Fails as worker_channel.h says. */
status_code pictures_send(const struct picture_set *set, struct worker_channel *channel,
                          struct status *st) _must_check_;
