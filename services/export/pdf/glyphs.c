#include "services/export/pdf/glyphs.h"

#include <string.h>

#include <unicode/ubidi.h>
#include <unicode/uchar.h>

#include "lib/base/utf8.h"

enum {
    /* A page's text is bounded by document.h; nothing in it has more code points. */
    POINTS_MAX = 16 << 20,
    RIGHT_TO_LEFT_MARK = 0x200F,
    BYTE_ORDER_MARK = 0xFEFF,
};

void pdf_glyphs_init(struct pdf_glyphs *glyphs)
{
    buf_init(&glyphs->codes, (size_t)POINTS_MAX * sizeof(uint16_t));
    buf_init(&glyphs->offsets, (size_t)POINTS_MAX * sizeof(size_t));
    glyphs->is_right_to_left = false;
}

void pdf_glyphs_deinit(struct pdf_glyphs *glyphs)
{
    buf_deinit(&glyphs->codes);
    buf_deinit(&glyphs->offsets);
}

size_t pdf_glyphs_count(const struct pdf_glyphs *glyphs)
{
    return glyphs->codes.length / sizeof(uint16_t);
}

size_t pdf_glyphs_offset(const struct pdf_glyphs *glyphs, size_t index)
{
    return ((const size_t *)glyphs->offsets.data)[index];
}

static bool add_code(struct pdf_glyphs *glyphs, struct pdf_font *font, uint32_t point)
{
    uint32_t code;
    uint16_t two_bytes;

    if (!pdf_font_code(font, point, &code))
        return false;
    two_bytes = (uint16_t)code;
    return buf_append(&glyphs->codes, &two_bytes, sizeof(two_bytes));
}

static bool is_strong_right_to_left(uint32_t point)
{
    UCharDirection direction = u_charDirection((UChar32)point);

    return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

/* --- right to left --- */

/* The embedding level of each code point; false when ICU has no memory. */
static bool find_levels(const uint32_t *points, size_t count, UBiDiLevel *ret_levels)
{
    _cleanup_(freep) UChar *text = calloc(2 * count, sizeof(*text));
    UErrorCode error = U_ZERO_ERROR;
    UBiDi *bidi = ubidi_open();
    const UBiDiLevel *levels = NULL;
    int32_t length = 0;

    if (text != NULL && bidi != NULL) {
        for (size_t i = 0; i < count; i++)
            U16_APPEND_UNSAFE(text, length, points[i]);
        ubidi_setPara(bidi, text, length, UBIDI_RTL, NULL, &error);
        levels = ubidi_getLevels(bidi, &error);
    }
    if (levels != NULL) {
        length = 0;
        for (size_t i = 0; i < count; i++) {
            ret_levels[i] = levels[length];
            length += U16_LENGTH(points[i]);
        }
    }
    ubidi_close(bidi);
    return levels != NULL;
}

static bool add_visual(struct pdf_glyphs *glyphs, struct pdf_font *font, const uint32_t *points,
                       size_t count)
{
    _cleanup_(freep) UBiDiLevel *levels = calloc(count, sizeof(*levels));
    _cleanup_(freep) int32_t *order = calloc(count, sizeof(*order));

    if (levels == NULL || order == NULL || !find_levels(points, count, levels))
        return false;
    ubidi_reorderVisual(levels, (int32_t)count, order);
    /* poppler turns round what stands between right-to-left characters, and takes what stands at
     * the left end of a word, say its full stop, for part of what is left of it. */
    if (!is_strong_right_to_left(points[order[0]]) && levels[order[0]] % 2 == 1 &&
        !add_code(glyphs, font, RIGHT_TO_LEFT_MARK))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_code(glyphs, font, points[order[i]]))
            return false;
    return true;
}

/* --- the text --- */

/* What ToUnicode may not name (ISO 19005-2 §6.2.11.7.2) and what is no character. */
static bool is_left_out(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == BYTE_ORDER_MARK ||
           U_IS_UNICODE_NONCHAR(point);
}

static bool decode(struct str text, struct buf *points, struct buf *offsets,
                   bool *ret_is_right_to_left)
{
    *ret_is_right_to_left = false;
    for (size_t i = 0; i < text.n;) {
        uint32_t point;
        size_t offset = i;
        bool is_valid;

        i += utf8_decode(text.p + i, text.n - i, &point, &is_valid);
        if (u_isUWhiteSpace((UChar32)point))
            point = ' ';
        if (is_left_out(point))
            continue;
        if (is_strong_right_to_left(point))
            *ret_is_right_to_left = true;
        if (!buf_append(points, &point, sizeof(point)) ||
            !buf_append(offsets, &offset, sizeof(offset)))
            return false;
    }
    return true;
}

bool pdf_glyphs_set(struct pdf_glyphs *glyphs, struct pdf_font *font, struct str text)
{
    _cleanup_(buf_deinit) struct buf points;

    buf_clear(&glyphs->codes);
    buf_clear(&glyphs->offsets);
    buf_init(&points, (size_t)POINTS_MAX * sizeof(uint32_t));
    if (!decode(text, &points, &glyphs->offsets, &glyphs->is_right_to_left))
        return false;
    size_t count = points.length / sizeof(uint32_t);
    if (glyphs->is_right_to_left)
        return add_visual(glyphs, font, (const uint32_t *)points.data, count);
    for (size_t i = 0; i < count; i++)
        if (!add_code(glyphs, font, ((const uint32_t *)points.data)[i]))
            return false;
    return true;
}

bool pdf_glyphs_part(struct pdf_glyphs *glyphs, struct pdf_font *font)
{
    size_t count = pdf_glyphs_count(glyphs), none = 0;
    uint16_t *codes, mark;
    size_t *offsets;

    if (!add_code(glyphs, font, RIGHT_TO_LEFT_MARK) ||
        !buf_append(&glyphs->offsets, &none, sizeof(none)))
        return false;
    codes = (uint16_t *)glyphs->codes.data;
    offsets = (size_t *)glyphs->offsets.data;
    mark = codes[count];
    memmove(codes + 1, codes, count * sizeof(*codes));
    codes[0] = mark;
    memmove(offsets + 1, offsets, count * sizeof(*offsets));
    offsets[0] = 0;
    return true;
}

bool pdf_glyphs_set_wide_space(struct pdf_glyphs *glyphs, struct pdf_font *font)
{
    buf_clear(&glyphs->codes);
    buf_clear(&glyphs->offsets);
    glyphs->is_right_to_left = false;
    return add_code(glyphs, font, PDF_FONT_WIDE_SPACE);
}

void pdf_glyphs_show(const struct pdf_glyphs *glyphs, size_t first, size_t count,
                     struct pdf_body *content)
{
    const uint16_t *codes = (const uint16_t *)glyphs->codes.data + first;

    pdf_body_append(content, "(", 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[2] = {(uint8_t)(codes[i] >> 8), (uint8_t)codes[i]};

        for (int k = 0; k < 2; k++) { /* ISO 32000-1 §7.3.4.2 */
            if (bytes[k] == '\r')
                pdf_body_append(content, "\\r", 2);
            else if (bytes[k] == '(' || bytes[k] == ')' || bytes[k] == '\\')
                pdf_body_append(content, (char[]){'\\', (char)bytes[k]}, 2);
            else
                pdf_body_append(content, &bytes[k], 1);
        }
    }
    pdf_body_append(content, ")", 1);
}
