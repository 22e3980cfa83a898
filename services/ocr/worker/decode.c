#include "services/ocr/worker/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/pdfdoc_drawing.h"
#include "services/ocr/worker/pdfdoc_picture.h"
#include "services/ocr/worker/pictures/picture_fax.h"
#include "services/ocr/worker/pictures/picture_jpeg.h"
#include "services/ocr/worker/pictures/picture_png.h"

typedef enum {
    FORMAT_PNG,
    FORMAT_JPEG,
    FORMAT_WEBP,
    FORMAT_GIF,
    FORMAT_BMP,
    FORMAT_TIFF,
    FORMAT_PDF,
    FORMAT_COUNT,
} file_format;

typedef status_code (*decode_function)(struct file_bytes file, struct image **ret_image,
                                       struct status *st);
typedef status_code (*read_pix_function)(struct file_bytes file, unsigned eighths,
                                         struct Pix **ret_pix, struct status *st);

static const struct {
    const char *media_type;
    /* Of single images. */
    decode_function decode; /* in grey; NULL: by way of read_pix */
    read_pix_function read_pix;
} formats[FORMAT_COUNT] = {
    [FORMAT_PNG] = {"image/png", decode_png, png_read_pix},
    [FORMAT_JPEG] = {"image/jpeg", decode_jpeg, jpeg_read_pix},
    [FORMAT_WEBP] = {"image/webp", NULL, webp_read_pix},
    [FORMAT_GIF] = {"image/gif", NULL, gif_read_pix},
    [FORMAT_BMP] = {"image/bmp", NULL, bmp_read_pix},
    [FORMAT_TIFF] = {"image/tiff", NULL, NULL},
    [FORMAT_PDF] = {"application/pdf", NULL, NULL},
};

struct decoder {
    void *mapping; /* the whole file; NULL: none */
    struct file_bytes file;
    file_format format;
    struct tiff *tiff;
    struct pdfdoc *pdf;
};

status_code decode_fail_corrupt(const char *format_name, struct status *st)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CORRUPT",
                "the %s file is damaged or cut short; check that it opens elsewhere and send it "
                "again",
                format_name);
}

uint32_t bytes_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint32_t bytes_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

uint16_t bytes_le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static bool has_bytes(struct file_bytes file, size_t offset, const char *magic, size_t length)
{
    return file.size >= offset + length && memcmp(file.data + offset, magic, length) == 0;
}

#define HAS_MAGIC(file, offset, magic) has_bytes((file), (offset), (magic), sizeof(magic) - 1)

static bool sniff(struct file_bytes file, file_format *ret_format)
{
    /* Readers accept a PDF header anywhere in the first KiB (ISO 32000-1, Annex H.3.4.1). */
    enum { PDF_HEADER_RANGE = 1024 };
    size_t pdf_range = file.size < PDF_HEADER_RANGE ? file.size : PDF_HEADER_RANGE;

    if (HAS_MAGIC(file, 0, "\x89PNG\r\n\x1a\n"))
        *ret_format = FORMAT_PNG;
    else if (HAS_MAGIC(file, 0, "\xff\xd8\xff"))
        *ret_format = FORMAT_JPEG;
    else if (HAS_MAGIC(file, 0, "RIFF") && HAS_MAGIC(file, 8, "WEBP"))
        *ret_format = FORMAT_WEBP;
    else if (HAS_MAGIC(file, 0, "GIF87a") || HAS_MAGIC(file, 0, "GIF89a"))
        *ret_format = FORMAT_GIF;
    else if (HAS_MAGIC(file, 0, "II*\0") || HAS_MAGIC(file, 0, "MM\0*") ||
             HAS_MAGIC(file, 0, "II+\0") || HAS_MAGIC(file, 0, "MM\0+"))
        *ret_format = FORMAT_TIFF;
    else if (memmem(file.data, pdf_range, "%PDF-", 5) != NULL)
        *ret_format = FORMAT_PDF;
    else if (HAS_MAGIC(file, 0, "BM") && HAS_MAGIC(file, 6, "\0\0\0\0"))
        *ret_format = FORMAT_BMP;
    else
        return false;
    return true;
}

static status_code map_file(struct decoder *decoder, int fd, struct status *st)
{
    struct stat info;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return FAIL(st, STATUS_INTERNAL, NULL, "the document is no regular file");
    if (info.st_size == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CORRUPT",
                    "the file is empty; send the image or the PDF itself");
    void *mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapping == MAP_FAILED)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",
                    "the document cannot be mapped: %s", strerror(errno));
    decoder->mapping = mapping;
    decoder->file = (struct file_bytes){mapping, (size_t)info.st_size};
    return STATUS_OK;
}

