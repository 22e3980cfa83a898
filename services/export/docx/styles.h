#pragma once

/*
 * Parts of a docx file that depend little on its document: styles and settings.
 */

#include "services/export/office/package.h"

/* Writes word/styles.xml. @body_size: half points. @space_after: twips after a paragraph.
 * @language: BCP 47, "": none is known. */
void docx_styles_write(struct package *package, int body_size, int space_after,
                       const char *language);
/* Writes word/settings.xml. */
void docx_settings_write(struct package *package);
