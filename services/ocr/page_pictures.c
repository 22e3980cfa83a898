#include "services/ocr/page_pictures.h"

#include <stdbool.h>

#include "lib/rpc/allocator.h"

typedef Ocrmesh__Ocr__Worker__V1__PagePictures PagePictures;
typedef Ocrmesh__Ocr__Worker__V1__PagePicture PagePicture;
typedef Ocrmesh__Document__V1__PageImage PageImage;

static bool is_kind(Ocrmesh__Document__V1__PageImageKind kind)
{
    return kind == OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_PREVIEW ||
           kind == OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION ||
           kind == OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE;
}

static bool is_sound(const PagePicture *picture)
{
    return is_kind(picture->kind) && picture->image != NULL && picture->image->size_bytes >= 1 &&
           picture->image->size_bytes <= PAGE_PICTURE_MAX_BYTES &&
           ocrmesh__document__v1__page_image__get_packed_size(picture->image) <=
               PAGE_PICTURE_FACTS_MAX_BYTES;
}

status_code page_pictures_check(const PagePictures *pictures, int64_t *ret_size_bytes,
                                struct status *st)
{
    int64_t size_bytes = 0;
    bool is_good = pictures->n_pictures <= PAGE_PICTURES_MAX;

    for (size_t i = 0; i < pictures->n_pictures && is_good; i++) {
        is_good = is_sound(pictures->pictures[i]);
        if (is_good)
            size_bytes += pictures->pictures[i]->image->size_bytes;
    }
    if (!is_good || size_bytes > PAGE_PICTURES_MAX_BYTES)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN",
                    "what the worker says of a page's pictures is malformed");
    *ret_size_bytes = size_bytes;
    return STATUS_OK;
}

status_code page_pictures_pack(const PagePictures *pictures, struct arena *arena,
                               struct str *ret_packed, struct status *st)
{
    size_t size = ocrmesh__ocr__worker__v1__page_pictures__get_packed_size(pictures);
    uint8_t *bytes = arena_alloc(arena, size + 1);

    if (bytes == NULL)
        return FAIL_MEMORY(st);
    (void)ocrmesh__ocr__worker__v1__page_pictures__pack(pictures, bytes);
    *ret_packed = (struct str){(const char *)bytes, size};
    return STATUS_OK;
}

status_code page_pictures_fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "PAGE_IMAGE_NOT_FOUND",
                "no such picture is kept of this page");
}

status_code page_pictures_find(struct str packed, Ocrmesh__Document__V1__PageImageKind kind,
                               uint32_t block_index, struct arena *arena,
                               const PageImage **ret_image, int64_t *ret_offset, struct status *st)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    int64_t offset = 0;

    const PagePictures *pictures = ocrmesh__ocr__worker__v1__page_pictures__unpack(
        &allocator, packed.n, (const uint8_t *)packed.p);
    if (pictures == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "what is kept of a page's pictures cannot be read");
    for (size_t i = 0; i < pictures->n_pictures; i++) {
        const PagePicture *picture = pictures->pictures[i];
        if (picture->image == NULL)
            break;
        if (picture->kind == kind &&
            (kind != OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE ||
             picture->block_index == block_index)) {
            *ret_image = picture->image;
            *ret_offset = offset;
            return STATUS_OK;
        }
        offset += picture->image->size_bytes;
    }
    return page_pictures_fail_not_found(st);
}
