#pragma once

/*
 * The language of a document: that of most of its pages. One thread at a time.
 */

#include <stddef.h>

enum {
    PDF_LANGUAGES_MAX = 16, /* that are counted; one that comes later is not the document's */
    PDF_LANGUAGES_TAG_SIZE = 32,
};

/* In the caller's memory; all zero is a document without pages. The members are the module's own.
 */
struct pdf_languages {
    struct pdf_language {
        char tag[PDF_LANGUAGES_TAG_SIZE];
        size_t pages;
    } counts[PDF_LANGUAGES_MAX];
};

/* Counts a page. @tag: BCP 47, or NULL. */
void pdf_languages_count(struct pdf_languages *languages, const char *tag);

/* The tag of most pages, the first of several; empty when none is known. */
const char *pdf_languages_main(const struct pdf_languages *languages);
