#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer_internal.h"

/*
 * Languages are guessed for a few lines at a time, so that a page in two of them shows both; a
 * script with a few words in it is counted by its letters.
 */

enum {
    LANGUAGES_MAX = 3,     /* that a page is tested with: each takes its time */
    SHARE_MIN_PERCENT = 3, /* of the page's letters */
    WINDOW_BYTES = 400,    /* of text that a language is guessed from: a few lines */
};

/* Letters by language or script. */
struct tally {
    const char *names[16];
    size_t letters[16];
    size_t count;
    size_t total;
};

static void count_letters(struct tally *tally, const char *name, size_t letters)
{
    size_t at = 0;

    tally->total += letters;
    while (at < tally->count && strcmp(tally->names[at], name) != 0)
        at++;
    if (at == ARRAY_LENGTH(tally->names))
        return;
    if (at == tally->count) {
        tally->names[tally->count++] = name;
        tally->letters[at] = 0;
    }
    tally->letters[at] += letters;
}

/* The next most frequent name with its share; NULL when there is none left. */
static const char *take_most(struct tally *tally)
{
    size_t best = 0;

    for (size_t i = 1; i < tally->count; i++)
        if (tally->letters[i] > tally->letters[best])
            best = i;
    if (tally->count == 0 || tally->letters[best] * 100 < tally->total * SHARE_MIN_PERCENT ||
        tally->letters[best] == 0)
        return NULL;
    tally->letters[best] = 0;
    return tally->names[best];
}

static void count_scripts(struct tally *scripts, const char *text)
{
    int32_t length = (int32_t)strlen(text);

    for (int32_t at = 0; at < length;) {
        UErrorCode error = U_ZERO_ERROR;
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character <= 0 || !u_isalpha(character))
            continue;
        UScriptCode script = uscript_getScript(character, &error);
        if (U_SUCCESS(error) && script > USCRIPT_INHERITED)
            count_letters(scripts, uscript_getShortName(script), 1);
    }
}

static void count_language(struct tally *languages, const char *text)
{
    struct language_guess guess;

    language_guess_text(text, &guess);
    if (guess.code == NULL)
        guess.code = language_guess_of_script(guess.script);
    if (guess.code != NULL)
        count_letters(languages, guess.code, normalize_count_letters(text));
}

/* The scripts that Chinese and Japanese are written with, whose models read Latin letters, too. */
static bool is_han_or_kana(const char *script)
{
    static const char *const scripts[] = {"Hani", "Hans", "Hant", "Hira", "Kana", "Jpan"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

static bool is_script_read(const char *script, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct language *language = language_find(str_of(codes[i]));
        if (language != NULL && (strcmp(language->script, script) == 0 ||
                                 (is_han_or_kana(language->script) &&
                                  (is_han_or_kana(script) || strcmp(script, "Latn") == 0))))
            return true;
    }
    return false;
}

static const char *join(const char *const *codes, size_t count, struct arena *arena)
{
    size_t size = 1;

    for (size_t i = 0; i < count; i++)
        size += strlen(codes[i]) + 1;
    char *joined = arena_calloc(arena, size, 1);
    if (joined == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            (void)strcat(joined, "+");
        (void)strcat(joined, codes[i]);
    }
    return joined;
}

const char *text_layer_languages(const struct line *lines, size_t count, struct arena *arena,
                                 const char **ret_first)
{
    struct tally languages = {0}, scripts = {0};
    const char *codes[LANGUAGES_MAX];
    size_t code_count = 0, used = 0;
    char window[WINDOW_BYTES + 1] = "";

    *ret_first = NULL;
    for (size_t l = 0; l < count; l++)
        for (size_t w = 0; w < lines[l].word_count; w++) {
            const char *word = lines[l].words[w].text;
            size_t length = strlen(word);
            if (used + length + 1 > WINDOW_BYTES) {
                count_language(&languages, window);
                used = 0;
            }
            if (length + 1 > WINDOW_BYTES)
                continue;
            memcpy(window + used, word, length);
            used += length;
            if (!lines[l].words[w].no_space_after)
                window[used++] = ' ';
            window[used] = '\0';
            count_scripts(&scripts, word);
        }
    count_language(&languages, window);
    for (const char *code; code_count < LANGUAGES_MAX && (code = take_most(&languages)) != NULL;)
        codes[code_count++] = code;
    for (const char *script; (script = take_most(&scripts)) != NULL;) {
        const char *code = language_guess_of_script(script);
        if (code != NULL && code_count < LANGUAGES_MAX &&
            !is_script_read(script, codes, code_count))
            codes[code_count++] = code;
    }
    if (code_count == 0)
        return NULL;
    *ret_first = codes[0];
    return join(codes, code_count, arena);
}
