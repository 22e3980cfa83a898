#pragma once

/*
 * Documents made by hand, and a sink that keeps what a format wrote.
 */

#include "services/export/format.h"

/* A done job of the id 0123456789abcdef0123456789abcdef with `page_count` pages. Static storage;
 * later calls start anew. */
Ocrmesh__Ocr__V1__Job *fixture_job(int page_count);

/* A page of one line each; static storage, at most FIXTURE_PAGES_MAX. */
enum { FIXTURE_PAGES_MAX = 8, FIXTURE_FILE_MAX_BYTES = 16 << 20 };
Ocrmesh__Document__V1__Page *fixture_page(uint32_t index, const char *text, const char *markdown);
/* A page that could not be read. */
Ocrmesh__Document__V1__Page *fixture_failed_page(uint32_t index, const char *reason);

/* What `format` makes of the job and its pages, all passes in order.
 * @options, @images: NULL: none. @out: initialised; gets the file. Fails as the format does. */
status_code fixture_try(const struct format *format, const struct format_options *options,
                        struct page_image_source *images, const Ocrmesh__Ocr__V1__Job *job,
                        Ocrmesh__Document__V1__Page *const *pages, size_t count, struct buf *out,
                        struct status *st);

/* The same without options and failures; NUL-terminated, to be freed with free(). */
char *fixture_export(const struct format *format, const Ocrmesh__Ocr__V1__Job *job,
                     Ocrmesh__Document__V1__Page *const *pages, size_t count);
