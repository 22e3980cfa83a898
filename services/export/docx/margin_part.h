#pragma once

/*
 * Running headers and footers as parts of a docx file.
 */

#include "services/export/docx/survey.h"
#include "services/export/docx/text.h"
#include "services/export/office/package.h"

/* Writes word/header1.header and so on, a part of the type of headers or footers. */
void docx_margin_part_write(struct package *package, struct docx_text *writer, docx_margin margin,
                            uint32_t number, const struct docx_margin_text *text,
                            const struct docx_section *section);
