#include "services/ocr/worker/lookalikes.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "lib/base/cleanup.h"
#include "services/ocr/page_too_large.h"

enum {
    /* Longer words are left as they are: no word is. */
    LETTERS_MAX = 64,
    LETTER_MAX_BYTES = 4,
};

/* A word as characters. */
struct letters {
    UChar32 at[LETTERS_MAX];
    size_t count;
    bool is_changed;
};

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* False for a word that is too long. */
static bool letters_of(const char *text, struct letters *ret)
{
    size_t length = strlen(text);

    *ret = (struct letters){.count = 0};
    if (length > (size_t)LETTERS_MAX * LETTER_MAX_BYTES)
        return false;
    for (int32_t at = 0; at < (int32_t)length;) {
        if (ret->count == LETTERS_MAX)
            return false;
        U8_NEXT(text, at, (int32_t)length, ret->at[ret->count]);
        if (ret->at[ret->count++] < 0)
            return false;
    }
    return true;
}

static void put(struct letters *letters, size_t index, UChar32 character)
{
    letters->is_changed |= letters->at[index] != character;
    letters->at[index] = character;
}

/* NULL: out of memory. */
static const char *text_of(const struct letters *letters, struct arena *arena)
{
    char *text = arena_alloc(arena, letters->count * LETTER_MAX_BYTES + 1);
    int32_t length = 0;

    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < letters->count; i++)
        U8_APPEND_UNSAFE(text, length, letters->at[i]);
    text[length] = '\0';
    return text;
}

static UScriptCode script_of(UChar32 character)
{
    UErrorCode error = U_ZERO_ERROR;

    return uscript_getScript(character, &error);
}

/* --- Latin among Greek and Cyrillic --- */

/* Letters of one look, in order. */
struct alike {
    UScriptCode script;
    const char *languages; /* that have these letters, between blanks; NULL: all of the script */
    const char *latin;
    const char *own;
};

static const struct alike alikes[] = {
    {USCRIPT_CYRILLIC, NULL, "ABCEHKMOPTXYaceopxy",
     "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425\u0423\u0430\u0441\u0435"
     "\u043e\u0440\u0445\u0443"},
    {USCRIPT_CYRILLIC, " uk be kk ", "Ii", "\u0406\u0456"},
    {USCRIPT_CYRILLIC, " sr mk ", "Jj", "\u0408\u0458"},
    {USCRIPT_CYRILLIC, " mk ", "Ss", "\u0405\u0455"},
    {USCRIPT_GREEK, NULL, "ABEZHIKMNOPTYXaikopuvxy\u00e1\u00ed\u00f3\u00fa\u00fd",
     "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1"
     "\u03b9\u03ba\u03bf\u03c1\u03c5\u03bd\u03c7\u03b3\u03ac\u03af\u03cc\u03cd\u03cd"},
};

static bool has_language(const char *languages, const char *language)
{
    size_t length = strlen(language);

    for (const char *at = languages; at != NULL; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, language, length) == 0 && at[1 + length] == ' ')
            return true;
    return false;
}

/* The character at the same place of `to` as in `from`; 0: it is not there. */
static UChar32 counterpart(UChar32 character, const char *from, const char *to)
{
    int32_t i = 0, k = 0;
    UChar32 a, b;

    while (from[i] != '\0' && to[k] != '\0') {
        U8_NEXT(from, i, -1, a);
        U8_NEXT(to, k, -1, b);
        if (a == character)
            return b;
    }
    return 0;
}

/* The letter of that look in a script, or, where it is of that script, in Latin; 0: there is none.
 */
static UChar32 other_of(UChar32 character, UScriptCode script, const char *language)
{
    for (size_t i = 0; i < ARRAY_LENGTH(alikes); i++) {
        const struct alike *alike = &alikes[i];
        if (alike->script != script ||
            (alike->languages != NULL && !has_language(alike->languages, language)))
            continue;
        UChar32 other = script_of(character) == script
                            ? counterpart(character, alike->own, alike->latin)
                            : counterpart(character, alike->latin, alike->own);
        if (other != 0)
            return other;
    }
    return 0;
}

