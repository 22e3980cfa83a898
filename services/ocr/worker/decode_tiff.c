#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/*
 * The directories are walked here (TIFF 6.0 §2), so that sizes are checked and strips are known to
 * lie inside the file before leptonica and libtiff decode anything: libtiff half reads a file that
 * was cut short.
 */

enum {
    TAG_SUBFILE_TYPE = 254,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS_PER_SAMPLE = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_FILL_ORDER = 266,
    TAG_STRIP_OFFSETS = 273,
    TAG_ORIENTATION = 274,
    TAG_SAMPLES_PER_PIXEL = 277,
    TAG_STRIP_BYTES = 279,
    TAG_Y_RESOLUTION = 283,
    TAG_T6_OPTIONS = 293,
    TAG_RESOLUTION_UNIT = 296,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_BYTES = 325,
    TIFF_PAGES_MAX = 10000,
    TIFF_STRIPS_MAX = 1 << 20,
};

struct tiff_page {
    size_t offset; /* of the directory in the file */
    uint32_t width;
    uint32_t height;
    float dpi;
    uint16_t compression;
    uint16_t photometric;
    uint16_t fill_order;
    uint16_t orientation;
    uint16_t bits;
    uint16_t samples;
    uint32_t t6_options;
    /* Of the only strip; 0: there are several, or tiles. */
    size_t strip_offset;
    size_t strip_bytes;
};

struct tiff {
    struct file_bytes file;
    bool is_big_endian;
    bool is_big_tiff;
    uint32_t page_count;
    struct tiff_page pages[TIFF_PAGES_MAX];
};

/* One entry of a directory. */
struct tiff_entry {
    unsigned tag;
    unsigned type;
    uint64_t count;
    size_t values; /* offset of the first value in the file */
};

static bool inside(const struct tiff *tiff, uint64_t offset, uint64_t length)
{
    return offset <= tiff->file.size && length <= tiff->file.size - offset;
}

/* Number of `length` bytes (1, 2, 4 or 8) at an offset that lies inside the file. */
static uint64_t number_at(const struct tiff *tiff, size_t offset, unsigned length)
{
    const uint8_t *p = tiff->file.data + offset;
    uint64_t value = 0;

    for (unsigned i = 0; i < length; i++)
        value = value << 8 | p[tiff->is_big_endian ? i : length - 1 - i];
    return value;
}

static unsigned type_bytes(unsigned type)
{
    switch (type) {
    case 1: /* BYTE */
        return 1;
    case 3: /* SHORT */
        return 2;
    case 4: /* LONG */
        return 4;
    case 5:  /* RATIONAL */
    case 16: /* LONG8 */
        return 8;
    default:
        return 0;
    }
}

/* Value `index` of an entry of integers, 0 beyond its count. */
static uint64_t entry_value(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index)
{
    unsigned bytes = type_bytes(entry->type);

    if (bytes == 0 || entry->type == 5 || index >= entry->count)
        return 0;
    return number_at(tiff, entry->values + index * bytes, bytes);
}

static double entry_rational(const struct tiff *tiff, const struct tiff_entry *entry)
{
    if (entry->type != 5 || entry->count == 0)
        return 0;
    uint64_t denominator = number_at(tiff, entry->values + 4, 4);
    return denominator == 0 ? 0 : (double)number_at(tiff, entry->values, 4) / (double)denominator;
}

/* Reads entry `index` of a directory; false when it or its values lie outside the file. */
static bool read_entry(const struct tiff *tiff, size_t directory, uint64_t index,
                       struct tiff_entry *ret_entry)
{
    unsigned offset_bytes = tiff->is_big_tiff ? 8 : 4;
    unsigned entry_bytes = tiff->is_big_tiff ? 20 : 12;
    size_t at = directory + (tiff->is_big_tiff ? 8 : 2) + index * entry_bytes;

    ret_entry->tag = (unsigned)number_at(tiff, at, 2);
    ret_entry->type = (unsigned)number_at(tiff, at + 2, 2);
    ret_entry->count = number_at(tiff, at + 4, offset_bytes);
    size_t value_at = at + 4 + offset_bytes;
    uint64_t length;
    if (__builtin_mul_overflow(ret_entry->count, type_bytes(ret_entry->type), &length))
        return false;
    ret_entry->values =
        length <= offset_bytes ? value_at : (size_t)number_at(tiff, value_at, offset_bytes);
    return inside(tiff, ret_entry->values, length);
}

