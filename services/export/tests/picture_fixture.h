#pragma once

/*
 * Small fixed pictures of pages, for tests: as a source of page_image.h, and one by one.
 */

#include "services/export/page_image.h"

/* By page index; any other page and kind has none. */
enum {
    FIXTURE_PICTURE_JPEG,      /* grey, 16 x 8 */
    FIXTURE_PICTURE_PNG_ROWS,  /* RGB, 4 x 4: columns of red, green, blue and yellow */
    FIXTURE_PICTURE_GROUP_4,   /* bilevel, 32 x 16: squares of 4 x 4, the first one white */
    FIXTURE_PICTURE_SHORT,     /* fewer bytes than were announced */
    FIXTURE_PICTURE_LONG,      /* more */
    FIXTURE_PICTURE_MISPLACED, /* a placement that is no number */
    FIXTURE_PICTURE_COUNT,
};
enum { FIXTURE_PICTURE_CHUNK_BYTES = 100 };

/* The bytes of the rendition of a page; NULL when it has none. *ret_description: its members are
 * static. */
const uint8_t *fixture_picture(const struct page_image_query *query,
                               Ocrmesh__Document__V1__PageImage *ret_description,
                               size_t *ret_length);

/* Gives the bytes in chunks of FIXTURE_PICTURE_CHUNK_BYTES. Static. */
struct page_image_source *fixture_pictures(void);
