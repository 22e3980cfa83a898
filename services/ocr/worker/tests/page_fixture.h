#pragma once

/*
 * Files to be read by the tests of recognition, made here: images of known pixels, PDFs of known
 * text. Every function asserts that it succeeds.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

struct Pix;

/* A memory file with these bytes; the caller closes it. */
int fixture_file(const void *data, size_t size);
int fixture_file_of(const struct buf *bytes);

/* The file tests/data/sample.png; the caller closes it. */
int fixture_sample(void);

enum {
    FIXTURE_WIDTH = 80,
    FIXTURE_HEIGHT = 60,
    FIXTURE_DPI = 200,
};

/* Leptonica's numbers of file formats. */
typedef enum {
    FIXTURE_BMP = 1,
    FIXTURE_JPEG = 2,
    FIXTURE_PNG = 3,
    FIXTURE_TIFF_G4 = 8,
    FIXTURE_GIF = 13,
    FIXTURE_WEBP = 15,
} fixture_format;

/*
 * A white image of FIXTURE_WIDTH x FIXTURE_HEIGHT with a black rectangle from (8, 8) to (40, 24) as
 * a file of that format, appended to `out`.
 */
void fixture_image(struct buf *out, fixture_format format);

/*
 * A grey page with lines of letters, like text from far away: black boxes `letter_height` high,
 * from (100, 100), or from (20, 20) where the page is lower than 300 pixels, to as far from its
 * other sides. A new Pix of depth 8, the caller's.
 */
struct Pix *fixture_letters(int width, int height, int letter_height);

/* Any greys, the same for a seed. A new Pix of depth 8, the caller's. */
struct Pix *fixture_noise(int width, int height, uint32_t seed);

/* A file of pages that are 10, 20, 30, ... pixels wide and FIXTURE_HEIGHT high. */
void fixture_tiff_pages(struct buf *out, int pages);

/*
 * A PDF of objects numbered from 1, with cross-reference table; object 1 is the catalogue.
 *
 * @trailer: further entries of the trailer, or "".
 */
void fixture_pdf(struct buf *out, const char *const *objects, size_t count, const char *trailer);

/*
 * A PDF of one page of 595 x 842 points with the font /F, Helvetica.
 *
 * @content: operators of the page.
 * @page_entries: further entries of the page, or "".
 */
void fixture_pdf_page(struct buf *out, const char *content, const char *page_entries);

/* Operators that show some sentences of running English with /F, from (72, 760) down. */
extern const char fixture_pdf_letter[];
/* A line of them, as it is to be read. */
extern const char fixture_pdf_letter_line[];
