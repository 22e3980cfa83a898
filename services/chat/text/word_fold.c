#include "services/chat/text/word_fold.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "lib/base/utf8.h"

bool word_fold_init(struct word_fold *fold)
{
    UErrorCode error = U_ZERO_ERROR;

    fold->casefold = unorm2_getNFKCCasefoldInstance(&error);
    fold->decompose = unorm2_getNFDInstance(&error);
    return U_SUCCESS(error);
}

static bool put(char *out, size_t *length, UChar32 character)
{
    if (*length + U8_MAX_LENGTH > WORD_FOLD_BYTES_MAX)
        return false;
    U8_APPEND_UNSAFE(out, *length, character);
    return true;
}

/* One letter for those that Arabic and Persian keyboards and engines write for each other; the
 * choice is that of the Arabic stemmer. 0: left out. */
static UChar32 fold_arabic(UChar32 c)
{
    switch (c) {
    case 0x0622: /* alef with madda, hamza above, hamza below, wasla */
    case 0x0623:
    case 0x0625:
    case 0x0671:
        return 0x0627;
    case 0x0649: /* alef maksura, Persian yeh */
    case 0x06CC:
        return 0x064A;
    case 0x06A9: /* Persian kaf */
        return 0x0643;
    case 0x0640: /* tatweel */
    case 0x0670: /* superscript alef */
        return 0;
    default:
        return c >= 0x064B && c <= 0x065F ? 0 : c; /* vowel signs */
    }
}

static UChar32 fold_character(UChar32 c)
{
    if (c < 0x0300)
        return c;
    if (c >= 0x0591 && c <= 0x05C7) /* Hebrew accents and points */
        return 0;
    if (c >= 0x0600 && c <= 0x06FF)
        c = fold_arabic(c);
    if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER)
        return '0' + u_charDigitValue(c);
    if (c == 0x2019 || c == 0x02BC) /* apostrophes */
        return '\'';
    if (c == 0x2010 || c == 0x2011 || c == 0x2013 || c == 0x2212) /* hyphens, minus */
        return '-';
    return c;
}

/* I without a dot, and the dotted one, before case folding makes them alike. */
static void fold_dotless(UChar *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == 'I')
            text[i] = 0x0131;
        else if (text[i] == 0x0130)
            text[i] = 'i';
}

static bool fold_ascii(const UChar *text, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= 0x80)
            return false;
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    }
    return true;
}

size_t word_fold_case(const struct word_fold *fold, const UChar *text, size_t length,
                      const struct text_language *language, char out[static WORD_FOLD_BYTES_MAX])
{
    UChar own[WORD_FOLD_UNITS_MAX], folded[WORD_FOLD_UNITS_MAX * 4];
    bool is_dotless = language != NULL && (language->traits & DOTLESS_I);
    UErrorCode error = U_ZERO_ERROR;
    size_t bytes = 0;

    if (length > WORD_FOLD_UNITS_MAX)
        length = WORD_FOLD_UNITS_MAX;
    if (!is_dotless && fold_ascii(text, length, out))
        return length;
    memcpy(own, text, length * sizeof(own[0]));
    if (is_dotless)
        fold_dotless(own, length);
    int32_t units = unorm2_normalize(fold->casefold, own, (int32_t)length, folded,
                                     ARRAY_LENGTH(folded), &error);
    if (U_FAILURE(error)) /* grows beyond any word */
        return 0;
    for (int32_t i = 0; i < units;) {
        UChar32 c;
        U16_NEXT(folded, i, units, c);
        if (U_IS_SURROGATE(c))
            continue;
        c = fold_character(c);
        if (c != 0 && !put(out, &bytes, c))
            break;
    }
    return bytes;
}

/* Whether marks of it may be dropped. */
static bool has_plain_letter(UChar32 c)
{
    return (c >= 0x00C0 && c <= 0x024F) || (c >= 0x1E00 && c <= 0x1EFF) ||
           (c >= 0x0370 && c <= 0x03FF) || (c >= 0x1F00 && c <= 0x1FFF) || c == 0x0451;
}

static UChar32 plain_letter(const struct word_fold *fold, UChar32 c)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar parts[8];
    UChar32 first;
    int32_t at = 0;

    switch (c) { /* no marks to Unicode, but written without by those who have no such key */
    case 0x00F8:
        return 'o';
    case 0x0111:
    case 0x00F0:
        return 'd';
    case 0x0131:
        return 'i';
    case 0x0142:
        return 'l';
    default:
        break;
    }
    int32_t count = unorm2_getDecomposition(fold->decompose, c, parts, ARRAY_LENGTH(parts), &error);
    if (U_FAILURE(error) || count <= 0)
        return c;
    U16_NEXT(parts, at, count, first);
    return first;
}

/* `character`, of those UTF-8 bytes, among `letters`. */
static bool is_own_letter(const char *letters, const char *character, size_t length)
{
    return memmem(letters, strlen(letters), character, length) != NULL;
}

size_t word_fold_marks(const struct word_fold *fold, char *text, size_t length,
                       const struct text_language *language)
{
    size_t kept = 0, step;
    uint32_t c;
    bool is_valid;

    if (language != NULL && (language->traits & KEEPS_MARKS))
        return length;
    for (size_t at = 0; at < length; at += step) {
        if ((unsigned char)text[at] < 0x80) {
            step = 1;
            text[kept++] = text[at];
            continue;
        }
        step = utf8_decode(text + at, length - at, &c, &is_valid);
        if (c >= 0x0300 && c <= 0x036F) /* a mark that no letter has taken */
            continue;
        if (has_plain_letter((UChar32)c) &&
            (language == NULL || !is_own_letter(language->own_letters, text + at, step))) {
            c = (uint32_t)plain_letter(fold, (UChar32)c);
            U8_APPEND_UNSAFE(text, kept, (UChar32)c); /* never longer than what it comes from */
        } else {
            memmove(text + kept, text + at, step);
            kept += step;
        }
    }
    return kept;
}
