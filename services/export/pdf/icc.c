#include "services/export/pdf/icc.h"

#include <math.h>
#include <string.h>

enum {
    HEADER_BYTES = 128,
    TAG_ENTRY_BYTES = 12,
    VERSION = 0x04200000,
    MEDIA_RELATIVE = 1, /* rendering intent: relative colorimetric */
    FIXED_ONE = 0x10000,
    CMYK_GRID = 3, /* points an ink; between them readers interpolate */
    CMYK_INKS = 4,
    CURVE_ENTRIES = 256,
    PCS_CHANNELS = 3,
};

/* Of PCS XYZ in 16 bits 1.0 is 0x8000 (§6.3.4.2). */
#define XYZ_ONE 32768.0

/* sRGB's primaries and white adapted to D50 by Bradford's transform, as in the profile that the ICC
 * publishes; s15Fixed16. */
static const uint32_t d50[3] = {0xF6D6, 0x10000, 0xD32D};
static const uint32_t primaries[3][3] = {
    {0x6FA2, 0x38F5, 0x0390}, {0x6299, 0xB785, 0x18DA}, {0x24A0, 0x0F84, 0xB6CF}};
static const int32_t adaptation[9] = {0x10C42, 0x05DE,  -0x0CDB, 0x0793, 0xFD90,
                                      -0x045F, -0x025E, 0x03DC,  0xC06E};

/* A profile under construction; failure sticks. */
struct profile {
    struct buf *bytes;
    size_t start;
    unsigned tag_count;
    bool has_failed;
};

static void put(struct profile *profile, const void *data, size_t length)
{
    if (!buf_append(profile->bytes, data, length))
        profile->has_failed = true;
}

static void put_8(struct profile *profile, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    put(profile, &byte, 1);
}

static void put_16(struct profile *profile, unsigned value)
{
    put_8(profile, value >> 8);
    put_8(profile, value);
}

static void put_32(struct profile *profile, uint32_t value)
{
    put_16(profile, value >> 16);
    put_16(profile, value);
}

static void set_32(struct profile *profile, size_t at, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};

    if (!profile->has_failed)
        memcpy(profile->bytes->data + profile->start + at, bytes, sizeof(bytes));
}

static size_t length_of(const struct profile *profile)
{
    return profile->bytes->length - profile->start;
}

/* §7.2; the size stands in the first four bytes at the end. */
static void begin(struct profile *profile, struct buf *bytes, const char *class_and_space,
                  unsigned tag_count)
{
    static const uint8_t zeros[HEADER_BYTES];

    *profile = (struct profile){.bytes = bytes, .start = bytes->length};
    put_32(profile, 0); /* size */
    put_32(profile, 0); /* preferred CMM */
    put_32(profile, VERSION);
    put(profile, class_and_space, 8);
    put(profile, "XYZ ", 4);
    for (int i = 0; i < 6; i++) /* 2000-01-01 00:00:00: no moment matters */
        put_16(profile, i == 0 ? 2000 : i < 3 ? 1 : 0);
    put(profile, "acsp", 4);
    put(profile, zeros, 24); /* platform to attributes */
    put_32(profile, MEDIA_RELATIVE);
    for (int i = 0; i < 3; i++)
        put_32(profile, d50[i]);
    put(profile, zeros, HEADER_BYTES - 80);
    put_32(profile, tag_count);
    for (unsigned i = 0; i < tag_count; i++)
        put(profile, zeros, TAG_ENTRY_BYTES);
}

/* Starts the data of a tag; returns its offset. */
static size_t begin_tag(struct profile *profile)
{
    while (length_of(profile) % 4 != 0)
        put_8(profile, 0);
    return length_of(profile);
}

/* Enters the tag that goes from `offset` to the end. */
static void end_tag(struct profile *profile, const char *name, size_t offset, size_t length)
{
    size_t entry = HEADER_BYTES + 4 + (size_t)profile->tag_count++ * TAG_ENTRY_BYTES;

    if (!profile->has_failed)
        memcpy(profile->bytes->data + profile->start + entry, name, 4);
    set_32(profile, entry + 4, (uint32_t)offset);
    set_32(profile, entry + 8, (uint32_t)length);
}

/* multiLocalizedUnicodeType (§10.13) of one English text in ASCII. */
static void add_text(struct profile *profile, const char *name, const char *text)
{
    size_t offset = begin_tag(profile), length = strlen(text);

    put(profile, "mluc\0\0\0\0", 8);
    put_32(profile, 1);
    put_32(profile, 12);
    put(profile, "enUS", 4);
    put_32(profile, (uint32_t)(2 * length));
    put_32(profile, 28);
    for (size_t i = 0; i < length; i++)
        put_16(profile, (unsigned char)text[i]);
    end_tag(profile, name, offset, length_of(profile) - offset);
}

