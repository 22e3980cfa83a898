#include "services/export/pdf/truetype.h"

#include <assert.h>
#include <string.h>

#include "lib/base/cleanup.h"

enum {
    GLYPH_COUNT = 2,
    DIRECTORY_BYTES = 12,
    RECORD_BYTES = 16,
    HEAD_BYTES = 54,
    HHEA_BYTES = 36,
    HMTX_BYTES = 4 + 2 * (GLYPH_COUNT - 1), /* one advance, then bearings alone */
    LOCA_BYTES = 2 * (GLYPH_COUNT + 1),
    MAXP_BYTES = 32,
    GLYF_BYTES = 30,
    ADJUSTMENT_OFFSET = 8, /* of checkSumAdjustment in head */
};

static const uint32_t checksum_magic = 0xB1B0AFBA; /* OpenType 1.9, "head" */

static void put_16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_32(uint8_t *at, uint32_t value)
{
    put_16(at, value >> 16);
    put_16(at + 2, value & 0xFFFF);
}

/* Field offsets are those of OpenType 1.9; what is not set is 0. */
static void write_head(uint8_t *head)
{
    put_32(head, 0x00010000);
    put_32(head + 4, 0x00010000);
    put_32(head + 12, 0x5F0F3CF5); /* magicNumber */
    put_16(head + 18, TRUETYPE_EM);
    put_16(head + 38, (uint16_t)TRUETYPE_DESCENT); /* yMin */
    put_16(head + 40, TRUETYPE_ADVANCE);           /* xMax */
    put_16(head + 42, TRUETYPE_ASCENT);            /* yMax */
    put_16(head + 46, 8);                          /* lowestRecPPEM */
    put_16(head + 48, 2);                          /* fontDirectionHint */
}

static void write_hhea(uint8_t *hhea)
{
    put_32(hhea, 0x00010000);
    put_16(hhea + 4, TRUETYPE_ASCENT);
    put_16(hhea + 6, (uint16_t)TRUETYPE_DESCENT);
    put_16(hhea + 10, TRUETYPE_ADVANCE); /* advanceWidthMax */
    put_16(hhea + 16, TRUETYPE_ADVANCE); /* xMaxExtent */
    put_16(hhea + 18, 1);                /* caretSlopeRise: upright */
    put_16(hhea + 34, 1);                /* numberOfHMetrics */
}

static void write_hmtx(uint8_t *hmtx)
{
    put_16(hmtx, TRUETYPE_ADVANCE);
}

static void write_maxp(uint8_t *maxp)
{
    put_32(maxp, 0x00010000);
    put_16(maxp + 4, GLYPH_COUNT);
    put_16(maxp + 6, 3);  /* maxPoints */
    put_16(maxp + 8, 1);  /* maxContours */
    put_16(maxp + 14, 1); /* maxZones */
}

/* The glyph of every character: a contour of three points on one line, from the lower left corner
 * to the upper right one and halfway back. It paints nothing, but has a box, without which PDFium
 * drops characters that stand alone. */
static void write_glyf(uint8_t *glyf)
{
    put_16(glyf, 1);                              /* numberOfContours */
    put_16(glyf + 4, (uint16_t)TRUETYPE_DESCENT); /* yMin */
    put_16(glyf + 6, TRUETYPE_ADVANCE);           /* xMax */
    put_16(glyf + 8, TRUETYPE_ASCENT);            /* yMax */
    put_16(glyf + 10, 2);                         /* the contour's last point */
    glyf[14] = glyf[15] = glyf[16] = 1;           /* on the curve, coordinates in two bytes each */
    put_16(glyf + 19, TRUETYPE_ADVANCE);
    put_16(glyf + 21, (uint16_t)(-TRUETYPE_ADVANCE / 2));
    put_16(glyf + 23, (uint16_t)TRUETYPE_DESCENT);
    put_16(glyf + 25, TRUETYPE_ASCENT - TRUETYPE_DESCENT);
    put_16(glyf + 27, (uint16_t)(-(TRUETYPE_ASCENT - TRUETYPE_DESCENT) / 2));
}

/* Nothing for .notdef, all for the other. */
static void write_loca(uint8_t *loca)
{
    put_16(loca + 4, GLYF_BYTES / 2);
}

/* In the order of tags, as the directory must be. */
static const struct {
    char tag[5];
    size_t length;
    void (*write)(uint8_t *table);
} tables[] = {
    {"glyf", GLYF_BYTES, write_glyf}, {"head", HEAD_BYTES, write_head},
    {"hhea", HHEA_BYTES, write_hhea}, {"hmtx", HMTX_BYTES, write_hmtx},
    {"loca", LOCA_BYTES, write_loca}, {"maxp", MAXP_BYTES, write_maxp},
};

static uint32_t checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += (uint32_t)bytes[i] << (8 * (3 - i % 4));
    return sum;
}

size_t truetype_write(uint8_t ret_file[static TRUETYPE_MAX_BYTES])
{
    size_t count = ARRAY_LENGTH(tables), end = DIRECTORY_BYTES + count * RECORD_BYTES;
    uint8_t *head = NULL;

    memset(ret_file, 0, TRUETYPE_MAX_BYTES);
    put_32(ret_file, 0x00010000);
    put_16(ret_file + 4, (unsigned)count);
    put_16(ret_file + 6, 4 * 16);                          /* searchRange: 4 is below 6 */
    put_16(ret_file + 8, 2);                               /* entrySelector */
    put_16(ret_file + 10, (unsigned)count * 16 - 4U * 16); /* rangeShift */
    for (size_t i = 0; i < count; i++) {
        uint8_t *record = ret_file + DIRECTORY_BYTES + i * RECORD_BYTES;

        assert(end + tables[i].length <= TRUETYPE_MAX_BYTES);
        if (tables[i].write != NULL)
            tables[i].write(ret_file + end);
        if (tables[i].write == write_head)
            head = ret_file + end;
        memcpy(record, tables[i].tag, 4);
        put_32(record + 4, checksum(ret_file + end, tables[i].length));
        put_32(record + 8, (uint32_t)end);
        put_32(record + 12, (uint32_t)tables[i].length);
        end += (tables[i].length + 3) / 4 * 4;
    }
    assert(head != NULL);
    put_32(head + ADJUSTMENT_OFFSET, checksum_magic - checksum(ret_file, end));
    return end;
}
