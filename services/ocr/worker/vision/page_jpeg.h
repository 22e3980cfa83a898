#pragma once

/*
 * The picture of a page as it is sent to a vision model. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "lib/base/str.h"
#include "services/ocr/worker/image.h"

#define PAGE_JPEG_MEDIA_TYPE "image/jpeg"

/*
 * Packs a page as grey JPEG, made smaller so that no side has more than `side_max` pixels.
 *
 * @ret_bytes: in the arena. Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when memory runs out.
 */
status_code page_jpeg_make(const struct image *image, uint32_t side_max, struct arena *arena,
                           struct str *ret_bytes, struct status *st) _must_check_;
