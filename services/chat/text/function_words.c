#include "services/chat/text/function_words.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/ustring.h>

#include "services/chat/text/text_hash.h"

/* Open addressing; twice as many places as words at least. */
struct function_words {
    struct buf text; /* all of them; views point into it */
    struct str *places;
    size_t place_count; /* a power of two */
};

static size_t place_of(const struct function_words *words, struct str form)
{
    size_t place = (size_t)text_hash(form, 0) & (words->place_count - 1);

    while (words->places[place].n > 0 && !str_equal(words->places[place], form))
        place = (place + 1) & (words->place_count - 1);
    return place;
}

static size_t fold_word(struct str word, const struct text_language *language,
                        const struct word_fold *fold, char out[static WORD_FOLD_BYTES_MAX])
{
    UErrorCode error = U_ZERO_ERROR;
    UChar units[WORD_FOLD_UNITS_MAX];
    int32_t count = 0;

    u_strFromUTF8(units, ARRAY_LENGTH(units), &count, word.p, (int32_t)word.n, &error);
    if (U_FAILURE(error))
        return 0;
    size_t length = word_fold_case(fold, units, (size_t)count, language, out);
    return word_fold_marks(fold, out, length, language);
}

struct function_words *function_words_new(const struct text_language *language,
                                          const struct word_fold *fold)
{
    struct function_words *words = calloc(1, sizeof(*words));
    struct str rest = str_of(language->function_words), word;
    size_t count = 1, total = 4 * rest.n + 1; /* folding grows no word of the table so much */
    char form[WORD_FOLD_BYTES_MAX];

    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < rest.n; i++)
        count += rest.p[i] == ' ';
    words->place_count = 4;
    while (words->place_count < 2 * count)
        words->place_count *= 2;
    words->places = calloc(words->place_count, sizeof(*words->places));
    buf_init(&words->text, total);
    if (words->places == NULL || !buf_reserve(&words->text, total)) {
        function_words_free(words);
        return NULL;
    }
    while (str_next_token(&rest, ' ', &word)) {
        struct str folded = {words->text.data + words->text.length,
                             fold_word(word, language, fold, form)};
        if (folded.n > 0 && buf_append(&words->text, form, folded.n))
            words->places[place_of(words, folded)] = folded;
    }
    return words;
}

void function_words_free(struct function_words *words)
{
    if (words == NULL)
        return;
    free(words->places);
    buf_deinit(&words->text);
    free(words);
}

bool function_words_have(const struct function_words *words, struct str form)
{
    return words->places[place_of(words, form)].n > 0;
}
