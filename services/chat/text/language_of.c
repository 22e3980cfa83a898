#include "services/chat/text/language_of.h"

#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "lib/base/utf8.h"
#include "services/chat/text/text_language.h"

enum {
    TEXT_LOOKED_AT_BYTES = 4096,
    WORD_SCORE = 4,   /* a function word of the language */
    LETTER_SCORE = 3, /* a letter that few languages have */
    LIKELY_SCORE = 3, /* less than one function word */
};

typedef enum {
    LATIN,
    CYRILLIC,
    GREEK,
    ARABIC,
    HEBREW,
    DEVANAGARI,
    TAMIL,
    ARMENIAN,
    THAI,
    HANGUL,
    KANA,
    HAN,
    SCRIPT_COUNT,
} script_kind;

/* As the table names them, and what ICU calls the letters. */
static const struct {
    const char *code;
    UScriptCode script;
} scripts[SCRIPT_COUNT] = {
    {"Latn", USCRIPT_LATIN},  {"Cyrl", USCRIPT_CYRILLIC}, {"Grek", USCRIPT_GREEK},
    {"Arab", USCRIPT_ARABIC}, {"Hebr", USCRIPT_HEBREW},   {"Deva", USCRIPT_DEVANAGARI},
    {"Taml", USCRIPT_TAMIL},  {"Armn", USCRIPT_ARMENIAN}, {"Thai", USCRIPT_THAI},
    {"Kore", USCRIPT_HANGUL}, {"Jpan", USCRIPT_HIRAGANA}, {"Hans", USCRIPT_HAN},
};

static int script_at(uint32_t c)
{
    UErrorCode error = U_ZERO_ERROR;

    if (c < 0x80)
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? LATIN : -1;
    UScriptCode script = uscript_getScript((UChar32)c, &error);
    if (script == USCRIPT_KATAKANA)
        return KANA;
    for (int s = 0; s < SCRIPT_COUNT; s++)
        if (scripts[s].script == script)
            return s;
    return -1;
}

/* A letter of these says as much as several of an alphabet: a name in Latin letters is a few words
 * of theirs. */
enum { LETTERS_A_SIGN = 3 };

static size_t letters_of(int script)
{
    return script == HAN || script == KANA || script == HANGUL ? LETTERS_A_SIGN : 1;
}

/* The script of most of its letters; "" when it has none. Kana among Han is Japanese. */
static const char *script_of(struct str text)
{
    size_t counts[SCRIPT_COUNT] = {0}, step;
    int most = -1;
    bool is_valid;
    uint32_t c;

    for (size_t at = 0; at < text.n; at += step) {
        step = utf8_decode(text.p + at, text.n - at, &c, &is_valid);
        int script = script_at(c);
        if (script < 0)
            continue;
        counts[script] += letters_of(script);
        if (most < 0 || counts[script] > counts[most])
            most = script;
    }
    if (most == HAN && counts[KANA] > 0)
        most = KANA;
    return most < 0 ? "" : scripts[most].code;
}

/* Writes the text in lower case, its first bytes where it is long. Bytes that are no character are
 * left out. */
static struct str lower(struct str text, char out[static TEXT_LOOKED_AT_BYTES])
{
    size_t length = 0, step;
    bool is_valid;
    uint32_t c;

    for (size_t at = 0; at < text.n && length + U8_MAX_LENGTH <= TEXT_LOOKED_AT_BYTES; at += step) {
        step = utf8_decode(text.p + at, text.n - at, &c, &is_valid);
        if (is_valid)
            U8_APPEND_UNSAFE(out, length, u_tolower((UChar32)c));
    }
    return (struct str){out, length};
}

static bool has_word(const char *words, struct str wanted)
{
    struct str rest = str_of(words), word;

    while (str_next_token(&rest, ' ', &word))
        if (str_equal(word, wanted))
            return true;
    return false;
}

static bool is_word_byte(char c)
{
    return (unsigned char)c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Words that the language's table has. Signs beyond ASCII stay with the word, which then is none:
 * there are enough others. */
static size_t count_function_words(struct str text, const char *words)
{
    size_t count = 0, start = 0;

    for (size_t at = 0; at <= text.n; at++) {
        if (at < text.n && is_word_byte(text.p[at]))
            continue;
        if (at > start)
            count += has_word(words, (struct str){text.p + start, at - start});
        start = at + 1;
    }
    return count;
}

static size_t count_telling_letters(struct str text, const char *letters)
{
    size_t count = 0, step;

    for (size_t at = 0; at < text.n; at += step) {
        step = utf8_sequence(text.p + at, text.n - at);
        if (step > 1)
            count += memmem(letters, strlen(letters), text.p + at, step) != NULL;
    }
    return count;
}

static bool is_in_script(const struct text_language *language, const char *script)
{
    return language->script[0] == '\0' ? strcmp(script, "Latn") == 0 || strcmp(script, "Cyrl") == 0
                                       : strcmp(language->script, script) == 0;
}

const char *language_of(struct str text, struct str likely)
{
    const struct text_language *expected = text_language_find(likely), *best = NULL;
    char lowered[TEXT_LOOKED_AT_BYTES];
    size_t best_score = 0;

    text = lower(text, lowered);
    const char *script = script_of(text);
    if (script[0] == '\0')
        return expected != NULL ? expected->code : "en";
    for (size_t i = 0; i < text_language_count(); i++) {
        const struct text_language *language = text_language_at(i);
        if (!is_in_script(language, script))
            continue;
        size_t score = WORD_SCORE * count_function_words(text, language->function_words) +
                       LETTER_SCORE * count_telling_letters(text, language->telling_letters) +
                       (language == expected ? LIKELY_SCORE : 0);
        if (best == NULL || score > best_score) {
            best = language;
            best_score = score;
        }
    }
    return best != NULL ? best->code : "en";
}