/* True when all strips or tiles lie inside the file. */
static bool strips_inside(const struct tiff *tiff, const struct tiff_entry *offsets,
                          const struct tiff_entry *lengths)
{
    if (offsets->count == 0 || offsets->count > TIFF_STRIPS_MAX)
        return false;
    for (uint64_t i = 0; i < offsets->count; i++) {
        uint64_t length = entry_value(tiff, lengths, i);
        /* A writer may leave out the length of a single strip; libtiff estimates it then. */
        if (!inside(tiff, entry_value(tiff, offsets, i), length > 0 ? length : 1))
            return false;
    }
    return true;
}

/* Takes what says how pixels are encoded; false for another entry. */
static bool note_encoding(const struct tiff *tiff, const struct tiff_entry *entry,
                          struct tiff_page *page)
{
    uint32_t value = (uint32_t)entry_value(tiff, entry, 0);

    switch (entry->tag) {
    case TAG_BITS_PER_SAMPLE:
        page->bits = (uint16_t)value;
        return true;
    case TAG_COMPRESSION:
        page->compression = (uint16_t)value;
        return true;
    case TAG_PHOTOMETRIC:
        page->photometric = (uint16_t)value;
        return true;
    case TAG_FILL_ORDER:
        page->fill_order = (uint16_t)value;
        return true;
    case TAG_ORIENTATION:
        page->orientation = (uint16_t)value;
        return true;
    case TAG_SAMPLES_PER_PIXEL:
        page->samples = (uint16_t)value;
        return true;
    case TAG_T6_OPTIONS:
        page->t6_options = value;
        return true;
    default:
        return false;
    }
}

static status_code read_directory(struct tiff *tiff, size_t directory, uint64_t entry_count,
                                  struct status *st)
{
    /* What is not said, by TIFF 6.0. */
    struct tiff_page page = {
        .offset = directory, .bits = 1, .samples = 1, .fill_order = 1, .orientation = 1};
    struct tiff_entry offsets = {0};
    struct tiff_entry lengths = {0};
    struct tiff_entry entry;
    uint64_t subfile_type = 0;
    uint64_t resolution_unit = 2; /* inch */
    double resolution = 0;

    for (uint64_t i = 0; i < entry_count; i++) {
        if (!read_entry(tiff, directory, i, &entry))
            return decode_fail_corrupt("TIFF", st);
        if (note_encoding(tiff, &entry, &page))
            continue;
        switch (entry.tag) {
        case TAG_SUBFILE_TYPE:
            subfile_type = entry_value(tiff, &entry, 0);
            break;
        case TAG_WIDTH:
            page.width = (uint32_t)entry_value(tiff, &entry, 0);
            break;
        case TAG_HEIGHT:
            page.height = (uint32_t)entry_value(tiff, &entry, 0);
            break;
        case TAG_STRIP_OFFSETS:
        case TAG_TILE_OFFSETS:
            offsets = entry;
            break;
        case TAG_STRIP_BYTES:
        case TAG_TILE_BYTES:
            lengths = entry;
            break;
        case TAG_Y_RESOLUTION:
            resolution = entry_rational(tiff, &entry);
            break;
        case TAG_RESOLUTION_UNIT:
            resolution_unit = entry_value(tiff, &entry, 0);
            break;
        default:
            break;
        }
    }
    /* A reduced copy of another page (a thumbnail) or a mask is no page. */
    enum { REDUCED_IMAGE = 1, TRANSPARENCY_MASK = 4 };
    if ((subfile_type & (REDUCED_IMAGE | TRANSPARENCY_MASK)) != 0)
        return STATUS_OK;
    if (!strips_inside(tiff, &offsets, &lengths))
        return decode_fail_corrupt("TIFF", st);
    if (offsets.tag == TAG_STRIP_OFFSETS && offsets.count == 1) {
        page.strip_offset = (size_t)entry_value(tiff, &offsets, 0);
        page.strip_bytes = (size_t)entry_value(tiff, &lengths, 0);
    }
    if (resolution_unit == 3) /* centimetre */
        resolution *= 2.54;
    page.dpi = resolution_unit == 1 ? 0 : image_plausible_dpi(resolution);
    tiff->pages[tiff->page_count++] = page;
    return STATUS_OK;
}