static void add_xyz(struct profile *profile, const char *name, const uint32_t xyz[3])
{
    size_t offset = begin_tag(profile);

    put(profile, "XYZ \0\0\0\0", 8);
    for (int i = 0; i < 3; i++)
        put_32(profile, xyz[i]);
    end_tag(profile, name, offset, length_of(profile) - offset);
}

static void add_common(struct profile *profile, const char *description)
{
    add_text(profile, "desc", description);
    add_text(profile, "cprt", "No copyright, use freely");
    add_xyz(profile, "wtpt", d50);
}

static bool end(struct profile *profile)
{
    (void)begin_tag(profile); /* pads */
    set_32(profile, 0, (uint32_t)length_of(profile));
    return !profile->has_failed;
}

/* --- sRGB --- */

bool icc_append_srgb(struct buf *bytes)
{
    static const char *const primary_names[3] = {"rXYZ", "gXYZ", "bXYZ"};
    static const char *const curve_names[3] = {"rTRC", "gTRC", "bTRC"};
    struct profile profile;

    begin(&profile, bytes, "mntrRGB ", 10);
    add_common(&profile, "sRGB");
    for (int i = 0; i < 3; i++)
        add_xyz(&profile, primary_names[i], primaries[i]);

    /* parametricCurveType (§10.15), function 3: (a x + b)^g from d on, else c x. */
    size_t curve = begin_tag(&profile);
    put(&profile, "para\0\0\0\0", 8);
    put_16(&profile, 3);
    put_16(&profile, 0);
    put_32(&profile, (uint32_t)lround(2.4 * FIXED_ONE));
    put_32(&profile, (uint32_t)lround(FIXED_ONE / 1.055));
    put_32(&profile, (uint32_t)lround(0.055 * FIXED_ONE / 1.055));
    put_32(&profile, (uint32_t)lround(FIXED_ONE / 12.92));
    put_32(&profile, (uint32_t)lround(0.04045 * FIXED_ONE));
    size_t length = length_of(&profile) - curve;
    for (int i = 0; i < 3; i++)
        end_tag(&profile, curve_names[i], curve, length);

    size_t offset = begin_tag(&profile);
    put(&profile, "sf32\0\0\0\0", 8);
    for (size_t i = 0; i < ARRAY_LENGTH(adaptation); i++)
        put_32(&profile, (uint32_t)adaptation[i]);
    end_tag(&profile, "chad", offset, length_of(&profile) - offset);
    return end(&profile);
}

/* --- CMYK --- */

/* Light that an ink of that amount lets through, on a linear scale. */
static double transmitted(double ink)
{
    double value = 1 - ink;

    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* lut16Type (§10.8). The curves make light of ink, so that the grid's corners are all that is
 * needed: what passes is the product over the inks. */
static void put_lut(struct profile *profile)
{
    static const int32_t identity[9] = {FIXED_ONE, 0, 0, 0, FIXED_ONE, 0, 0, 0, FIXED_ONE};

    put(profile, "mft2\0\0\0\0", 8);
    put_8(profile, CMYK_INKS);
    put_8(profile, PCS_CHANNELS);
    put_8(profile, CMYK_GRID);
    put_8(profile, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(identity); i++)
        put_32(profile, (uint32_t)identity[i]);
    put_16(profile, CURVE_ENTRIES);
    put_16(profile, 2);
    for (int ink = 0; ink < CMYK_INKS; ink++)
        for (int i = 0; i < CURVE_ENTRIES; i++)
            put_16(profile, (unsigned)lround(65535 * transmitted(i / (CURVE_ENTRIES - 1.0))));
    for (int i = 0; i < CMYK_GRID * CMYK_GRID * CMYK_GRID * CMYK_GRID; i++) {
        double cyan = i / 27 / 2.0, magenta = i / 9 % 3 / 2.0;
        double yellow = i / 3 % 3 / 2.0, black = i % 3 / 2.0;

        for (int k = 0; k < PCS_CHANNELS; k++) {
            double value = black * (cyan * primaries[0][k] + magenta * primaries[1][k] +
                                    yellow * primaries[2][k]);

            put_16(profile, (unsigned)lround(value / FIXED_ONE * XYZ_ONE));
        }
    }
    for (int k = 0; k < PCS_CHANNELS; k++) { /* output curves: as they are */
        put_16(profile, 0);
        put_16(profile, 65535);
    }
}

bool icc_append_cmyk(struct buf *bytes)
{
    struct profile profile;

    begin(&profile, bytes, "scnrCMYK", 4);
    add_common(&profile, "CMYK as the complement of sRGB");
    size_t offset = begin_tag(&profile);
    put_lut(&profile);
    end_tag(&profile, "A2B0", offset, length_of(&profile) - offset);
    return end(&profile);
}