static UScriptCode script_with_alikes(const char *script)
{
    if (strcmp(script, "Cyrl") == 0)
        return USCRIPT_CYRILLIC;
    return strcmp(script, "Grek") == 0 ? USCRIPT_GREEK : USCRIPT_INVALID_CODE;
}

bool lookalikes_has_script(const char *script)
{
    return script_with_alikes(script) != USCRIPT_INVALID_CODE;
}

size_t lookalikes_count_latin(const char *text, const char *script)
{
    /* The soft sign is like no Latin letter but when small ones are made into capitals. */
    enum { LIKE_SOFT_SIGN = 'b' };
    UScriptCode other = script_with_alikes(script);
    int32_t length = (int32_t)strlen(text);
    size_t count = 0;

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character > 0 && script_of(character) == USCRIPT_LATIN &&
            (other != USCRIPT_CYRILLIC || character != LIKE_SOFT_SIGN) &&
            (other == USCRIPT_INVALID_CODE || other_of(character, other, "") == 0))
            count++;
    }
    return count;
}

/* What a run of letters is made of. */
struct mixture {
    size_t latin, own;             /* letters */
    size_t latin_alone, own_alone; /* letters without one of that look in the other script */
};

static struct mixture mixture_of(const struct letters *letters, size_t from, size_t to,
                                 UScriptCode script, const char *language)
{
    struct mixture mixture = {0};

    for (size_t i = from; i < to; i++) {
        UScriptCode own = script_of(letters->at[i]);
        bool is_alone = other_of(letters->at[i], script, language) == 0;
        mixture.latin += own == USCRIPT_LATIN;
        mixture.latin_alone += own == USCRIPT_LATIN && is_alone;
        mixture.own += own == script;
        mixture.own_alone += own == script && is_alone;
    }
    return mixture;
}

/* Puts all letters of a run into one script, where it has those of two and can be in one. */
static void unmix(struct letters *letters, size_t from, size_t to, UScriptCode script,
                  const char *language)
{
    struct mixture mixture = mixture_of(letters, from, to, script, language);

    if (mixture.latin == 0 || mixture.own == 0 ||
        (mixture.latin_alone > 0 && mixture.own_alone > 0))
        return;
    UScriptCode wrong = mixture.latin_alone > 0 ? script : USCRIPT_LATIN;
    for (size_t i = from; i < to; i++)
        if (script_of(letters->at[i]) == wrong)
            put(letters, i, other_of(letters->at[i], script, language));
}

static bool is_letter(UChar32 character)
{
    return u_isalpha(character) || (U_GET_GC_MASK(character) & U_GC_M_MASK) != 0;
}

static void mend_scripts(struct letters *letters, const char *language)
{
    static const UScriptCode scripts[] = {USCRIPT_CYRILLIC, USCRIPT_GREEK};

    for (size_t from = 0, to; from < letters->count; from = to + 1) {
        for (to = from; to < letters->count && is_letter(letters->at[to]); to++)
            ;
        for (size_t s = 0; s < ARRAY_LENGTH(scripts); s++)
            unmix(letters, from, to, scripts[s], language);
    }
}

/* The micro sign is no letter of Greek words. */
static void mend_micro_signs(struct letters *letters)
{
    enum { MICRO_SIGN = 0xb5, GREEK_MU = 0x3bc };
    bool is_greek = false;

    for (size_t i = 0; i < letters->count; i++)
        is_greek |= script_of(letters->at[i]) == USCRIPT_GREEK;
    for (size_t i = 0; i < letters->count; i++)
        if (is_greek && letters->at[i] == MICRO_SIGN)
            put(letters, i, GREEK_MU);
}

/* --- Round letters --- */

struct round_letter {
    UChar32 zero;
    UChar32 letter;
};

/* Of Kannada, Telugu and Malayalam: the anusvara, a mark after a letter. */
static const struct round_letter round_marks[] = {
    {0x0ce6, 0x0c82},
    {0x0c66, 0x0c02},
    {0x0d66, 0x0d02},
};

/* True for a letter, or a mark on one, of the script that a digit is of. */
static bool is_letter_beside(UChar32 character, UChar32 digit)
{
    return is_letter(character) && script_of(character) == script_of(digit);
}

