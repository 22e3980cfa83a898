#pragma once

/*
 * Text as runs of WordprocessingML (ECMA-376 part 1, §17.3.2): a run for each stretch of one
 * direction and kind of script, with its language and fonts.
 *
 * Directions are those of the Unicode bidirectional algorithm (UAX #9), so that Word orders what
 * has none of its own (signs, numbers) as a reader of the page does. "\n" is a line break within
 * the paragraph, "\t" a tab.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "services/export/docx/language.h"
#include "services/export/office/part.h"

struct docx_text;

/* @main_language: BCP 47; runs in it say no language, as the document's styles do. NULL when out of
 * memory. */
struct docx_text *docx_text_new(const char *main_language);
void docx_text_free(struct docx_text *writer);
DEFINE_CLEANUP(struct docx_text *, docx_text)

/* How a text is to be set. */
struct docx_text_style {
    const char *language;  /* BCP 47, borrowed; NULL or "": the document's */
    bool is_right_to_left; /* the paragraph */
};

/* Fails the part's package when out of memory. */
void docx_text_write(struct docx_text *writer, struct xml_writer *part, struct str text,
                     const struct docx_text_style *style);