static status_code open_format(struct decoder *decoder, struct status *st)
{
    if (!sniff(decoder->file, &decoder->format))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE",
                    "the file is none of PNG, JPG, WEBP, GIF, BMP, TIFF and PDF, which are what "
                    "can be read");
    if (decoder->format == FORMAT_TIFF)
        return tiff_open(decoder->file, &decoder->tiff, st);
    if (decoder->format == FORMAT_PDF)
        return pdfdoc_open(decoder->file, &decoder->pdf, st);
    return STATUS_OK;
}

status_code decoder_open(int fd, struct decoder **ret_decoder, struct status *st)
{
    _cleanup_(closep) int owned_fd = fd;
    _cleanup_(decoder_closep) struct decoder *decoder = calloc(1, sizeof(*decoder));

    if (decoder == NULL)
        return FAIL_PAGE_MEMORY(st);
    TRY(map_file(decoder, owned_fd, st));
    TRY(open_format(decoder, st));
    *ret_decoder = TAKE(decoder);
    return STATUS_OK;
}

void decoder_close(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    tiff_close(decoder->tiff);
    pdfdoc_close(decoder->pdf);
    if (decoder->mapping != NULL)
        (void)munmap(decoder->mapping, decoder->file.size);
    free(decoder);
}

const char *decoder_media_type(const struct decoder *decoder)
{
    return formats[decoder->format].media_type;
}

uint32_t decoder_page_count(const struct decoder *decoder)
{
    if (decoder->format == FORMAT_TIFF)
        return tiff_page_count(decoder->tiff);
    return decoder->format == FORMAT_PDF ? pdfdoc_page_count(decoder->pdf) : 1;
}

status_code decoder_read_page(struct decoder *decoder, uint32_t index, struct image **ret_image,
                              struct status *st)
{
    struct Pix *pix;

    if (decoder->format == FORMAT_TIFF)
        return tiff_read_page(decoder->tiff, index, ret_image, st);
    if (decoder->format == FORMAT_PDF)
        return pdfdoc_read_page(decoder->pdf, index, ret_image, st);
    if (formats[decoder->format].decode != NULL)
        return formats[decoder->format].decode(decoder->file, ret_image, st);
    TRY(formats[decoder->format].read_pix(decoder->file, 8, &pix, st));
    return image_from_pix(pix, ret_image, st);
}

status_code decoder_probe(struct decoder *decoder, struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;

    if (decoder->format == FORMAT_PDF)
        return pdfdoc_probe(decoder->pdf, st);
    return decoder_read_page(decoder, 0, &image, st);
}

bool decoder_stored_picture(struct decoder *decoder, uint32_t index, struct picture *ret_picture)
{
    switch (decoder->format) {
    case FORMAT_PNG:
        return picture_from_png(decoder->file, ret_picture);
    case FORMAT_JPEG:
        return picture_from_jpeg(decoder->file, ret_picture);
    case FORMAT_TIFF:
        return picture_from_tiff(decoder->tiff, index, ret_picture);
    case FORMAT_PDF:
        return pdfdoc_stored_picture(decoder->pdf, index, ret_picture);
    case FORMAT_WEBP:
    case FORMAT_GIF:
    case FORMAT_BMP:
    case FORMAT_COUNT:
        break;
    }
    return false;
}

bool decoder_draw_operators(struct decoder *decoder, uint32_t index, const struct image *image,
                            struct picture *ret_picture)
{
    return decoder->pdf != NULL && pdfdoc_draw_operators(decoder->pdf, index, image, ret_picture);
}

status_code decoder_read_colors(struct decoder *decoder, uint32_t index, const struct image *image,
                                uint32_t side_max, struct Pix **ret_pix, struct status *st)
{
    uint32_t side =
        image->stored_width > image->stored_height ? image->stored_width : image->stored_height;
    uint64_t eighths = (uint64_t)side_max * 8 / side;

    if (decoder->format == FORMAT_TIFF)
        return tiff_read_pix(decoder->tiff, index, ret_pix, st);
    if (decoder->format == FORMAT_PDF)
        return pdfdoc_read_pix(decoder->pdf, index, image, side_max, ret_pix, st);
    return formats[decoder->format].read_pix(
        decoder->file, eighths < 1 ? 1 : (eighths > 8 ? 8 : (unsigned)eighths), ret_pix, st);
}

struct pdfdoc *decoder_pdf(struct decoder *decoder)
{
    return decoder->pdf;
}
