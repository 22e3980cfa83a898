#include "services/chat/text/words.h"

#include <stdlib.h>
#include <string.h>

#include <libstemmer.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include "lib/base/utf8.h"
#include "services/chat/text/function_words.h"
#include "services/chat/text/particles.h"
#include "services/chat/text/word_break.h"
#include "services/chat/text/word_fold.h"
#include "services/chat/text/word_number.h"

enum {
    LANGUAGES_MAX = 64,
    STEM_MIN_BYTES = 3,
};

/* What one language needs; made when it is first met. */
struct tongue {
    const struct text_language *language;
    struct sb_stemmer *stemmer; /* NULL: none */
    struct function_words *function_words;
};

struct words_cutter {
    struct word_fold fold;
    struct word_break breaks;
    struct tongue tongues[LANGUAGES_MAX];
    size_t tongue_count;
};

struct words_cutter *words_cutter_new(void)
{
    struct words_cutter *cutter = calloc(1, sizeof(*cutter));

    if (cutter == NULL)
        return NULL;
    if (!word_fold_init(&cutter->fold) || !word_break_init(&cutter->breaks)) {
        words_cutter_free(cutter);
        return NULL;
    }
    return cutter;
}

void words_cutter_free(struct words_cutter *cutter)
{
    if (cutter == NULL)
        return;
    for (size_t i = 0; i < cutter->tongue_count; i++) {
        sb_stemmer_delete(cutter->tongues[i].stemmer);
        function_words_free(cutter->tongues[i].function_words);
    }
    word_break_deinit(&cutter->breaks);
    free(cutter);
}

/* NULL when out of memory. */
static const struct tongue *tongue_of(struct words_cutter *cutter,
                                      const struct text_language *language)
{
    for (size_t i = 0; i < cutter->tongue_count; i++)
        if (cutter->tongues[i].language == language)
            return &cutter->tongues[i];
    if (cutter->tongue_count == LANGUAGES_MAX)
        return NULL;
    struct tongue *tongue = &cutter->tongues[cutter->tongue_count];
    *tongue = (struct tongue){.language = language};
    if (language->stemmer != NULL) {
        tongue->stemmer = sb_stemmer_new(language->stemmer, NULL);
        if (tongue->stemmer == NULL)
            return NULL;
    }
    tongue->function_words = function_words_new(language, &cutter->fold);
    if (tongue->function_words == NULL) {
        sb_stemmer_delete(tongue->stemmer);
        return NULL;
    }
    cutter->tongue_count++;
    return tongue;
}

/* --- what a word is --- */

static bool is_capital(const struct word_break *breaks, size_t at)
{
    UChar32 c;

    U16_GET(breaks->units, 0, at, breaks->unit_count, c);
    return u_isupper(c) || u_istitle(c);
}

static bool is_capitals(const struct word_break *breaks, const struct word_token *token)
{
    size_t capitals = 0;

    for (size_t i = token->start; i < token->end; i++) {
        if (u_islower(breaks->units[i]))
            return false;
        capitals += u_isupper(breaks->units[i]) != 0;
    }
    return capitals > 1;
}

/* Nothing but space, quotes and brackets between it and the end of a sentence. */
static bool begins_sentence(const struct word_break *breaks, size_t at)
{
    while (at > 0) {
        UChar c = breaks->units[at - 1];
        if (c == '\t' || (c < 0x80 && strchr(".!?:;|*", c) != NULL) || c == 0x3002 || c == 0x2022)
            return true;
        if (u_isalnum(c) || c == ',')
            return false;
        at--;
    }
    return true;
}

static word_kind kind_of(const struct word_break *breaks, const struct word_token *token)
{
    if (token->has_digit)
        return WORD_NUMBER;
    if (is_capitals(breaks, token) ||
        (is_capital(breaks, token->start) && !begins_sentence(breaks, token->start)))
        return WORD_NAME;
    return WORD_PLAIN;
}

/* --- form and term --- */

/* The token's units without what breaks it over two lines. */
static size_t copy_units(const struct word_break *breaks, const struct word_token *token,
                         UChar out[static WORD_FOLD_UNITS_MAX])
{
    size_t count = 0;

    for (size_t i = token->start; i < token->end && count < WORD_FOLD_UNITS_MAX; i++)
        if (i < token->gap_start || i >= token->gap_end)
            out[count++] = breaks->units[i];
    return count;
}

static size_t drop_spaces(char *text, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++)
        if (text[i] != ' ')
            text[kept++] = text[i];
    return kept;
}

