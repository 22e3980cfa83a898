#include "services/ocr/worker/normalize.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

enum { REPLACEMENT_CHARACTER = 0xfffd };

uint32_t normalize_base_letter(uint32_t character)
{
    enum { PARTS_MAX = 8 };
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&error);
    UChar parts[PARTS_MAX];
    UChar32 base = (UChar32)character;

    if (U_FAILURE(error))
        return character;
    int32_t length = unorm2_getDecomposition(nfd, (UChar32)character, parts, PARTS_MAX, &error);
    if (U_FAILURE(error) || length <= 0)
        return character;
    U16_GET(parts, 0, 0, length, base);
    return (uint32_t)base;
}

bool normalize_is_small(uint32_t character)
{
    return u_islower((UChar32)character);
}

bool normalize_is_unspaced(uint32_t character)
{
    UErrorCode error = U_ZERO_ERROR;

    if (character < 0x0e00)
        return false;
    switch (uscript_getScript((UChar32)character, &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
    case USCRIPT_TIBETAN:
        return true;
    default:
        /* CJK symbols and punctuation, full-width forms. */
        return (character >= 0x3000 && character <= 0x303f) ||
               (character >= 0xff00 && character <= 0xffef);
    }
}

size_t normalize_count_letters(const char *text)
{
    int32_t length = (int32_t)strlen(text);
    size_t count = 0;

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        count += character > 0 && u_isalnum(character);
    }
    return count;
}

size_t normalize_count_han(const char *text)
{
    int32_t length = (int32_t)strlen(text);
    size_t count = 0;

    for (int32_t at = 0; at < length;) {
        UErrorCode error = U_ZERO_ERROR;
        UChar32 character;
        U8_NEXT(text, at, length, character);
        count += character > 0 && uscript_getScript(character, &error) == USCRIPT_HAN;
    }
    return count;
}

float normalize_letters_share(const char *text)
{
    const uint32_t letters_and_marks = U_GC_L_MASK | U_GC_M_MASK;
    int32_t length = (int32_t)strlen(text);
    size_t count = 0, letters = 0;

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character <= 0 || u_isUWhiteSpace(character))
            continue;
        count++;
        letters += (U_GET_GC_MASK(character) & letters_and_marks) != 0;
    }
    return count > 0 ? (float)letters / (float)count : 0;
}

typedef enum { CHARACTER_KEPT, CHARACTER_SPACE, CHARACTER_DROPPED } character_use;

static character_use use_of(UChar32 character)
{
    switch (u_charType(character)) {
    case U_CONTROL_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
        return CHARACTER_SPACE;
    case U_FORMAT_CHAR:
        /* Joiners carry meaning in Persian and Indic scripts; other format characters none. */
        return character == 0x200c || character == 0x200d ? CHARACTER_KEPT : CHARACTER_DROPPED;
    default:
        return u_isUWhiteSpace(character) ? CHARACTER_SPACE : CHARACTER_KEPT;
    }
}

/* Copies `text` cleaned, but not yet composed. @target: at least 3 times its length, plus 1. */
static size_t clean(struct str text, char *target, bool *ret_is_ascii)
{
    int32_t at = 0;
    int32_t length = (int32_t)text.n;
    int32_t written = 0;
    bool is_space_due = false;

    *ret_is_ascii = true;
    while (at < length) {
        UChar32 character;
        U8_NEXT(text.p, at, length, character);
        if (character < 0)
            character = REPLACEMENT_CHARACTER;
        character_use use = use_of(character);
        if (use == CHARACTER_SPACE)
            is_space_due = written > 0;
        if (use != CHARACTER_KEPT)
            continue;
        if (is_space_due)
            target[written++] = ' ';
        is_space_due = false;
        if (character >= 0x80)
            *ret_is_ascii = false;
        U8_APPEND_UNSAFE(target, written, character);
    }
    target[written] = '\0';
    return (size_t)written;
}

static const char *compose(const char *text, size_t length, struct arena *arena)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&error);
    /* UTF-16 needs no more units than UTF-8 has bytes; composition at most triples (UAX 15). */
    int32_t capacity = (int32_t)length + 1;
    UChar *plain = arena_calloc(arena, (size_t)capacity, sizeof(UChar));
    int32_t plain_length = 0;

    if (plain == NULL || U_FAILURE(error))
        return NULL;
    (void)u_strFromUTF8(plain, capacity, &plain_length, text, (int32_t)length, &error);
    if (U_SUCCESS(error) && unorm2_isNormalized(nfc, plain, plain_length, &error))
        return text;
    UChar *composed = arena_calloc(arena, (size_t)capacity * 3, sizeof(UChar));
    char *result = arena_alloc(arena, (size_t)capacity * 9);
    if (composed == NULL || result == NULL)
        return NULL;
    int32_t composed_length =
        unorm2_normalize(nfc, plain, plain_length, composed, capacity * 3, &error);
    (void)u_strToUTF8(result, capacity * 9, NULL, composed, composed_length, &error);
    return U_SUCCESS(error) ? result : NULL;
}

const char *normalize_text(struct str text, struct arena *arena)
{
    enum { TEXT_MAX_BYTES = 1 << 24 };
    bool is_ascii;

    if (text.n > TEXT_MAX_BYTES)
        return NULL;
    char *cleaned = arena_alloc(arena, text.n * 3 + 1);
    if (cleaned == NULL)
        return NULL;
    size_t length = clean(text, cleaned, &is_ascii);
    return is_ascii ? cleaned : compose(cleaned, length, arena);
}
