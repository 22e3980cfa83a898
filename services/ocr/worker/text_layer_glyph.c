#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include "services/ocr/worker/text_layer_internal.h"

bool text_layer_is_space(const struct pdfdoc_glyph *glyph)
{
    return glyph->character == ' ' || u_isUWhiteSpace((UChar32)glyph->character);
}

bool text_layer_is_shown(const struct pdfdoc_glyph *glyph)
{
    return bbox_area(glyph->ink) > 0;
}

/* What the file's own codes for symbols look like; 0: unknown. */
static uint32_t symbol_of(uint32_t character)
{
    switch (character) {
    case 0xf0b7: /* Symbol font: bullet */
    case 0xf0a7: /* Wingdings: small square */
    case 0xf076:
    case 0xf0d8:
        return 0x2022;
    default:
        return 0;
    }
}

/* Latin ligatures, and the presentation forms of Hebrew and Arabic. */
static bool is_presentation_form(uint32_t character)
{
    return (character >= 0xfb00 && character <= 0xfdfb) ||
           (character >= 0xfe70 && character <= 0xfefc);
}

/* Returns the bytes; 0 when the letters of the form do not fit. */
static int32_t decompose(uint32_t character, char target[static TEXT_LAYER_GLYPH_BYTES])
{
    UErrorCode error = U_ZERO_ERROR;
    UChar form = (UChar)character, letters[TEXT_LAYER_GLYPH_BYTES];
    char text[TEXT_LAYER_GLYPH_BYTES + 1];
    int32_t count = unorm2_normalize(unorm2_getNFKCInstance(&error), &form, 1, letters,
                                     TEXT_LAYER_GLYPH_BYTES, &error);
    int32_t length = 0;

    /* Forms of vowel signs stand on a space of their own. */
    if (U_SUCCESS(error) && count > 1 && letters[0] == ' ')
        (void)u_strToUTF8(text, sizeof(text), &length, letters + 1, count - 1, &error);
    else if (U_SUCCESS(error))
        (void)u_strToUTF8(text, sizeof(text), &length, letters, count, &error);
    if (U_FAILURE(error) || length > TEXT_LAYER_GLYPH_BYTES)
        return 0;
    memcpy(target, text, (size_t)length);
    return length;
}

int32_t text_layer_glyph_text(uint32_t character, char target[static TEXT_LAYER_GLYPH_BYTES])
{
    int32_t length = 0;

    if (is_presentation_form(character)) {
        length = decompose(character, target);
        if (length > 0)
            return length;
    }
    if (u_charType((UChar32)character) == U_PRIVATE_USE_CHAR)
        character = symbol_of(character);
    if (character == 0)
        return 0;
    U8_APPEND_UNSAFE(target, length, (UChar32)character);
    return length;
}
