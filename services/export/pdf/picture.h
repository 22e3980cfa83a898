#pragma once

/*
 * A page's picture as an image of the PDF: its bytes are passed on as they are, and what a reader
 * must know to decode them is written ahead. One thread at a time.
 */

#include "services/export/page_image.h"
#include "services/export/pdf/writer.h"

/* In the caller's memory. */
struct pdf_picture {
    uint32_t number;  /* of the image; 0: there is none */
    double matrix[6]; /* from the unit square to points of the page, as `cm` takes it */
};

/* The number of a colour profile's stream, once it was written; all zero at first. */
struct pdf_profiles {
    uint32_t cmyk;
};

/*
 * Writes the picture's image.
 *
 * @width, @height: of the upright page image, in pixels. @scale: points a pixel.
 * Fails as reading the picture does, and with INTERNAL for an encoding that is not one of samples.
 */
status_code pdf_picture_write(struct page_image *image, struct pdf_profiles *profiles,
                              uint32_t width, uint32_t height, double scale,
                              struct pdf_writer *writer, struct pdf_picture *ret_picture,
                              struct status *st) _must_check_;

/* The stream of the profile of CMYK; written when it is first asked for. */
uint32_t pdf_profiles_cmyk(struct pdf_profiles *profiles, struct pdf_writer *writer);

/* The dictionary's entries of an image of samples, without its Length. @is_mask: a stencil.
 * @writer: takes what the entries refer to. False for an encoding that is none of samples. */
bool pdf_picture_entries(const Ocrmesh__Document__V1__PageImage *image, bool is_mask,
                         struct pdf_profiles *profiles, struct pdf_writer *writer,
                         struct pdf_body *entries);
