#pragma once

/*
 * The text layer of a PDF page: what its text operators say stands where, and whether it shows.
 *
 * A glyph shows when the page drawn with its text differs from the page drawn without at the place
 * where the glyph stands. That one test finds all the ways to hide text: white on white, off the
 * page, clipped away, transparent, beneath an image, too small to see. Text that is not drawn at
 * all (render mode 3) never shows. Thread rule: as pdfdoc.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/pdfdoc.h"

struct pdfdoc_glyph {
    uint32_t character; /* what the file says it means; 0 when it does not say */
    uint32_t shape;     /* equal for glyphs that look equal: a font and a glyph of it */
    struct bbox box;    /* what it may cover, in pixels of the page's image, cut to it */
    struct bbox ink;    /* what shows of it; empty when nothing does */
};

/* Glyphs on one baseline, in the order of reading; spaces are glyphs without ink. */
struct pdfdoc_line {
    struct pdfdoc_glyph *glyphs;
    size_t glyph_count;
    float size;            /* of the font, in pixels */
    float baseline_y;      /* at its start, in pixels */
    bool is_upright;       /* runs along the page's rows */
    bool is_right_to_left; /* set by text_layer.h; false until then */
    bool is_bold;          /* of most glyphs */
};

struct pdfdoc_text {
    struct pdfdoc_line *lines; /* in the order in which the file draws them */
    size_t line_count;
    size_t shown_count;  /* glyphs, spaces aside, that show */
    size_t hidden_count; /* glyphs, spaces aside, that do not */
    bool is_doubtful;    /* drawn in a way in which what shows cannot be told */
    bool is_mostly_image;
    /* Marks beside the text that look like letters: text in images or drawn as outlines. */
    size_t letter_like_count;
    struct bbox letter_like_box; /* around them */
    struct image *without;       /* the page without its text, as large as its image; owned */
};

void pdfdoc_text_deinit(struct pdfdoc_text *text);

enum {
    /* More glyphs on a page are not looked at: the page is recognised instead. */
    PDFDOC_GLYPHS_MAX = 100000,
};

/* True when the page has text operators at all. Holds the page. */
status_code pdfdoc_has_text(struct pdfdoc *pdf, uint32_t index, bool *ret_has_text,
                            struct status *st) _must_check_;

/*
 * Reads the text layer of a page.
 *
 * @image: the page as pdfdoc_read_page() drew it; borrowed.
 * @ret_text: its lines live in the arena; to be given to pdfdoc_text_deinit().
 *
 * Fails as pdfdoc_read_page(), and with RESOURCE_EXHAUSTED PAGE_TOO_LARGE for a full arena.
 */
status_code pdfdoc_read_text(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                             struct arena *arena, struct pdfdoc_text *ret_text,
                             struct status *st) _must_check_;
