#pragma once

/*
 * Words of a text as retrieval compares them.
 *
 * Text is cut by ICU's word break iterator (Unicode UAX #29, dictionaries for Chinese, Japanese,
 * Thai, Lao, Khmer and Burmese), then each word is folded (NFKC, case, diacritics that the language
 * does not tell letters by) and stemmed (Snowball) by language. What holds a digit - numbers,
 * dates, amounts, codes - is kept whole and is never stemmed. A word that a hyphen breaks at the
 * end of a line is one word.
 *
 * Thread rule: any thread; a struct words_cutter one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

typedef enum {
    WORD_PLAIN,
    WORD_NAME,   /* begins with a capital inside of a sentence, or is all capitals */
    WORD_NUMBER, /* holds a digit: 42, 1.234,50, 2026-03-31, AB-1234 */
} word_kind;

struct word {
    uint32_t offset; /* bytes of the text it was cut from */
    uint32_t length;
    struct str form; /* folded */
    struct str term; /* folded and stemmed: what is compared */
    word_kind kind;
    bool is_function; /* an article, a preposition, "is": says little of what a text is about */
};

/* Cuts text; keeps ICU's iterators and the stemmers between texts. NULL when out of memory. */
struct words_cutter;
struct words_cutter *words_cutter_new(void);
void words_cutter_free(struct words_cutter *cutter);
DEFINE_CLEANUP(struct words_cutter *, words_cutter)

/*
 * @text: UTF-8, at most 1 MiB; invalid bytes part words.
 * @language: BCP 47 or ISO 639, "" or "und" when not known: not stemmed then.
 *
 * The words, in order, live in the arena. RESOURCE_EXHAUSTED at its limit.
 */
status_code words_cut(struct words_cutter *cutter, struct str text, struct str language,
                      struct arena *arena, const struct word **ret_words, size_t *ret_count,
                      struct status *st) _must_check_;
