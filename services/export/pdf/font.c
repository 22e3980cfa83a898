#include "services/export/pdf/font.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/export/pdf/truetype.h"

/* Readers know a font of this name for one without shapes: Evince draws selections so that what is
 * beneath can be read. */
#define FONT_NAME "GlyphLessFont"

enum {
    SLOTS_FIRST = 1024, /* a power of two */
    CODES_FIRST = 512,
    CMAP_ENTRIES_MAX = 100, /* of a bfchar list (Adobe Technical Note 5014) */
    CMAP_MAX_BYTES = 8 << 20,
    FACE_MAX_BYTES = 2048,
};

void pdf_font_deinit(struct pdf_font *font)
{
    free(font->slots);
    free(font->points);
    *font = (struct pdf_font){0};
}

/* --- codes --- */

/* Knuth's multiplicative hash. A document that is made to collide slows its own export alone. */
static uint32_t hash(uint32_t point)
{
    uint32_t value = point * 2654435761U;

    return value ^ value >> 15;
}

/* The slot of the code point, or the empty one where it belongs. */
static uint32_t *find_slot(const struct pdf_font *font, uint32_t point)
{
    uint32_t mask = font->slot_count - 1;

    for (uint32_t i = hash(point) & mask;; i = (i + 1) & mask)
        if (font->slots[i] == 0 || font->points[font->slots[i]] == point)
            return &font->slots[i];
}

static bool grow_slots(struct pdf_font *font)
{
    uint32_t count = font->slot_count == 0 ? SLOTS_FIRST : 2 * font->slot_count;
    uint32_t *slots = calloc(count, sizeof(*slots));

    if (slots == NULL)
        return false;
    free(font->slots);
    font->slots = slots;
    font->slot_count = count;
    for (uint32_t code = 1; code < font->code_count; code++)
        *find_slot(font, font->points[code]) = code;
    return true;
}

static bool grow_codes(struct pdf_font *font)
{
    uint32_t capacity = font->code_capacity == 0 ? CODES_FIRST : 2 * font->code_capacity;
    uint32_t *points = reallocarray(font->points, capacity, sizeof(*points));

    if (points == NULL)
        return false;
    font->points = points;
    font->code_capacity = capacity;
    if (font->code_count == 0)
        points[font->code_count++] = 0;
    return true;
}

bool pdf_font_code(struct pdf_font *font, uint32_t point, uint32_t *ret_code)
{
    uint32_t *slot;

    if (2 * (font->code_count + 1) > font->slot_count && !grow_slots(font))
        return false;
    if (font->code_count == font->code_capacity && !grow_codes(font))
        return false;
    slot = find_slot(font, point);
    if (*slot == 0 && font->code_count >= PDF_FONT_CODES_MAX) { /* the last one is kept for it */
        point = UTF8_REPLACEMENT;
        slot = find_slot(font, point);
    }
    if (*slot == 0) {
        font->points[font->code_count] = point;
        *slot = font->code_count++;
    }
    *ret_code = *slot;
    return true;
}

/* --- faces --- */

static int cut(int value, int max)
{
    return value < 0 ? 0 : value > max ? max : value;
}

