#pragma once

/*
 * A page as PDF operators without text that could be selected: ocrmesh.document.v1.PageDrawing as
 * it is written. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "services/ocr/worker/pictures/picture.h"

enum {
    DRAWING_GLYPHS_MAX = 4000, /* distinct ones */
    DRAWING_IMAGES_MAX = 200,  /* distinct ones */
    /* Operators of page and glyphs. Deflated, a page of print has a tenth of that. */
    DRAWING_OPERATORS_MAX_BYTES = 1 << 20,
    /* Pictures inside: whoever shows a drawing holds all of it. */
    DRAWING_IMAGES_MAX_BYTES = 8 << 20,
};

struct drawing {
    struct buf content;
    struct buf glyphs; /* their streams, one after the other */
    size_t glyph_ends[DRAWING_GLYPHS_MAX];
    size_t glyph_count;
    struct {
        struct picture picture;
        bool is_mask;
    } images[DRAWING_IMAGES_MAX];
    size_t image_count;
    size_t image_bytes;
    bool is_refused; /* it has become too large, or has what cannot be drawn so */
};

/* NULL without memory. */
struct drawing *drawing_new(void);
void drawing_free(struct drawing *drawing);
DEFINE_CLEANUP(struct drawing *, drawing)

/* Each appends to one of the drawing's buffers, or refuses the drawing. Numbers stand with a space
 * before them, rounded to so many decimals. */
void drawing_put(struct drawing *drawing, struct buf *out, const char *operators);
void drawing_put_number(struct drawing *drawing, struct buf *out, double number, int decimals);
/* "/G12 Do", for example; `kind` is the letter. */
void drawing_put_use(struct drawing *drawing, char kind, size_t number);

/* The glyph that was written to its buffer is complete. *ret_number: its own. */
void drawing_end_glyph(struct drawing *drawing, size_t *ret_number);
/* @picture: taken. */
void drawing_add_image(struct drawing *drawing, struct picture *picture, bool is_mask,
                       size_t *ret_number);

/* An encoded PageDrawing, from malloc(); false without memory. */
bool drawing_pack(const struct drawing *drawing, struct str *ret_bytes) _must_check_;