/* "company's" is of the company, in whatever language. */
static size_t drop_possessive(const char *text, size_t length)
{
    if (length > 2 && text[length - 1] == 's' && text[length - 2] == '\'')
        return length - 2;
    return length > 1 && text[length - 1] == '\'' ? length - 1 : length;
}

static size_t stem(const struct tongue *tongue, char *text, size_t length)
{
    if (tongue == NULL || length < STEM_MIN_BYTES)
        return length;
    if (tongue->language->traits & CUTS_PARTICLES)
        return particles_cut((struct str){text, length});
    if (tongue->stemmer == NULL)
        return length;
    const sb_symbol *stemmed =
        sb_stemmer_stem(tongue->stemmer, (const sb_symbol *)text, (int)length);
    int stemmed_length = sb_stemmer_length(tongue->stemmer);
    if (stemmed == NULL || stemmed_length <= 0 || stemmed_length > WORD_FOLD_BYTES_MAX)
        return length;
    memcpy(text, stemmed, (size_t)stemmed_length);
    return (size_t)stemmed_length;
}

static bool keep(struct arena *arena, const char *text, size_t length, struct str *ret_text)
{
    ret_text->p = arena_strndup(arena, text, length);
    ret_text->n = length;
    return ret_text->p != NULL;
}

/* False when the arena is full. A word that folds to nothing has an empty form. */
static bool make_word(struct words_cutter *cutter, const struct word_token *token,
                      const struct tongue *tongue, struct arena *arena, struct word *word)
{
    const struct text_language *language = tongue != NULL ? tongue->language : NULL;
    char form[WORD_FOLD_BYTES_MAX], term[WORD_FOLD_BYTES_MAX];
    UChar units[WORD_FOLD_UNITS_MAX];
    size_t unit_count = copy_units(&cutter->breaks, token, units);
    size_t form_length = word_fold_case(&cutter->fold, units, unit_count, language, form);
    size_t term_length;

    word->kind = kind_of(&cutter->breaks, token);
    if (word->kind == WORD_NUMBER) {
        form_length = drop_spaces(form, form_length);
        form_length = word_fold_marks(&cutter->fold, form, form_length, language);
        term_length = word_number((struct str){form, form_length}, term);
    } else {
        form_length = drop_possessive(form, form_length);
        memcpy(term, form, form_length);
        term_length = stem(tongue, term, form_length);
        form_length = word_fold_marks(&cutter->fold, form, form_length, language);
        term_length = word_fold_marks(&cutter->fold, term, term_length, language);
    }
    if (!keep(arena, form, form_length, &word->form))
        return false;
    word->term = word->form;
    if ((term_length != form_length || memcmp(term, form, form_length) != 0) &&
        !keep(arena, term, term_length, &word->term))
        return false;
    word->is_function = tongue != NULL && word->kind != WORD_NUMBER &&
                        function_words_have(tongue->function_words, word->form);
    return true;
}

/* Of the token's last character, in bytes. */
static uint32_t end_of(const struct word_break *breaks, const struct word_token *token,
                       struct str text)
{
    uint32_t last = breaks->offsets[token->end - 1];
    size_t length = utf8_sequence(text.p + last, text.n - last);

    return last + (uint32_t)(length > 0 ? length : 1);
}

static status_code fail_full(struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE",
                "the words of the text take more memory than there is for them");
}

status_code words_cut(struct words_cutter *cutter, struct str text, struct str language,
                      struct arena *arena, const struct word **ret_words, size_t *ret_count,
                      struct status *st)
{
    const struct text_language *known = text_language_find(language);
    const struct tongue *tongue = NULL;
    size_t count = 0;

    if (known != NULL) {
        tongue = tongue_of(cutter, known);
        if (tongue == NULL)
            return FAIL_MEMORY(st);
    }
    TRY(word_break_text(&cutter->breaks, text, known, st));
    struct word *words = ARENA_NEW_ARRAY(arena, struct word, cutter->breaks.token_count);
    if (words == NULL)
        return fail_full(st);
    for (size_t t = 0; t < cutter->breaks.token_count; t++) {
        const struct word_token *token = &cutter->breaks.tokens[t];
        struct word *word = &words[count];
        word->offset = cutter->breaks.offsets[token->start];
        word->length = end_of(&cutter->breaks, token, text) - word->offset;
        if (!make_word(cutter, token, tongue, arena, word))
            return fail_full(st);
        count += word->form.n > 0;
    }
    *ret_words = words;
    *ret_count = count;
    return STATUS_OK;
}
