#include "services/export/page_image.h"

#include <math.h>
#include <stdlib.h>

struct page_image {
    struct page_image_reader *reader;
    int64_t left_bytes; /* of those announced */
};

static bool is_placement_number(double value)
{
    return isfinite(value) && fabs(value) <= PAGE_IMAGE_PLACEMENT_MAX;
}

static bool is_placement(const Ocrmesh__Document__V1__Placement *placement)
{
    return placement == NULL ||
           (is_placement_number(placement->a) && is_placement_number(placement->b) &&
            is_placement_number(placement->c) && is_placement_number(placement->d) &&
            is_placement_number(placement->e) && is_placement_number(placement->f));
}

/* Samples: not asked of a drawing, which has none. */
static bool are_samples(const Ocrmesh__Document__V1__PageImage *image)
{
    if (image->encoding == OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_DRAWING)
        return true;
    switch (image->bits_per_component) {
    case 1:
    case 2:
    case 4:
    case 8:
    case 16:
        break;
    default:
        return false;
    }
    return image->components == 1 || image->components == 3 || image->components == 4;
}

static bool is_palette(const Ocrmesh__Document__V1__PageImage *image)
{
    return image->palette.len == 0 ||
           (image->components == 1 && image->bits_per_component <= 8 &&
            image->palette.len <= PAGE_IMAGE_PALETTE_MAX_BYTES && image->palette.len % 3 == 0);
}

bool page_image_is_sound(const Ocrmesh__Document__V1__PageImage *image)
{
    return image != NULL &&
           image->encoding >=
               OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG &&
           image->encoding <=
               OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_DRAWING &&
           image->width >= 1 && image->width <= PAGE_IMAGE_SIDE_MAX && image->height >= 1 &&
           image->height <= PAGE_IMAGE_SIDE_MAX && image->size_bytes >= 1 &&
           image->size_bytes <= PAGE_IMAGE_MAX_BYTES && are_samples(image) && is_palette(image) &&
           image->jbig2_globals.len <= PAGE_IMAGE_GLOBALS_MAX_BYTES &&
           is_placement(image->placement);
}

status_code page_image_open(struct page_image_source *source, const struct page_image_query *query,
                            struct page_image **ret_image, struct status *st)
{
    _cleanup_(page_image_freep) struct page_image *image = NULL;

    if (source == NULL) {
        *ret_image = NULL;
        return STATUS_OK;
    }
    image = calloc(1, sizeof(*image));
    if (image == NULL)
        return FAIL_MEMORY(st);
    TRY(source->open(source, query, &image->reader, st));
    if (image->reader == NULL) {
        *ret_image = NULL;
        return STATUS_OK;
    }
    if (!page_image_is_sound(image->reader->description))
        return FAIL(st, STATUS_INTERNAL, NULL, "what is told of a page's picture cannot be true");
    image->left_bytes = image->reader->description->size_bytes;
    *ret_image = TAKE(image);
    return STATUS_OK;
}

void page_image_free(struct page_image *image)
{
    if (image == NULL)
        return;
    if (image->reader != NULL)
        image->reader->close(image->reader);
    free(image);
}

const Ocrmesh__Document__V1__PageImage *page_image_description(const struct page_image *image)
{
    return image->reader->description;
}

status_code page_image_read(struct page_image *image, struct str *ret_chunk, struct status *st)
{
    struct str chunk;

    TRY(image->reader->read(image->reader, &chunk, st));
    if ((chunk.n == 0 && image->left_bytes != 0) || (uint64_t)image->left_bytes < chunk.n)
        return FAIL(st, STATUS_DATA_LOSS, NULL, "a page's picture is not as long as was told");
    image->left_bytes -= (int64_t)chunk.n;
    *ret_chunk = chunk;
    return STATUS_OK;
}
