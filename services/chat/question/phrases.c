#include "services/chat/question/phrases.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "lib/base/utf8.h"

/* --- folding --- */

enum {
    FOLDED_CHARACTER_MAX = 8, /* bytes that one character becomes, with a space before it */
    LATIN_LAST = 0x24F,
    LATIN_ADDITIONAL_FIRST = 0x1E00,
    LATIN_ADDITIONAL_LAST = 0x1EFF,
    FULL_WIDTH_FIRST = 0xFF01,
    FULL_WIDTH_LAST = 0xFF5E,
    FULL_WIDTH_SHIFT = 0xFEE0,
    NUMERO_SIGN = 0x2116,
};

/* What has no decomposition, or is written out. */
static const struct {
    uint32_t character;
    const char *folded;
} spelled[] = {
    {'#', "no"},         {0xDF, "ss"}, {0xE6, "ae"},  {0xF8, "o"},         {0x111, "d"},
    {0x131, "i"},        {0x142, "l"}, {0x153, "oe"}, {0x451, "\xD0\xB5"}, /* ё is е */
    {NUMERO_SIGN, "no"},
};

static const char *spelled_of(uint32_t character)
{
    for (size_t i = 0; i < ARRAY_LENGTH(spelled); i++)
        if (spelled[i].character == character)
            return spelled[i].folded;
    return NULL;
}

static bool is_latin(uint32_t character)
{
    return character <= LATIN_LAST ||
           (character >= LATIN_ADDITIONAL_FIRST && character <= LATIN_ADDITIONAL_LAST);
}

static uint32_t without_accents(uint32_t character)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&error);
    UChar decomposed[4];

    /* Some have two accents: the first letter is that of the whole. */
    if (U_FAILURE(error) ||
        unorm2_getDecomposition(nfd, (UChar32)character, decomposed, ARRAY_LENGTH(decomposed),
                                &error) <= 0 ||
        U_FAILURE(error))
        return character;
    return decomposed[0];
}

static bool is_word_character(uint32_t character)
{
    return (U_GET_GC_MASK((UChar32)character) & (U_GC_L_MASK | U_GC_ND_MASK | U_GC_NL_MASK)) != 0;
}

/* Marks of Indic scripts belong to letters; accents and Arabic vowels that stand alone do not. */
static bool is_kept_mark(uint32_t character)
{
    return character >= 0x900 && (U_GET_GC_MASK((UChar32)character) & U_GC_M_MASK) != 0;
}

