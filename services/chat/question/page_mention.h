#pragma once

/*
 * The page that a question names: "page 3", "3. Seite", "第3页". Private to question/. Thread rule:
 * any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

/*
 * @folded: the question's text. @list: a language's words for a page (question_words.h).
 * @ret_begin, @ret_end: the bytes that word and number take.
 * @ret_number: from 1.
 */
bool page_mention_find(struct str folded, struct str list, size_t *ret_begin, size_t *ret_end,
                       uint32_t *ret_number);
