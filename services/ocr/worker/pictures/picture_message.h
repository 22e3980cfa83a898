#pragma once

/*
 * A picture as the message ocrmesh.document.v1.PageImage. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "ocrmesh/document/v1/page_image.pb-c.h"
#include "services/ocr/worker/pictures/picture.h"

/* The message lives in the arena and borrows the picture; NULL when the arena is full. */
Ocrmesh__Document__V1__PageImage *picture_message_make(const struct picture *picture,
                                                       struct arena *arena);
