#pragma once

/*
 * The pictures that are kept of a page that was read: the preview, the rendition, and a cut-out of
 * each figure (ocrmesh/document/v1/page_image.proto says what each is for).
 *
 * Where a file's own picture can be passed on, it is, without being decoded again. Thread rule: one
 * thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "services/ocr/page_pictures.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/pictures/picture.h"

enum {
    /* Sides of previews: this at most, and no less than the other where a whole factor makes them
     * of a page that is larger, which is cheap. */
    PICTURE_PREVIEW_SIDE_MAX = 1400,
    PICTURE_PREVIEW_SIDE_MIN = 1000,
    PICTURE_PREVIEW_QUALITY = 75,
    /* Figures of a page that are cut out, of any size but the smallest. */
    PICTURE_FIGURES_MAX = PAGE_PICTURES_MAX - 2,
    PICTURE_FIGURE_SIDE_MIN = 8,
    PICTURE_FIGURE_SIDE_MAX = 4000, /* larger ones are made smaller */
};

/* Numbers as in ocrmesh.document.v1.PageImageKind. */
typedef enum {
    PICTURE_OF_PREVIEW = 1,
    PICTURE_OF_RENDITION = 2,
    PICTURE_OF_FIGURE = 3,
} picture_kind;

struct picture_set {
    size_t count;
    struct {
        picture_kind kind;
        uint32_t block_index; /* of a figure */
        struct picture picture;
    } items[PAGE_PICTURES_MAX];
};

/*
 * Makes the pictures of a page.
 *
 * @image: what the decoder made of the page, upright as `page` has it.
 * @ret_set: placements are to pixels of the upright page. Without the pictures for which memory did
 * not suffice, or which are over the limits of page_pictures.h.
 */
void picture_set_make(struct decoder *decoder, const struct image *image, const struct page *page,
                      struct picture_set *ret_set);
void picture_set_deinit(struct picture_set *set);
