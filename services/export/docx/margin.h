#pragma once

/*
 * Running headers and footers of pages: what one page has, and whether the next one has the same
 * but for its page number. Only computes; any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocrmesh/document/v1/document.pb-c.h"

enum {
    /* Of a page's running header or footer; a larger one is text of the page. */
    DOCX_MARGIN_TEXT_SIZE = 4096,
    DOCX_MARGIN_BLOCKS_MAX = 64,
    DOCX_LANGUAGE_SIZE = 36,
};

typedef enum { DOCX_HEADER, DOCX_FOOTER, DOCX_MARGIN_COUNT } docx_margin;

/* Running text at the top or bottom of a page: lines that end in "\n", in each the pieces that
 * stand at its start, middle and end apart by "\t". */
struct docx_margin_text {
    char text[DOCX_MARGIN_TEXT_SIZE];
    size_t length;
    size_t number_start;  /* of the page number in `text` */
    size_t number_length; /* 0: none is known */
    int32_t number;
    bool is_right_to_left;
    char language[DOCX_LANGUAGE_SIZE];
};

/* Whether the page's blocks of that kind have room in a running header or footer. */
bool docx_margin_fits(const Ocrmesh__Document__V1__Page *page, docx_margin which);

/* Empty when they have not. */
void docx_margin_read(struct docx_margin_text *margin, const Ocrmesh__Document__V1__Page *page,
                      docx_margin which);

/*
 * Whether `next`, of the page that comes `distance` pages after that of `margin`, is the same text
 * but for one number that has grown by `distance`.
 *
 * Where the number is not known yet, this finds it: `margin` then has it.
 */
bool docx_margin_goes_on(struct docx_margin_text *margin, const struct docx_margin_text *next,
                         int32_t distance);
