#pragma once

/*
 * What stands in a PDF object or a content stream, while it is put together.
 *
 * Pieces are appended without looking back: a failure (no memory, or the limit) sticks, and whoever
 * takes the body asks for it once. Numbers are written as PDF wants them (ISO 32000-1 §7.3.3): no
 * exponent, whatever the locale.
 */

#include <stdbool.h>

#include "lib/base/str.h"

/* In the caller's memory; the members are the module's own, save that `text` may be read. */
struct pdf_body {
    struct buf text;
    bool has_failed;
};

void pdf_body_init(struct pdf_body *body, size_t max_bytes);
void pdf_body_deinit(struct pdf_body *body);
/* Empty, and without a failure. */
void pdf_body_clear(struct pdf_body *body);

void pdf_body_append(struct pdf_body *body, const void *data, size_t length);
/* Without floating point: that is pdf_body_number(). */
void pdf_body_printf(struct pdf_body *body, const char *format, ...) _printf_(2, 3);
/* Writes `value`, rounded to `decimals` (0 to 6), and a space. Infinity and NaN become 0, larger
 * magnitudes than PDF_BODY_NUMBER_MAX are cut to it. */
#define PDF_BODY_NUMBER_MAX 1e9
void pdf_body_number(struct pdf_body *body, double value, int decimals);
/* "<< /Key " and the like take names from us alone; texts from outside go here: a text string
 * (§7.9.2.2) in UTF-16 with its byte order mark, as hexadecimal digits. Bytes that are not UTF-8
 * become U+FFFD; control characters are dropped. */
void pdf_body_text_string(struct pdf_body *body, const char *text);