uint32_t pdf_font_face(struct pdf_font *font, struct pdf_writer *writer, int ascent, int descent)
{
    uint32_t nearest = 0;
    int least = INT32_MAX;

    ascent = cut(ascent, PDF_FONT_ASCENT_MAX);
    descent = cut(descent, PDF_FONT_DESCENT_MAX);
    for (uint32_t i = 0; i < font->face_count; i++) {
        int distance = abs(font->faces[i].ascent - ascent) + abs(font->faces[i].descent - descent);

        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    if (least == 0 || font->face_count == PDF_FONT_FACES_MAX)
        return nearest;
    font->faces[font->face_count] = (struct pdf_face){ascent, descent, pdf_writer_reserve(writer)};
    return font->face_count++;
}

/* --- writing --- */

static void append_utf16(struct pdf_body *body, uint32_t point)
{
    if (point == PDF_FONT_WIDE_SPACE) {
        pdf_body_printf(body, "00200020");
    } else if (point > 0xFFFF) {
        point -= 0x10000;
        pdf_body_printf(body, "%04X%04X", 0xD800 + (unsigned)(point >> 10),
                        0xDC00 + (unsigned)(point & 0x3FF));
    } else {
        pdf_body_printf(body, "%04X", (unsigned)point);
    }
}

/* ISO 32000-1 §9.10.3. */
static uint32_t write_to_unicode(struct pdf_font *font, struct pdf_writer *writer)
{
    uint32_t number = pdf_writer_reserve(writer);
    struct pdf_body map;

    pdf_body_init(&map, CMAP_MAX_BYTES);
    pdf_body_printf(&map, "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                          "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
                          "/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n"
                          "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n");
    for (uint32_t code = 1; code < font->code_count;) {
        uint32_t left = font->code_count - code;
        uint32_t count = left < CMAP_ENTRIES_MAX ? left : CMAP_ENTRIES_MAX;

        pdf_body_printf(&map, "%" PRIu32 " beginbfchar\n", count);
        for (uint32_t i = 0; i < count; i++, code++) {
            pdf_body_printf(&map, "<%04" PRIX32 "><", code);
            append_utf16(&map, font->points[code]);
            pdf_body_append(&map, ">\n", 2);
        }
        pdf_body_printf(&map, "endbfchar\n");
    }
    pdf_body_printf(&map, "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n");
    pdf_writer_check(writer, &map);
    pdf_writer_stream(writer, number, STR(""), buf_str(&map.text));
    pdf_body_deinit(&map);
    return number;
}

/* Every code is shown with the one glyph. */
static uint32_t write_glyph_map(const struct pdf_font *font, struct pdf_writer *writer)
{
    uint32_t number = pdf_writer_reserve(writer);
    struct pdf_body map;

    pdf_body_init(&map, 2 * (PDF_FONT_CODES_MAX + 2));
    for (uint32_t code = 0; code < font->code_count; code++) {
        uint8_t glyph[2] = {0, code == 0 ? 0 : TRUETYPE_GLYPH};

        pdf_body_append(&map, glyph, sizeof(glyph));
    }
    pdf_writer_check(writer, &map);
    pdf_writer_stream(writer, number, STR(""), buf_str(&map.text));
    pdf_body_deinit(&map);
    return number;
}

static uint32_t write_file(struct pdf_writer *writer)
{
    uint8_t file[TRUETYPE_MAX_BYTES];
    uint32_t number = pdf_writer_reserve(writer);
    struct pdf_body entries;
    size_t length = truetype_write(file);

    pdf_body_init(&entries, FACE_MAX_BYTES);
    pdf_body_printf(&entries, "/Length1 %zu", length);
    pdf_writer_stream(writer, number, buf_str(&entries.text), (struct str){(char *)file, length});
    pdf_body_deinit(&entries);
    return number;
}

static void write_face(const struct pdf_face *face, struct pdf_writer *writer, uint32_t file,
                       uint32_t glyph_map, uint32_t to_unicode)
{
    uint32_t descriptor = pdf_writer_reserve(writer), descendant = pdf_writer_reserve(writer);
    int ascent = face->ascent * TRUETYPE_EM / PDF_FONT_STEPS;
    int descent = face->descent * TRUETYPE_EM / PDF_FONT_STEPS;
    struct pdf_body body;

    pdf_body_init(&body, FACE_MAX_BYTES);
    /* Of 0 poppler thinks that it was forgotten. */
    pdf_body_printf(&body,
                    "<</Type/FontDescriptor/FontName/" FONT_NAME "/Flags 4/ItalicAngle 0/StemV 80"
                    "/FontBBox[0 %d %d %d]/Ascent %d/Descent %d/CapHeight %d/FontFile2 %" PRIu32
                    " 0 R>>",
                    TRUETYPE_DESCENT, TRUETYPE_ADVANCE, TRUETYPE_ASCENT, ascent > 0 ? ascent : 1,
                    descent > 0 ? -descent : -1, ascent, file);
    pdf_writer_object(writer, descriptor, &body);
    pdf_body_printf(&body,
                    "<</Type/Font/Subtype/CIDFontType2/BaseFont/" FONT_NAME
                    "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW %d"
                    "/FontDescriptor %" PRIu32 " 0 R/CIDToGIDMap %" PRIu32 " 0 R>>",
                    TRUETYPE_ADVANCE, descriptor, glyph_map);
    pdf_writer_object(writer, descendant, &body);
    pdf_body_printf(&body,
                    "<</Type/Font/Subtype/Type0/BaseFont/" FONT_NAME
                    "/Encoding/Identity-H/DescendantFonts[%" PRIu32 " 0 R]/ToUnicode %" PRIu32
                    " 0 R>>",
                    descendant, to_unicode);
    pdf_writer_object(writer, face->number, &body);
    pdf_body_deinit(&body);
}

void pdf_font_write(struct pdf_font *font, struct pdf_writer *writer)
{
    uint32_t file, glyph_map, to_unicode;

    if (font->face_count == 0)
        return;
    file = write_file(writer);
    glyph_map = write_glyph_map(font, writer);
    to_unicode = write_to_unicode(font, writer);
    for (uint32_t i = 0; i < font->face_count; i++)
        write_face(&font->faces[i], writer, file, glyph_map, to_unicode);
}