static size_t encode(uint32_t character, char *bytes)
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (char)(0xC0 | (character >> 6));
        bytes[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (char)(0xE0 | (character >> 12));
        bytes[1] = (char)(0x80 | ((character >> 6) & 0x3F));
        bytes[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | (character >> 18));
    bytes[1] = (char)(0x80 | ((character >> 12) & 0x3F));
    bytes[2] = (char)(0x80 | ((character >> 6) & 0x3F));
    bytes[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

/* Bytes of the folded character, 0 for what parts words. */
static size_t fold_character(uint32_t character, char bytes[static FOLDED_CHARACTER_MAX])
{
    const char *written;

    if (character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST)
        character -= FULL_WIDTH_SHIFT;
    character = (uint32_t)u_tolower((UChar32)character);
    written = spelled_of(character);
    if (written != NULL) {
        size_t length = strlen(written);
        memcpy(bytes, written, length);
        return length;
    }
    if (!is_word_character(character) && !is_kept_mark(character))
        return 0;
    if (is_latin(character) && character >= 0x80)
        character = without_accents(character);
    return encode(character, bytes);
}

static bool is_ignored(uint32_t character)
{
    return (U_GET_GC_MASK((UChar32)character) & (U_GC_M_MASK | U_GC_CF_MASK)) != 0 &&
           !is_kept_mark(character);
}

bool folded_text_make(struct str text, struct arena *arena, struct folded_text *ret_text)
{
    size_t length = text.n < FOLDED_TEXT_MAX_BYTES ? text.n : FOLDED_TEXT_MAX_BYTES;
    /* "#" becomes " no ": nothing grows by more. */
    size_t room = 4 * length + 3;
    char *folded = arena_alloc(arena, room);
    uint32_t *origins = arena_calloc(arena, room, sizeof(*origins));
    size_t n = 0;

    if (folded == NULL || origins == NULL)
        return false;
    folded[n++] = ' ';
    for (size_t i = 0; i < length;) {
        char bytes[FOLDED_CHARACTER_MAX];
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text.p + i, length - i, &character, &is_valid);
        size_t written = is_valid ? fold_character(character, bytes) : 0;
        bool is_number_sign = character == '#' || character == NUMERO_SIGN;
        if (is_number_sign && folded[n - 1] != ' ') {
            origins[n] = (uint32_t)i;
            folded[n++] = ' ';
        }
        if (written > 0) {
            for (size_t k = 0; k < written; k++)
                origins[n + k] = (uint32_t)i;
            memcpy(folded + n, bytes, written);
            n += written;
        } else if (folded[n - 1] != ' ' && !(is_valid && is_ignored(character))) {
            origins[n] = (uint32_t)i;
            folded[n++] = ' ';
        }
        if (is_number_sign) {
            origins[n] = (uint32_t)(i + used);
            folded[n++] = ' ';
        }
        i += used;
    }
    if (folded[n - 1] != ' ') {
        origins[n] = (uint32_t)length;
        folded[n++] = ' ';
    }
    origins[n] = (uint32_t)length;
    *ret_text = (struct folded_text){{folded, n}, origins};
    return true;
}

/* --- finding --- */

/* A character of a script that is written without spaces, or whose particles are joined on: from
 * U+0E00 to U+0EFF, and from U+1100 on but for the Latin additions. */
static bool is_joined(const char *bytes, size_t length)
{
    uint32_t character;
    bool is_valid;

    (void)utf8_decode(bytes, length, &character, &is_valid);
    return is_valid && ((character >= 0xE00 && character <= 0xEFF) ||
                        (character >= 0x1100 && character <= 0x11FF) || character >= 0x2E80);
}

static size_t previous_character(struct str text, size_t at)
{
    do
        at--;
    while (at > 0 && ((unsigned char)text.p[at] & 0xC0) == 0x80);
    return at;
}

static bool is_boundary(struct str text, size_t at)
{
    size_t before;

    if (at == 0 || at >= text.n || text.p[at] == ' ' || text.p[at - 1] == ' ')
        return true;
    before = previous_character(text, at);
    return is_joined(text.p + at, text.n - at) || is_joined(text.p + before, text.n - before);
}

static bool matches_at(struct str folded, struct str phrase, bool is_open, size_t at,
                       size_t *ret_end)
{
    size_t end = at + phrase.n;

    if (phrase.n == 0 || folded.n - at < phrase.n || memcmp(folded.p + at, phrase.p, phrase.n) != 0)
        return false;
    if (is_open)
        while (!is_boundary(folded, end))
            end++;
    else if (!is_boundary(folded, end))
        return false;
    *ret_end = end;
    return true;
}

static bool take_open(struct str *phrase)
{
    if (phrase->n == 0 || phrase->p[phrase->n - 1] != '*')
        return false;
    phrase->n--;
    return true;
}

bool phrase_find(struct str folded, struct str phrase, size_t from, size_t *ret_begin,
                 size_t *ret_end)
{
    bool is_open = take_open(&phrase);

    while (phrase.n > 0 && from < folded.n) {
        const char *found = memmem(folded.p + from, folded.n - from, phrase.p, phrase.n);
        size_t at;
        if (found == NULL)
            return false;
        at = (size_t)(found - folded.p);
        if (is_boundary(folded, at) && matches_at(folded, phrase, is_open, at, ret_end)) {
            *ret_begin = at;
            return true;
        }
        from = at + 1;
    }
    return false;
}

bool phrase_begins(struct str folded, struct str phrase, size_t at, size_t *ret_end)
{
    bool is_open = take_open(&phrase);

    if (at < folded.n && folded.p[at] == ' ')
        at++;
    return at <= folded.n && matches_at(folded, phrase, is_open, at, ret_end);
}

bool phrases_find(struct str folded, struct str list, size_t from, size_t *ret_begin,
                  size_t *ret_end)
{
    struct str phrase;
    size_t longest = 0;

    while (str_next_token(&list, '|', &phrase)) {
        size_t begin;
        size_t end;
        if (!phrase_find(folded, phrase, from, &begin, &end) || end - begin <= longest)
            continue;
        longest = end - begin;
        *ret_begin = begin;
        *ret_end = end;
    }
    return longest > 0;
}

bool phrases_begin(struct str folded, struct str list, size_t at, size_t *ret_end)
{
    struct str phrase;
    size_t longest = 0;

    while (str_next_token(&list, '|', &phrase)) {
        size_t end;
        if (!phrase_begins(folded, phrase, at, &end) || end - at <= longest)
            continue;
        longest = end - at;
        *ret_end = end;
    }
    return longest > 0;
}

struct str folded_text_origin(const struct folded_text *text, struct str original, size_t begin,
                              size_t end)
{
    uint32_t first = text->origins[begin];
    uint32_t last = text->origins[end];

    return (struct str){original.p + first, last - first};
}
