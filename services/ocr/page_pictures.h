#pragma once

/*
 * The pictures that are kept of a page (ocrmesh.document.v1.PageImage): what they are, beside the
 * page, and their bytes, one after the other in one blob.
 *
 * A worker makes them and is not trusted: what it says of them is checked against the limits here,
 * and their bytes are never looked at. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"

enum {
    /* Bytes of one picture. A worker makes what would be larger smaller. */
    PAGE_PICTURE_MAX_BYTES = 32 << 20,
    /* Bytes of all pictures of a page; figures beyond it are left out. */
    PAGE_PICTURES_MAX_BYTES = 48 << 20,
    /* Of one page: preview, rendition and figures. */
    PAGE_PICTURES_MAX = 66,
    /* What is said of one picture, encoded: it goes in one message. */
    PAGE_PICTURE_FACTS_MAX_BYTES = 512 << 10,
    /* Bytes of pictures that travel in one message. */
    PAGE_PICTURE_CHUNK_MAX_BYTES = 512 << 10,
};

/*
 * Checks what a worker says.
 *
 * @ret_size_bytes: of all pictures together.
 * Fails with INTERNAL CHANNEL_BROKEN.
 */
status_code page_pictures_check(const Ocrmesh__Ocr__Worker__V1__PagePictures *pictures,
                                int64_t *ret_size_bytes, struct status *st) _must_check_;

/* As it is kept, in the arena. */
status_code page_pictures_pack(const Ocrmesh__Ocr__Worker__V1__PagePictures *pictures,
                               struct arena *arena, struct str *ret_packed,
                               struct status *st) _must_check_;

/*
 * Finds a picture among those that are kept.
 *
 * @packed: of page_pictures_pack(), or empty.
 * @block_index: of a figure; else it does not matter.
 * @ret_image: in the arena. @ret_offset: of its first byte in the blob.
 * Fails with NOT_FOUND PAGE_IMAGE_NOT_FOUND.
 */
status_code page_pictures_find(struct str packed, Ocrmesh__Document__V1__PageImageKind kind,
                               uint32_t block_index, struct arena *arena,
                               const Ocrmesh__Document__V1__PageImage **ret_image,
                               int64_t *ret_offset, struct status *st) _must_check_;

/* NOT_FOUND PAGE_IMAGE_NOT_FOUND. */
status_code page_pictures_fail_not_found(struct status *st);
