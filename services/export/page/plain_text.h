#pragma once

/*
 * Text of a document as every file may hold it: well-formed UTF-8, lines that end in "\n", and no
 * character that XML 1.0 or HTML forbids.
 *
 * A form feed, a vertical tab and a lone carriage return become a line end; other control
 * characters (C0 but tab, DEL, C1) go; noncharacters and bytes that are no UTF-8 become U+FFFD.
 * Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "services/export/sink.h"

/* Takes the next character of `text`, which is not empty: returns how many bytes it has there, and
 * in *ret_piece what stands for it: a view of `text` or of static text, empty for what goes. */
size_t plain_text_next(struct str text, struct str *ret_piece);

/* The whole of `text`: itself when it is clean already, else a copy in `scratch`, which is cleared
 * first and lives on. NULL when the scratch is full. */
const char *plain_text_clean(const char *text, struct buf *scratch);

/* Writes the text of a page: cleaned, and ended by exactly one line end unless it is empty. */
void plain_text_write_page(struct sink *sink, const char *text);
