#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "services/ocr/worker/text_layer_internal.h"

/* The mark that combines with a letter, of a sign that takes a place of its own; 0: none. */
static UChar32 combining_mark(uint32_t sign)
{
    switch (sign) {
    case '`':
        return 0x0300;
    case 0x00B4:
        return 0x0301;
    case '^':
    case 0x02C6:
        return 0x0302;
    case '~':
    case 0x02DC:
        return 0x0303;
    case 0x00AF:
        return 0x0304;
    case 0x02D8:
        return 0x0306;
    case 0x02D9:
        return 0x0307;
    case 0x00A8:
        return 0x0308;
    case 0x00B0:
    case 0x02DA:
        return 0x030A;
    case 0x02DD:
        return 0x030B;
    case 0x02C7:
        return 0x030C;
    case 0x00B8:
        return 0x0327;
    case 0x02DB:
        return 0x0328;
    default:
        return u_charType((UChar32)sign) == U_NON_SPACING_MARK ? (UChar32)sign : 0;
    }
}

/* The sign is drawn over or under the middle of the letter, not beside it. */
static bool is_drawn_at(const struct bbox sign, const struct bbox letter)
{
    int32_t centre = sign.x0 + sign.x1; /* twice, as all that is compared with it */
    int32_t height = letter.y1 - letter.y0;

    if (bbox_area(sign) == 0 || bbox_area(letter) == 0 || centre < 2 * letter.x0 ||
        centre > 2 * letter.x1)
        return false;
    return sign.y1 <= letter.y0 + height / 4 || sign.y0 >= letter.y1 - height / 3;
}

/* Makes one letter of the sign and the letter, in the letter's place. */
static bool join(const struct pdfdoc_glyph *sign, struct pdfdoc_glyph *letter,
                 const UNormalizer2 *composer)
{
    UChar32 mark = combining_mark(sign->character);
    UChar32 base = letter->character == 0x0131   ? 'i' /* without their dots */
                   : letter->character == 0x0237 ? 'j'
                                                 : (UChar32)letter->character;

    if (mark == 0 || !is_drawn_at(sign->ink, letter->ink))
        return false;
    UChar32 composed = unorm2_composePair(composer, base, mark);
    if (composed < 0)
        return false;
    *letter = (struct pdfdoc_glyph){.character = (uint32_t)composed,
                                    .shape = letter->shape ^ (sign->shape * 31),
                                    .box = bbox_union(letter->box, sign->box),
                                    .ink = bbox_union(letter->ink, sign->ink)};
    return true;
}

void text_layer_join_marks(struct pdfdoc_line *line)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *composer = unorm2_getNFCInstance(&error);
    size_t kept = 0;

    if (U_FAILURE(error))
        return;
    for (size_t i = 0; i < line->glyph_count; i++) {
        struct pdfdoc_glyph *glyphs = line->glyphs;
        size_t next = i + 1;
        /* Going back over the sign's width may have been taken for a space. */
        if (next + 1 < line->glyph_count && text_layer_is_space(&glyphs[next]))
            next++;
        if (next < line->glyph_count && join(&glyphs[i], &glyphs[next], composer)) {
            i = next - 1;
            continue;
        }
        if (kept > 0 && join(&glyphs[i], &glyphs[kept - 1], composer))
            continue;
        glyphs[kept++] = glyphs[i];
    }
    line->glyph_count = kept;
}

/* A short mark at the height of the letters' upper half. */
static bool is_drawn_as_apostrophe(const struct bbox sign, const struct bbox letter)
{
    int32_t height = sign.y1 - sign.y0;

    return sign.y1 <= (letter.y0 + letter.y1) / 2 + height / 4 &&
           height * 2 <= letter.y1 - letter.y0 && sign.x1 - sign.x0 <= height * 3 / 2;
}

void text_layer_name_apostrophes(struct pdfdoc_line *line)
{
    for (size_t i = 1; i + 1 < line->glyph_count; i++) {
        const struct pdfdoc_glyph *before = &line->glyphs[i - 1], *after = &line->glyphs[i + 1];
        struct pdfdoc_glyph *sign = &line->glyphs[i];
        /* Capitals reach as high as an apostrophe; small letters without a stem do not. */
        const struct bbox letter = before->ink.y0 < after->ink.y0 ? before->ink : after->ink;
        if (sign->character == 0 && text_layer_is_shown(sign) && text_layer_is_tested(before) &&
            text_layer_is_tested(after) && is_drawn_as_apostrophe(sign->ink, letter))
            sign->character = 0x2019;
    }
}
