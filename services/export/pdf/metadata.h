#pragma once

/*
 * What a file says about itself: the information dictionary, the same as XMP (ISO 16684-1) with the
 * marks of PDF/A-2u (ISO 19005-2 §6.6), and the colours that it is meant for. One thread at a time.
 */

#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "services/export/pdf/writer.h"

/* The information dictionary's number. */
uint32_t pdf_metadata_write_info(const Ocrmesh__Ocr__V1__Job *job, struct pdf_writer *writer);
/* The number of the XMP stream. @language: BCP 47, or empty. */
uint32_t pdf_metadata_write_xmp(const Ocrmesh__Ocr__V1__Job *job, const char *language,
                                struct pdf_writer *writer);
/* The number of an output intent for sRGB. */
uint32_t pdf_metadata_write_intent(struct pdf_writer *writer);
