#pragma once

/*
 * The function words of one language, folded. Private to text/. Thread rule: any thread once made.
 */

#include <stdbool.h>

#include "services/chat/text/word_fold.h"

struct function_words;

/* NULL when out of memory. */
struct function_words *function_words_new(const struct text_language *language,
                                          const struct word_fold *fold);
void function_words_free(struct function_words *words);

bool function_words_have(const struct function_words *words, struct str form);