static status_code walk(struct tiff *tiff, struct status *st)
{
    unsigned offset_bytes = tiff->is_big_tiff ? 8 : 4;
    unsigned count_bytes = tiff->is_big_tiff ? 8 : 2;
    unsigned entry_bytes = tiff->is_big_tiff ? 20 : 12;
    unsigned header_bytes = tiff->is_big_tiff ? 16 : 8;

    if (!inside(tiff, 0, header_bytes))
        return decode_fail_corrupt("TIFF", st);
    uint64_t directory = number_at(tiff, header_bytes - offset_bytes, offset_bytes);
    /* A chain that bites its own tail ends at the limit as well. */
    for (unsigned seen = 0; directory != 0; seen++) {
        if (seen >= TIFF_PAGES_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                        "a TIFF file of more than %d pages cannot be read; split it",
                        TIFF_PAGES_MAX);
        if (!inside(tiff, directory, count_bytes))
            return decode_fail_corrupt("TIFF", st);
        uint64_t entry_count = number_at(tiff, directory, count_bytes);
        uint64_t length;
        if (__builtin_mul_overflow(entry_count, entry_bytes, &length) ||
            !inside(tiff, directory + count_bytes, length) ||
            !inside(tiff, directory + count_bytes + length, offset_bytes))
            return decode_fail_corrupt("TIFF", st);
        TRY(read_directory(tiff, directory, entry_count, st));
        directory = number_at(tiff, directory + count_bytes + length, offset_bytes);
    }
    if (tiff->page_count == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "NO_PAGES", "the TIFF file has no pages");
    return STATUS_OK;
}

status_code tiff_open(struct file_bytes file, struct tiff **ret_tiff, struct status *st)
{
    struct tiff *tiff = calloc(1, sizeof(*tiff));

    if (tiff == NULL)
        return FAIL_PAGE_MEMORY(st);
    tiff->file = file;
    tiff->is_big_endian = file.data[0] == 'M';
    tiff->is_big_tiff = number_at(tiff, 2, 2) == 43;
    status_code code = walk(tiff, st);
    if (code != STATUS_OK) {
        tiff_close(tiff);
        return code;
    }
    *ret_tiff = tiff;
    return STATUS_OK;
}

void tiff_close(struct tiff *tiff)
{
    free(tiff);
}

uint32_t tiff_page_count(const struct tiff *tiff)
{
    return tiff->page_count;
}

status_code tiff_read_pix(struct tiff *tiff, uint32_t index, struct Pix **ret_pix,
                          struct status *st)
{
    const struct tiff_page *page = &tiff->pages[index];
    size_t offset = page->offset;

    TRY(image_check_size(page->width, page->height, st));
    struct Pix *pix = pixReadMemFromMultipageTiff(tiff->file.data, tiff->file.size, &offset);
    if (pix == NULL)
        return decode_fail_corrupt("TIFF", st);
    *ret_pix = pix;
    return STATUS_OK;
}

status_code tiff_read_page(struct tiff *tiff, uint32_t index, struct image **ret_image,
                           struct status *st)
{
    struct Pix *pix;
    struct image *image = NULL;

    TRY(tiff_read_pix(tiff, index, &pix, st));
    TRY(image_from_pix(pix, &image, st));
    image->dpi = tiff->pages[index].dpi;
    *ret_image = image;
    return STATUS_OK;
}

bool tiff_find_fax(const struct tiff *tiff, uint32_t index, struct tiff_fax *ret_fax)
{
    enum { GROUP_4 = 4, BLACK_IS_ZERO = 1 };
    const struct tiff_page *page = &tiff->pages[index];

    if (page->compression != GROUP_4 || page->bits != 1 || page->samples != 1 ||
        page->photometric > BLACK_IS_ZERO || page->t6_options != 0 || page->strip_bytes == 0)
        return false;
    *ret_fax = (struct tiff_fax){
        .strip = {tiff->file.data + page->strip_offset, page->strip_bytes},
        .width = page->width,
        .height = page->height,
        .is_bit_reversed = page->fill_order == 2,
        .is_inverted = page->photometric == BLACK_IS_ZERO,
        .orientation = page->orientation,
    };
    return true;
}
