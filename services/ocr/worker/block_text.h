#pragma once

/*
 * What the text of a block looks like, wherever it stands: the number of a section, capitals, a
 * caption, a formula. Private to block_kinds.c and
 * layout_paragraphs.c. Blocks have lines, and these have words. Thread
 * rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/ocr/worker/document.h"

size_t block_text_count_words(const struct block *block);

/* ASCII letters; bytes of others. */
size_t block_text_count_letters(const struct block *block);

const char *block_text_first_word(const struct block *block);

/* The end of a sentence, or of what goes on. */
bool block_text_ends_as_text(const struct block *block);

/* "2.", "2.1", "2.1.", "IV.", "A.": the number of a section, and how deep it is; 0: is none. */
uint32_t block_text_section_depth(const char *word);

/* Capitals, and hardly a small letter. */
bool block_text_is_capitals(const struct block *block);

/* "Figure 3", "Table 1.", "Abb. 2": a word for a picture or table, then a number. */
bool block_text_begins_as_caption(const struct block *block);

/* Few lines of operators and names of one to three letters. */
bool block_text_is_formula(const struct block *block);