static void mend_zeros(struct letters *letters)
{
    size_t kept = 0;

    for (size_t i = 0; i < letters->count; i++) {
        UChar32 character = letters->at[i];
        bool is_before_digit = i + 1 < letters->count && u_isdigit(letters->at[i + 1]);
        for (size_t r = 0; r < ARRAY_LENGTH(round_marks); r++)
            if (character == round_marks[r].zero && !is_before_digit && kept > 0 &&
                is_letter_beside(letters->at[kept - 1], character))
                character = round_marks[r].letter;
        letters->is_changed |= character != letters->at[i];
        /* It may have been read as both. */
        if (character != letters->at[i] && letters->at[kept - 1] == character)
            continue;
        letters->at[kept++] = character;
    }
    letters->count = kept;
}

/* --- Armenian --- */

/* The full stop, which looks like a colon, ends words; and the word for "and", one letter, looks
 * like one that is no word. */
static void mend_armenian(struct letters *letters)
{
    enum { FULL_STOP = 0x589, NU = 0x576, AND = 0x587 };
    bool is_alone = letters->count > 0 && letters->at[0] == NU;

    for (size_t i = 1; i < letters->count; i++) {
        if (letters->at[i] == ':' && script_of(letters->at[i - 1]) == USCRIPT_ARMENIAN &&
            (i + 1 == letters->count || !u_isalnum(letters->at[i + 1])))
            put(letters, i, FULL_STOP);
        is_alone = is_alone && !u_isalnum(letters->at[i]);
    }
    if (is_alone)
        put(letters, 0, AND);
}

/* --- Old encodings --- */

/* Romanian has a comma beneath; encodings of old had but the cedilla. */
static void mend_cedillas(struct letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        UChar32 right =
            counterpart(letters->at[i], "\u015f\u0163\u015e\u0162", "\u0219\u021b\u0218\u021a");
        if (right != 0)
            put(letters, i, right);
    }
}

/* --- Quotation marks --- */

/* The sign for two of it; 0: there is none. */
static UChar32 double_of(UChar32 mark)
{
    return counterpart(mark, "\u2018\u2019\u201a", "\u201c\u201d\u201e");
}

static void drop(struct letters *letters, size_t index)
{
    letters->count--;
    memmove(&letters->at[index], &letters->at[index + 1],
            (letters->count - index) * sizeof(letters->at[0]));
    letters->is_changed = true;
}

/* Double marks that were read as two single ones; and low ones, which networks do not know, as two
 * commas before a word. */
static void mend_quotes(struct letters *letters)
{
    enum { LOW_QUOTES = 0x201e };

    if (letters->count > 2 && letters->at[0] == ',' && letters->at[1] == ',' &&
        is_letter(letters->at[2])) {
        put(letters, 1, LOW_QUOTES);
        drop(letters, 0);
    }
    for (size_t i = 0; i + 1 < letters->count; i++) {
        UChar32 both = letters->at[i] == letters->at[i + 1] ? double_of(letters->at[i]) : 0;
        if (both == 0)
            continue;
        put(letters, i, both);
        drop(letters, i + 1);
    }
}

static bool has_doubtful(const char *text)
{
    return !is_ascii(text) || strncmp(text, ",,", strlen(",,")) == 0;
}

static status_code mend_word(struct page *page, struct word *word, bool *ret_is_changed,
                             struct status *st)
{
    struct letters letters;

    if (!has_doubtful(word->text) || !letters_of(word->text, &letters))
        return STATUS_OK;
    mend_quotes(&letters);
    mend_micro_signs(&letters);
    mend_scripts(&letters, page->language);
    mend_zeros(&letters);
    if (strcmp(page->language, "hy") == 0)
        mend_armenian(&letters);
    if (strcmp(page->language, "ro") == 0)
        mend_cedillas(&letters);
    if (!letters.is_changed)
        return STATUS_OK;
    *ret_is_changed = true;
    word->text = text_of(&letters, page->arena);
    return word->text != NULL ? STATUS_OK : FAIL_PAGE_TEXT(st);
}

status_code lookalikes_mend(struct page *page, bool *ret_is_changed, struct status *st)
{
    *ret_is_changed = false;
    if (page->source != TEXT_RECOGNIZED)
        return STATUS_OK;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++)
                TRY(mend_word(page, &line->words[w], ret_is_changed, st));
        }
    return STATUS_OK;
}
