#include "lib/flow/joint.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "lib/base/utf8.h"

enum {
    /* Pages with more text are not searched for words with hyphens. */
    SEARCHED_MAX_BYTES = 64 << 10,
    WORD_MAX_BYTES = 128,
    HYPHEN = 0x2010,
};

static uint32_t first_character(struct str text)
{
    uint32_t character;
    bool is_valid;

    if (text.n == 0)
        return 0;
    (void)utf8_decode(text.p, text.n, &character, &is_valid);
    return character;
}

/* The last character, and where it begins. */
static uint32_t last_character(struct str text, size_t *ret_start)
{
    size_t start = text.n;

    if (text.n == 0)
        return 0;
    do
        start--;
    while (start > 0 && ((unsigned char)text.p[start] & 0xC0) == 0x80);
    *ret_start = start;
    return first_character((struct str){text.p + start, text.n - start});
}

/* Of a script that is written without spaces. */
static bool is_spaceless(uint32_t character)
{
    UErrorCode error = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)character, &error);

    if (script == USCRIPT_HANGUL)
        return false;
    if (script == USCRIPT_COMMON) { /* signs: "。" */
        int width = u_getIntPropertyValue((UChar32)character, UCHAR_EAST_ASIAN_WIDTH);
        return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
    }
    return uscript_breaksBetweenLetters(script);
}

static bool is_word_character(uint32_t character)
{
    return u_isalnum((UChar32)character) || u_charType((UChar32)character) == U_NON_SPACING_MARK;
}

/* The run of letters and digits at the end of `text`, or at its start. */
static struct str last_word(struct str text)
{
    size_t start = text.n;

    for (size_t before = 0; start > 0; start = before) {
        if (!is_word_character(last_character((struct str){text.p, start}, &before)))
            break;
    }
    return (struct str){text.p + start, text.n - start};
}

static struct str first_word(struct str text)
{
    size_t end = 0;

    while (end < text.n) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text.p + end, text.n - end, &character, &is_valid);

        if (!is_word_character(character))
            break;
        end += used;
    }
    return (struct str){text.p, end};
}

/* Whether the page has "left-right" within a line. */
static bool is_written_with_hyphen(struct str left, struct str right, const char *within)
{
    char word[2 * WORD_MAX_BYTES + 2];

    if (left.n > WORD_MAX_BYTES || right.n > WORD_MAX_BYTES ||
        strnlen(within, SEARCHED_MAX_BYTES + 1) > SEARCHED_MAX_BYTES)
        return false;
    memcpy(word, left.p, left.n);
    word[left.n] = '-';
    memcpy(word + left.n + 1, right.p, right.n);
    word[left.n + 1 + right.n] = '\0';
    return strstr(within, word) != NULL;
}

const char *flow_joint(struct str first, struct str second, const char *within, size_t *ret_dropped)
{
    size_t start = 0;
    uint32_t last = last_character(first, &start);
    uint32_t next = first_character(second);

    *ret_dropped = 0;
    if (first.n == 0 || second.n == 0)
        return "";
    if (last == '-' || last == HYPHEN) {
        struct str left = last_word((struct str){first.p, start});

        if (left.n == 0 || !is_word_character(next))
            return " "; /* a dash */
        if (u_islower((UChar32)next) && !u_isdigit((UChar32)first_character(left)) &&
            !is_written_with_hyphen(left, first_word(second), within))
            *ret_dropped = first.n - start;
        return "";
    }
    return is_spaceless(last) && is_spaceless(next) ? "" : " ";
}
