#pragma once

/*
 * Pictures that are kept of a page, as formats read them: first what a picture is, then its bytes,
 * a chunk at a time, so that memory does not grow with pictures.
 *
 * Where they come from is a source's business: ocr_page_image.h asks the ocr service, tests have
 * fixed ones. What is told of a picture is checked here, whatever the source, and so is that its
 * bytes are as many as announced; the bytes themselves are passed on as they are, never decoded.
 * One thread at a time; several pictures of one source may be read side by side.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "ocrmesh/document/v1/page_image.pb-c.h"

enum {
    /* Encoded size of one picture. A page of 200 megapixels in 24 bits that deflate does not shrink
     * is more than twice as large; the ocr service keeps no such rendition. */
    PAGE_IMAGE_MAX_BYTES = 256 << 20,
    PAGE_IMAGE_SIDE_MAX = 65535,        /* what JPEG can say; also of the other kinds */
    PAGE_IMAGE_PALETTE_MAX_BYTES = 768, /* 256 colours */
    PAGE_IMAGE_GLOBALS_MAX_BYTES = 1 << 20,
    /* Numbers of a placement: far beyond any page, and exact in single precision. */
    PAGE_IMAGE_PLACEMENT_MAX = 10 << 20,
};

/* Which picture. */
struct page_image_query {
    Ocrmesh__Document__V1__PageImageKind kind;
    uint32_t page_index;
    uint32_t block_index; /* figures alone */
};

/* --- for formats --- */

struct page_image_source;
struct page_image;

/* *ret_image is NULL when no such picture is kept. Fails with INTERNAL when what is told of the
 * picture cannot be true, else as the source does. @source: NULL is a source without pictures. */
status_code page_image_open(struct page_image_source *source, const struct page_image_query *query,
                            struct page_image **ret_image, struct status *st) _must_check_;
void page_image_free(struct page_image *image);
DEFINE_CLEANUP(struct page_image *, page_image)

/* Lives as long as the picture. Within the limits above; `placement` may be NULL, which is 1:1. */
const Ocrmesh__Document__V1__PageImage *page_image_description(const struct page_image *image);

/* Whether what is told of a picture can be true. */
bool page_image_is_sound(const Ocrmesh__Document__V1__PageImage *description);

/* The next bytes, which live until the next call; none (n is 0) at the end. Fails with DATA_LOSS
 * when they are not `size_bytes` in all. */
status_code page_image_read(struct page_image *image, struct str *ret_chunk,
                            struct status *st) _must_check_;

/* --- for sources --- */

/* One picture under way; a source embeds it in its own struct. */
struct page_image_reader {
    const Ocrmesh__Document__V1__PageImage *description; /* lives as long as the reader */
    /* As page_image_read(), without the check of the size. */
    status_code (*read)(struct page_image_reader *reader, struct str *ret_chunk, struct status *st);
    void (*close)(struct page_image_reader *reader);
};

struct page_image_source {
    /* *ret_reader is NULL when no such picture is kept. */
    status_code (*open)(struct page_image_source *source, const struct page_image_query *query,
                        struct page_image_reader **ret_reader, struct status *st);
};
