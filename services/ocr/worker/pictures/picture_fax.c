#include "services/ocr/worker/pictures/picture_fax.h"

#include <stdlib.h>

#include <allheaders.h>

static void reverse_bits(struct str bytes)
{
    uint8_t *p = (uint8_t *)bytes.p;

    for (size_t i = 0; i < bytes.n; i++) {
        unsigned b = p[i];
        b = (b & 0xf0) >> 4 | (b & 0x0f) << 4;
        b = (b & 0xcc) >> 2 | (b & 0x33) << 2;
        p[i] = (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
    }
}

/* Where the orientation tag moves a picture of that size. */
static struct affine orientation_move(unsigned orientation, uint32_t width, uint32_t height)
{
    struct decode_turn turn = decode_turn_of(orientation);
    struct affine turned = affine_turn(turn.quarters, width, height);

    return turn.is_mirrored ? affine_then(affine_mirror(width), turned) : turned;
}

bool picture_from_tiff(const struct tiff *tiff, uint32_t index, struct picture *ret_picture)
{
    struct tiff_fax fax;
    struct str data;

    if (!tiff_find_fax(tiff, index, &fax))
        return false;
    if (!picture_copy_bytes((struct str){(const char *)fax.strip.data, fax.strip.size}, &data))
        return false;
    if (fax.is_bit_reversed)
        reverse_bits(data);
    *ret_picture = (struct picture){
        .encoding = PICTURE_CCITT_G4,
        .width = fax.width,
        .height = fax.height,
        .components = 1,
        .bits_per_component = 1,
        .is_inverted = fax.is_inverted,
        .placement = orientation_move(fax.orientation, fax.width, fax.height),
        .data = data,
    };
    return true;
}

/* By way of a TIFF file in memory: leptonica's and libtiff's encoder. */
bool picture_encode_fax(struct Pix *pix, struct picture *ret_picture)
{
    l_uint8 *file = NULL;
    size_t size = 0;
    struct tiff *tiff = NULL;
    struct status unused;

    if (pixWriteMemTiff(&file, &size, pix, IFF_TIFF_G4) != 0)
        return false;
    bool is_packed = tiff_open((struct file_bytes){file, size}, &tiff, &unused) == STATUS_OK &&
                     picture_from_tiff(tiff, 0, ret_picture);
    tiff_close(tiff);
    free(file);
    return is_packed;
}
